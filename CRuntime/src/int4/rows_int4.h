/* SPDX-License-Identifier: Apache-2.0
 * What conv2d and dense with weights of 4 bits share: sums of windows that lie in scratch as 16-bit numbers.
 *
 * The windows of `pixels` outputs lie beside each other: two taps of the first pixel in a word, the same two of the
 * next, and so on; then the next two taps. Behind the last tap are zeros up to a multiple of 8.
 */
#ifndef NNQ_ROWS_INT4_H
#define NNQ_ROWS_INT4_H

#include "int4.h"

enum { NNQ_INT4_PIXELS = 4, NNQ_INT4_WINDOWS_BYTES = 12288 };

/* Outputs that are computed together: 4 where their windows take not too much scratch. */
static inline int32_t nnq_int4_pixels(const nnq_shape *shape) {
    const uint32_t bytes = nnq_int4_words(shape) * 16 * NNQ_INT4_PIXELS;
    const int32_t has_four = shape->out_height * shape->out_width >= NNQ_INT4_PIXELS;
    return has_four && bytes <= NNQ_INT4_WINDOWS_BYTES ? NNQ_INT4_PIXELS : 1;
}

static inline uint32_t nnq_int4_windows_bytes(const nnq_shape *shape) {
    return nnq_int4_words(shape) * 16 * (uint32_t)nnq_int4_pixels(shape);
}

/* What leaves a pair of a word; with the DSP extension in a register, so that shift and mask are one instruction. */
static inline uint32_t nnq_int4_mask(void) {
    uint32_t mask = 0x000F000F;
#if NNQ_ISA_DSP
    __asm__("" : "+r"(mask));
#endif
    return mask;
}

/* sum + x0 * w0 + x1 * w1 of 16-bit numbers, two in a word. */
static inline int32_t nnq_int4_multiply(uint32_t weights, const int16_t *inputs, int32_t sum) {
#if NNQ_ISA_DSP
    const uint32_t two = nnq_load_u32((const uint8_t *)inputs);
    __asm__("smlad %0, %1, %2, %0" : "+r"(sum) : "r"(weights), "r"(two));
    return sum;
#else
    return sum + (int32_t)(weights & 0xFFFF) * inputs[0] + (int32_t)(weights >> 16) * inputs[1];
#endif
}

/* Sums of windows. */
typedef struct nnq_int4_four {
    int32_t of[NNQ_INT4_PIXELS];
} nnq_int4_four;

/* The next two taps of four windows, which go on behind them. */
static inline const int16_t *nnq_int4_add_pair(nnq_int4_four *sums, uint32_t pair, const int16_t *windows) {
#if NNQ_ISA_DSP
    uint32_t a, b, c, d;
    __asm__("ldrd %0, %1, [%2], #8" : "=&r"(a), "=&r"(b), "+&r"(windows) : : "memory");
    __asm__("ldrd %0, %1, [%2], #8" : "=&r"(c), "=&r"(d), "+&r"(windows) : : "memory");
    __asm__("smlad %0, %1, %2, %0" : "+r"(sums->of[0]) : "r"(pair), "r"(a));
    __asm__("smlad %0, %1, %2, %0" : "+r"(sums->of[1]) : "r"(pair), "r"(b));
    __asm__("smlad %0, %1, %2, %0" : "+r"(sums->of[2]) : "r"(pair), "r"(c));
    __asm__("smlad %0, %1, %2, %0" : "+r"(sums->of[3]) : "r"(pair), "r"(d));
#else
    for (int32_t p = 0; p < NNQ_INT4_PIXELS; p++) {
        sums->of[p] = nnq_int4_multiply(pair, windows + 2 * p, sums->of[p]);
    }
    windows += 2 * NNQ_INT4_PIXELS;
#endif
    return windows;
}

/* Sums of weights + 8 by inputs, of four windows. 15 * 128 times 2^20 taps is below 2^31. */
static inline nnq_int4_four nnq_int4_sum_four(const uint8_t *weights, uint32_t words, const int16_t *windows) {
    const uint8_t *end = weights + 4 * (size_t)words;
    const uint32_t mask = nnq_int4_mask();
    nnq_int4_four sums = {{0, 0, 0, 0}};
    for (; weights != end; weights += 4) {
        const uint32_t word = nnq_load_u32(weights);
        windows = nnq_int4_add_pair(&sums, word & mask, windows);
        windows = nnq_int4_add_pair(&sums, word >> 4 & mask, windows);
        windows = nnq_int4_add_pair(&sums, word >> 8 & mask, windows);
        windows = nnq_int4_add_pair(&sums, word >> 12 & mask, windows);
    }
    return sums;
}

/* The same of one window. */
static inline int32_t nnq_int4_sum_one(const uint8_t *weights, uint32_t words, const int16_t *window) {
    const uint8_t *end = weights + 4 * (size_t)words;
    const uint32_t mask = nnq_int4_mask();
    int32_t sum = 0;
    for (; weights != end; weights += 4, window += 8) {
        const uint32_t word = nnq_load_u32(weights);
        sum = nnq_int4_multiply(word & mask, window, sum);
        sum = nnq_int4_multiply(word >> 4 & mask, window + 2, sum);
        sum = nnq_int4_multiply(word >> 8 & mask, window + 4, sum);
        sum = nnq_int4_multiply(word >> 12 & mask, window + 6, sum);
    }
    return sum;
}

#endif
