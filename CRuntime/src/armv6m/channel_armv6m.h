/* SPDX-License-Identifier: Apache-2.0
 * What kernels for Armv6-M share: the record of a channel, and requantization without a 64-bit product.
 *
 * A record is 16 bytes: I32 bias, I32 addend, 5 bytes of multiplier, U8 shift, U8 kind, U8 0. The multiplier M is cut into
 * pieces whose products with acc fit 32 bits; floor((a + floor(b / n)) / n) = floor((a * n + b) / n^2) makes that exact:
 *
 *   NNQ_ANY   bytes m0, m1, m2, m3, then 0       high = acc * m3 + (acc * m2 + (acc * m1 + (acc * m0 >> 8) >> 8) >> 8)
 *   NNQ_RELU  U16 m0, m1 of 12 bits, U8 m2       high = acc * m2 + (acc * m1 + (acc * m0 >> 12) >> 12), logical shifts
 *
 * A channel is of kind NNQ_RELU where its zero point is -128 (addend >> shift = -128), its sums are below 2^20, and `away`
 * is 0: a sum of 0 or less gives -128 at once, the others nothing below it.
 */
#ifndef NNQ_CHANNEL_ARMV6M_H
#define NNQ_CHANNEL_ARMV6M_H

#include "../bytes.h"
#include "../shape.h"

enum {
    NNQ_RECORD_BYTES = 16,
    NNQ_ANY = 0,
    NNQ_RELU = 2, /* kinds count bytes of a table of branches */
};

/* --- Assembly that kernels share; r6 is a record, r0 the sum and then the output, r1 and r2 are free --- */

#define NNQ_UNUSED __attribute__((unused)) /* parameters of naked functions */

/* Around the body of a naked function. */
#define NNQ_SAVE                                                                                                       \
    ".syntax unified\n\t"                                                                                              \
    "push   {r4-r7, lr}\n\t"                                                                                           \
    "mov    r4, r8\n\t"                                                                                                \
    "mov    r5, r9\n\t"                                                                                                \
    "mov    r6, r10\n\t"                                                                                               \
    "mov    r7, r11\n\t"                                                                                               \
    "push   {r4-r7}\n\t"
#define NNQ_RESTORE                                                                                                    \
    "pop    {r4-r7}\n\t"                                                                                               \
    "mov    r8, r4\n\t"                                                                                                \
    "mov    r9, r5\n\t"                                                                                                \
    "mov    r10, r6\n\t"                                                                                               \
    "mov    r11, r7\n\t"                                                                                               \
    "pop    {r4-r7, pc}\n\t"

/* Kind NNQ_RELU, of a sum above 0: the output is to be limited by 127. */
#define NNQ_SCALE_RELU                                                                                                 \
    "ldrh   r1, [r6, #8]\n\t"                                                                                          \
    "muls   r1, r0, r1\n\t"                                                                                            \
    "lsrs   r1, r1, #12\n\t"                                                                                           \
    "ldrh   r2, [r6, #10]\n\t"                                                                                         \
    "muls   r2, r0, r2\n\t"                                                                                            \
    "adds   r1, r1, r2\n\t"                                                                                            \
    "lsrs   r1, r1, #12\n\t"                                                                                           \
    "ldrb   r2, [r6, #12]\n\t"                                                                                         \
    "muls   r0, r2, r0\n\t"                                                                                            \
    "adds   r0, r0, r1\n\t"                                                                                            \
    "ldr    r1, [r6, #4]\n\t"                                                                                          \
    "adds   r0, r0, r1\n\t"                                                                                            \
    "ldrb   r1, [r6, #13]\n\t"                                                                                         \
    "asrs   r0, r0, r1\n\t"

/* Kind NNQ_ANY: the high word, to which `away` may add something; then the output. */
#define NNQ_SCALE_ANY                                                                                                  \
    "ldrb   r1, [r6, #8]\n\t"                                                                                          \
    "muls   r1, r0, r1\n\t"                                                                                            \
    "asrs   r1, r1, #8\n\t"                                                                                            \
    "ldrb   r2, [r6, #9]\n\t"                                                                                          \
    "muls   r2, r0, r2\n\t"                                                                                            \
    "adds   r1, r1, r2\n\t"                                                                                            \
    "asrs   r1, r1, #8\n\t"                                                                                            \
    "ldrb   r2, [r6, #10]\n\t"                                                                                         \
    "muls   r2, r0, r2\n\t"                                                                                            \
    "adds   r1, r1, r2\n\t"                                                                                            \
    "asrs   r1, r1, #8\n\t"                                                                                            \
    "ldrb   r2, [r6, #11]\n\t"                                                                                         \
    "muls   r0, r2, r0\n\t"                                                                                            \
    "adds   r0, r0, r1\n\t"
#define NNQ_SHIFT_ANY                                                                                                  \
    "ldr    r1, [r6, #4]\n\t"                                                                                          \
    "adds   r0, r0, r1\n\t"                                                                                            \
    "ldrb   r1, [r6, #13]\n\t"                                                                                         \
    "asrs   r0, r0, r1\n\t"                                                                                            \
    "sxtb   r1, r0\n\t"                                                                                                \
    "cmp    r1, r0\n\t"                                                                                                \
    "beq    1f\n\t"                                                                                                    \
    "asrs   r0, r0, #31\n\t" /* 0 or -1 become 127 or -128 */                                                          \
    "movs   r1, #127\n\t"                                                                                              \
    "eors   r0, r1\n"                                                                                                  \
    "1:\n\t"

/* --- The same in C --- */

/* The output of a channel of kind NNQ_ANY; |acc| < 2^23. */
static inline int8_t nnq_requantize_armv6m(int32_t acc, const uint8_t *record, int32_t away) {
    int32_t value = acc * record[8] >> 8;
    value = (value + acc * record[9]) >> 8;
    value = (value + acc * record[10]) >> 8;
    value += acc * record[11];
    if (away) {
        value += 64;
        value -= value < 0 ? 128 : 0;
    }
    value = (value + *(const int32_t *)(const void *)(record + 4)) >> record[13];
    return (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
}

#endif
