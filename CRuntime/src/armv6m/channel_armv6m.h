/* SPDX-License-Identifier: Apache-2.0
 * What kernels for Armv6-M share: the record of a channel, and requantization without a 64-bit product.
 *
 * A record is 16 bytes: I32 bias, I32 addend, 5 bytes of multiplier, U8 shift, U8 kind, U8 0. The multiplier is cut
 * into pieces whose products with acc fit into 32 bits. That is exact: floor((a + floor(b)) / n) = floor((a + b) / n).
 *
 *   NNQ_ANY   bytes m0, m1, m2, m3 and 0      high = acc * m3 + (acc * m2 + (acc * m1 + (acc * m0 >> 8) >> 8) >> 8)
 *   NNQ_RELU  U16 m0, m1, 12 bits each; m2    high = acc * m2 + (acc * m1 + (acc * m0 >> 12) >> 12), logical shifts
 *
 * A channel is of kind NNQ_RELU where its zero point is -128, that is addend >> shift = -128, its sums are below 2^20
 * in magnitude and `away` is 0: a sum of 0 or less gives -128 at once, and the others nothing below that.
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

/* --- Assembly --- */

#define NNQ_UNUSED __attribute__((unused)) /* parameters of naked functions */

/* Assembly is longer than strings that every C99 compiler must take. */
#pragma GCC diagnostic ignored "-Woverlength-strings"

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

/* r6 record, r0 a sum above 0 of a channel of kind NNQ_RELU: r0 = its output, but not limited by 127. r1, r2 free. */
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

/* r6 record, r0 a sum of a channel of kind NNQ_ANY: r0 = the high word, |sum| < 2^23. r1, r2 free. */
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
/* r0 = the high word after what `away` does to it: r0 = the output. r1 free. */
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

#endif
