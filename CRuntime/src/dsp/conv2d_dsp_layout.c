/* SPDX-License-Identifier: Apache-2.0
 * The constants of conv2d for Armv7E-M. Output channels are in pairs, and the taps of a window in groups of four: each row
 * of a window is kernel_width * in_channels inputs, its whole fours are groups, row by row; what rows leave over, three
 * inputs at most each, is put together into groups after them. A pair is
 *
 *     I32 bias[2]                                        as taps.h says
 *     word group[groups][2]                              four weights of either channel
 *     I32 multiplier, addend, shift of either channel
 *
 * Weights that fill up the last group are zero, as is the second channel of the last pair where channels are odd in
 * number. The second shift has the pair's flags.
 */
#include "conv2d_dsp.h"
#include "taps.h"

enum { PAIR = 2, WORD = 4, GROUP_BYTES = PAIR * WORD, BIAS_BYTES = 8, SCALE_BYTES = 12, TAPS_LIMIT = 1 << 24 };

static uint32_t pair_count(const nnq_shape *shape) {
    return (shape->out_channels + PAIR - 1u) / PAIR;
}

static uint32_t pair_bytes(const nnq_shape *shape) {
    return BIAS_BYTES + nnq_conv2d_dsp_groups(shape) * GROUP_BYTES + PAIR * SCALE_BYTES;
}

static uint32_t size(const nnq_shape *shape) {
    if (nnq_shape_taps(shape, NNQ_OP_CONV2D) > TAPS_LIMIT) {
        return 0;
    }
    const uint64_t bytes = (uint64_t)pair_bytes(shape) * pair_count(shape);
    return bytes > INT32_MAX ? 0 : (uint32_t)bytes;
}

static uint32_t scratch(const nnq_shape *shape) {
    return nnq_conv2d_dsp_scratch(shape);
}

static uint32_t pair_at(const nnq_shape *shape, uint32_t channel) {
    return channel / PAIR * pair_bytes(shape);
}

static uint32_t bias_at(const nnq_shape *shape, uint32_t channel) {
    return pair_at(shape, channel) + channel % PAIR * WORD;
}

static uint32_t scale_at(const nnq_shape *shape, uint32_t channel) {
    return pair_at(shape, channel) + pair_bytes(shape) - (PAIR - channel % PAIR) * SCALE_BYTES;
}

static uint32_t word_at(const nnq_shape *shape, uint32_t channel, uint32_t place) {
    return bias_at(shape, channel) + BIAS_BYTES + place / 4 * GROUP_BYTES;
}

/* Where in the order of groups a tap of the window is. */
static uint32_t place_of(const nnq_shape *shape, uint32_t tap) {
    const uint32_t row_taps = nnq_conv2d_dsp_row(shape);
    const uint32_t row = tap / row_taps;
    const uint32_t in_row = tap % row_taps;
    const uint32_t whole = row_taps / 4 * 4;
    return in_row < whole ? row * whole + in_row
                          : shape->kernel_height * whole + row * (row_taps - whole) + in_row - whole;
}

static int32_t weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap) {
    const uint32_t place = place_of(shape, (uint32_t)tap);
    return nnq_dsp_tap(constants + word_at(shape, (uint32_t)channel, place), (int32_t)(place % 4));
}

/* The sum of a channel's weights at even places. */
static int64_t sum_even(const nnq_shape *shape, const uint8_t *constants, uint32_t channel) {
    int64_t sum = 0;
    for (uint32_t place = 0; place < 4 * nnq_conv2d_dsp_groups(shape); place += 2) {
        sum += nnq_dsp_tap(constants + word_at(shape, channel, place), (int32_t)(place % 4));
    }
    return sum;
}

static void load(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded) {
    const uint8_t *bias = constants + bias_at(shape, (uint32_t)channel);
    const uint8_t *scale = constants + scale_at(shape, (uint32_t)channel);
    loaded->bias = nnq_dsp_bias_of(nnq_load_i32(bias), sum_even(shape, constants, (uint32_t)channel));
    loaded->scale.multiplier = nnq_load_i32(scale);
    loaded->scale.addend = nnq_load_i32(scale + 4);
    loaded->scale.shift = (int32_t)(nnq_load_u32(scale + 8) & (channel % PAIR == 1 ? NNQ_DSP_SHIFT : UINT32_MAX));
}

/* Of the second channel of a pair. */
static uint32_t flags(const nnq_shape *shape, uint32_t channel) {
    return nnq_dsp_flags(shape, channel + 1 >= shape->out_channels, channel >= shape->out_channels);
}

/* Biases are multiples of 256, flags as they must be, weights behind the last tap zero. */
static int32_t valid(const nnq_shape *shape, const uint8_t *constants) {
    const uint32_t taps = nnq_shape_taps(shape, NNQ_OP_CONV2D);
    int32_t is_valid = 1;
    for (uint32_t channel = 0; channel < pair_count(shape) * PAIR; channel++) {
        const uint32_t shift = nnq_load_u32(constants + scale_at(shape, channel) + 8);
        is_valid &= channel % PAIR == 0 || (shift & ~NNQ_DSP_SHIFT) == flags(shape, channel);
        is_valid &= constants[bias_at(shape, channel)] == 0;
        for (uint32_t place = taps; place < 4 * nnq_conv2d_dsp_groups(shape); place++) {
            is_valid &= nnq_dsp_tap(constants + word_at(shape, channel, place), (int32_t)(place % 4)) == 0;
        }
    }
    return is_valid;
}

static void store(const nnq_shape *shape, const int8_t *weights, const nnq_channel *from, uint32_t channel,
                  uint8_t *constants) {
    uint8_t *scale = constants + scale_at(shape, channel);
    for (uint32_t tap = 0; tap < nnq_shape_taps(shape, NNQ_OP_CONV2D); tap++) {
        const uint32_t place = place_of(shape, tap);
        nnq_dsp_set_tap(constants + word_at(shape, channel, place), (int32_t)(place % 4), weights[tap]);
    }
    nnq_store_i32(constants + bias_at(shape, channel),
                  nnq_dsp_bias(from->bias, (int32_t)sum_even(shape, constants, channel)));
    nnq_store_i32(scale, from->scale.multiplier);
    nnq_store_i32(scale + 4, from->scale.addend);
    nnq_store_i32(scale + 8, from->scale.shift);
}

int32_t nnq_pack_conv2d_dsp(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                            uint8_t *constants) {
    const uint32_t taps = nnq_shape_taps(shape, NNQ_OP_CONV2D);
    memset(constants, 0, size(shape));
    for (uint32_t channel = 0; channel < shape->out_channels; channel++) {
        const int8_t *weights = filter + (size_t)channel * taps;
        if (!nnq_dsp_allows(weights, taps, channels[channel].bias)) {
            return 0;
        }
        store(shape, weights, &channels[channel], channel, constants);
    }
    for (uint32_t channel = 1; channel < pair_count(shape) * PAIR; channel += PAIR) {
        uint8_t *shift = constants + scale_at(shape, channel) + 8;
        nnq_store_i32(shift, (int32_t)(nnq_load_u32(shift) | flags(shape, channel)));
    }
    return 1;
}

NNQ_DEFINE_PACKED(conv2d_dsp, CONV2D, DSP, size, scratch, weight, load, valid);
