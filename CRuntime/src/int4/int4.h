/* SPDX-License-Identifier: Apache-2.0
 * Constants of ops whose weights take 4 bits. In order:
 *
 *     U32 head            byte 0: zero point of the output, byte 1: 1 where rounding twice adds 2^6, bytes 2, 3: 0
 *     I32 bias[n]
 *     I32 multiplier[n]
 *     U32 weights[]       8 weights a word, of one channel, or of 8 channels; a form tells which
 *     U8 shift[n]         and zeros up to a multiple of 4
 *
 * The addend of a scale (shape.h) follows from zero point and shift. A weight w is the 4 bits w + 8. In a word, number i
 * of 8 has its lowest bit at nnq_int4_bit(i): even numbers are in the lower half, so that a word, shifted by 0, 4, 8 or
 * 12 and masked, is two neighbours as 16-bit numbers.
 */
#ifndef NNQ_INT4_H
#define NNQ_INT4_H

#include "../bytes.h"
#include "../shape.h"

enum {
    NNQ_INT4_HEAD_BYTES = 4,
    NNQ_INT4_BIAS = 8, /* what is added to a weight */
};

static inline int32_t nnq_int4_bit(uint32_t number) {
    return (int32_t)(number % 2 * 16 + number % 8 / 2 * 4);
}

static inline const uint8_t *nnq_int4_bias(const uint8_t *constants, int32_t channel) {
    return constants + NNQ_INT4_HEAD_BYTES + 4 * channel;
}

static inline const uint8_t *nnq_int4_multiplier(const nnq_shape *shape, const uint8_t *constants, int32_t channel) {
    return constants + NNQ_INT4_HEAD_BYTES + 4 * (shape->out_channels + channel);
}

static inline const uint8_t *nnq_int4_weights(const nnq_shape *shape, const uint8_t *constants) {
    return constants + NNQ_INT4_HEAD_BYTES + 8 * shape->out_channels;
}

/* Words of a channel's weights where they lie channel by channel. */
static inline uint32_t nnq_int4_words(const nnq_shape *shape) {
    return ((uint32_t)shape->kernel_height * shape->kernel_width * shape->in_channels + 7) / 8;
}

/* Groups of 8 channels, the last filled up. */
static inline uint32_t nnq_int4_groups(const nnq_shape *shape) {
    return (shape->out_channels + 7u) / 8;
}

/* Words of all weights of a depthwise convolution: for each group of 8 channels, one a tap. */
static inline uint32_t nnq_int4_depthwise_words(const nnq_shape *shape) {
    return nnq_int4_groups(shape) * ((uint32_t)shape->kernel_height * shape->kernel_width);
}

/* How a layer's accumulators become outputs. */
typedef struct nnq_int4_scales {
    const uint8_t *multiplier;
    const uint8_t *shift;
    int32_t zero_point;
    int32_t half; /* what the first rounding of two adds, else 0 */
    int32_t away;
} nnq_int4_scales;

static inline nnq_int4_scales nnq_int4_load_scales(const nnq_shape *shape, const uint8_t *constants, uint32_t words) {
    const nnq_int4_scales scales = {
        .multiplier = nnq_int4_multiplier(shape, constants, 0),
        .shift = nnq_int4_weights(shape, constants) + 4 * (size_t)words,
        .zero_point = (int8_t)constants[0],
        .half = constants[1] * 64,
        .away = shape->away,
    };
    return scales;
}

/* The output of a channel for a sum without its bias of |acc| < 2^23. */
static inline int8_t nnq_int4_output(const nnq_int4_scales *scales, int32_t acc, int32_t channel) {
    nnq_high_scale scale;
    scale.multiplier = nnq_load_i32(scales->multiplier + 4 * channel);
    scale.shift = scales->shift[channel];
    scale.addend = scales->zero_point * (1 << scale.shift) + (1 << (scale.shift - 1)) + scales->half;
    const int32_t output = nnq_scale_high(acc, &scale, scales->away);
    return (int8_t)(output < INT8_MIN ? INT8_MIN : output > INT8_MAX ? INT8_MAX : output);
}

#endif
