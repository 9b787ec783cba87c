/* SPDX-License-Identifier: Apache-2.0
 * Channels of layers whose weights take 4 bits: what layouts share.
 */
#include "layout_int4.h"

static int32_t addend_of(int32_t zero_point, int32_t twice, int32_t shift) {
    return zero_point * (1 << shift) + (1 << (shift - 1)) + twice * 64;
}

void nnq_int4_load_channel(const nnq_shape *shape, const uint8_t *constants, uint32_t words, int32_t channel,
                           nnq_channel *loaded) {
    const int32_t shift = nnq_int4_load_scales(shape, constants, words).shift[channel];
    const int32_t is_legal = shift >= 1 && shift <= NNQ_INT4_SHIFT_MOST;
    loaded->bias = nnq_load_i32(nnq_int4_bias(constants, channel));
    loaded->scale.multiplier = nnq_load_i32(nnq_int4_multiplier(shape, constants, channel));
    loaded->scale.shift = is_legal ? shift : 0;
    loaded->scale.addend = is_legal ? addend_of((int8_t)constants[0], constants[1] & 1, shift) : 0;
}

/* The zero point of a scale of that rounding, or INT32_MAX. */
static int32_t zero_point_of(const nnq_high_scale *scale, int32_t twice) {
    const int32_t zero_point = scale->addend >> scale->shift;
    const int32_t is_exact = zero_point >= INT8_MIN && zero_point <= INT8_MAX &&
                             addend_of(zero_point, twice, scale->shift) == scale->addend;
    return is_exact ? zero_point : INT32_MAX;
}

/* Whether all scales are of that rounding and have one zero point; writes the head. */
static int32_t have_rounding(const nnq_shape *shape, const nnq_channel *channels, int32_t twice, uint8_t *head) {
    int32_t first = INT32_MAX;
    for (int32_t c = 0; c < shape->out_channels; c++) {
        const nnq_high_scale *scale = &channels[c].scale;
        if (scale->shift < 1 || scale->shift > NNQ_INT4_SHIFT_MOST) {
            return 0;
        }
        const int32_t zero_point = zero_point_of(scale, twice);
        first = c == 0 ? zero_point : first;
        if (zero_point == INT32_MAX || zero_point != first) {
            return 0;
        }
    }
    head[0] = (uint8_t)first;
    head[1] = (uint8_t)twice;
    return 1;
}

int32_t nnq_int4_store_channels(const nnq_shape *shape, const nnq_channel *channels, uint32_t words,
                                uint8_t *constants) {
    const uint32_t n = shape->out_channels;
    uint8_t *shift = constants + NNQ_INT4_HEAD_BYTES + 8 * n + 4 * (size_t)words;
    memset(constants, 0, nnq_int4_size(shape, words));
    if (!have_rounding(shape, channels, 0, constants) && !have_rounding(shape, channels, 1, constants)) {
        return 0;
    }
    for (uint32_t c = 0; c < n; c++) {
        nnq_store_i32(constants + NNQ_INT4_HEAD_BYTES + 4 * c, channels[c].bias);
        nnq_store_i32(constants + NNQ_INT4_HEAD_BYTES + 4 * (n + c), channels[c].scale.multiplier);
        shift[c] = (uint8_t)channels[c].scale.shift;
    }
    return 1;
}

int32_t nnq_int4_is_filled(const nnq_shape *shape, const uint8_t *constants, uint32_t words) {
    const uint32_t used = (uint32_t)NNQ_INT4_HEAD_BYTES + 9u * shape->out_channels + 4 * words;
    int32_t is_filled = constants[1] <= 1 && constants[2] == 0 && constants[3] == 0;
    for (uint32_t i = used; i < nnq_int4_size(shape, words); i++) {
        is_filled &= constants[i] == 0;
    }
    return is_filled;
}

int32_t nnq_int4_store_word(uint8_t *to, const int8_t weights[8]) {
    uint32_t word = 0;
    int32_t fits = 1;
    for (uint32_t i = 0; i < 8; i++) {
        fits &= weights[i] >= -NNQ_INT4_BIAS && weights[i] < NNQ_INT4_BIAS;
        word |= ((uint32_t)(weights[i] + NNQ_INT4_BIAS) & 15u) << nnq_int4_bit(i);
    }
    nnq_store_i32(to, (int32_t)word);
    return fits;
}
