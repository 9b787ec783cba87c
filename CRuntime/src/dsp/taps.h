/* SPDX-License-Identifier: Apache-2.0
 * Four weights in a word: how conv2d and dense for Armv7E-M multiply bytes two at a time. For layouts; the kernels'
 * side is `SXTAB16` and `EOR` on inputs, `SXTB16` on weights, and `SMLAD` on both.
 *
 * Weights w0 .. w3 of one channel and inputs x0 .. x3 become halfwords of two words each:
 *
 *     v = (256 * w0 + w1, 256 * w2 + w3)         the word in the file; |v| <= 127 * 257 fits a halfword
 *     o = (w1, w3)                               SXTB16 of it
 *     y = (x0 - 127, x2 - 127)                   SXTAB16 of the input and (-127, -127)
 *     z = (256 * x1 - y[0], 256 * x3 - y[1])     the input with its even bytes XOR 127, as 127 - x is that byte,
 *                                                unsigned; from -32768 to 32767
 *
 *     v * y + o * z = 256 * sum of w * x - 256 * 127 * (w0 + w2), by two SMLAD
 *
 * The last term is in the bias. So an accumulator holds 256 times the one of the formula, modulo 2^32 on its way and
 * exactly at its end, since |acc| < 2^23: what nnq_scale_high multiplies. Each weight is unpacked by a quarter of an
 * instruction, and inputs are once for all channels.
 */
#ifndef NNQ_DSP_TAPS_H
#define NNQ_DSP_TAPS_H

#include "../packed.h"

/* Flags in the upper bits of a group's last shift; the core shifts by the lower eight. */
#define NNQ_DSP_LAST 0x80000000u    /* the last group of channels */
#define NNQ_DSP_SPECIAL 0x40000000u /* one of the next two is set */
#define NNQ_DSP_AWAY 0x20000000u
#define NNQ_DSP_SINGLE 0x10000000u /* conv2d: the pair's second channel fills it up */
#define NNQ_DSP_SHIFT 0xFFu

/* Weight `tap` (0 .. 3) of a word. */
static inline int32_t nnq_dsp_tap(const uint8_t *word, int32_t tap) {
    const uint8_t *half = word + (tap & 2);
    const int32_t odd = nnq_load_i8(half);
    return (tap & 1) != 0 ? odd : ((int16_t)nnq_load_u16(half) - odd) / 256;
}

/* Adds a weight to its place in a word, zero so far. */
static inline void nnq_dsp_set_tap(uint8_t *word, int32_t tap, int32_t weight) {
    uint8_t *half = word + (tap & 2);
    const int32_t value = nnq_load_u16(half) + weight * ((tap & 1) != 0 ? 1 : 256);
    half[0] = (uint8_t)value;
    half[1] = (uint8_t)((uint32_t)value >> 8);
}

/* The bias in the file is 256 * (bias + 127 * the sum of weights at even taps), so that its low byte is zero. */
static inline int32_t nnq_dsp_bias(int32_t bias, int32_t even_sum) {
    return (bias + 127 * even_sum) * 256;
}

/* Sums of weights that no certificate bounds yet leave the range of biases, and stay out of it here. */
static inline int32_t nnq_dsp_bias_of(int32_t stored, int64_t even_sum) {
    const int64_t bias = stored / 256 - 127 * even_sum;
    return bias < INT32_MIN || bias > INT32_MAX ? INT32_MAX : (int32_t)bias;
}

/* The addend in the file has nnq_scale_high's 64 already, where `away`. */
static inline int32_t nnq_dsp_addend(const nnq_shape *shape, int32_t addend) {
    return shape->away ? addend + 64 : addend;
}

static inline int32_t nnq_dsp_addend_of(const nnq_shape *shape, int32_t stored) {
    return (int32_t)((uint32_t)stored - (shape->away ? 64 : 0));
}

/* Whether a channel can be packed: no weight is -128, and |bias| + 128 * sum |w| < 2^23. */
static inline int32_t nnq_dsp_allows(const int8_t *weights, uint32_t count, int32_t bias) {
    uint32_t bound = nnq_magnitude(bias);
    for (uint32_t i = 0; i < count && bound < 1u << 23; i++) {
        bound += weights[i] < -127 ? 1u << 23 : 128 * nnq_magnitude(weights[i]);
    }
    return bound < 1u << 23;
}

/* The flags of a layer's last group. */
static inline uint32_t nnq_dsp_flags(const nnq_shape *shape, int32_t is_last, int32_t is_single) {
    return (is_last ? NNQ_DSP_LAST : 0) | (is_single ? NNQ_DSP_SINGLE : 0) | (shape->away ? NNQ_DSP_AWAY : 0) |
           (shape->away || is_single ? NNQ_DSP_SPECIAL : 0);
}

#endif
