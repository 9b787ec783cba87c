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
