/* SPDX-License-Identifier: Apache-2.0
 * The constants of conv2d for Armv7E-M: the plan of conv2d_dsp.h, then output channels in pairs. The taps of a window
 * are in groups of four: each row of a window is kernel_width * in_channels inputs, its whole fours are groups, row by
 * row; what rows leave over, three inputs at most each, is put together into groups after them. A pair is
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

/* Most bytes of a map that is copied with its padding. */
enum { MAP_LIMIT = 4096 };

/* --- Plan --- */

/* The kernel's loop takes one group before it, then 15 at a time, of 68 bytes of code each. */
enum { UNROLLED = 15, LOOP_BYTES = 68 };

static uint32_t row_taps(const nnq_shape *shape) {
    return (uint32_t)shape->kernel_width * shape->in_channels;
}

static uint32_t rest_bytes(const nnq_shape *shape) {
    return (shape->kernel_height * (row_taps(shape) % 4) + 3) / 4 * 4;
}

static uint32_t group_count(const nnq_shape *shape) {
    return shape->kernel_height * (row_taps(shape) / 4) + rest_bytes(shape) / 4;
}

/* Whether windows reach out of the map. */
static int32_t is_padded(const nnq_shape *shape) {
    return shape->pad_top > 0 || shape->pad_left > 0 || nnq_conv2d_dsp_height(shape) > shape->in_height ||
           nnq_conv2d_dsp_width(shape) > shape->in_width;
}

/* Small maps are copied with their padding, of large ones the windows that reach out: three beside each other, row by
 * row, at the end of the memory that they are unpacked to. After t taps, 6 t bytes are written there, and row r begins
 * 3 r rows behind the first one: they do not meet if copies begin where three windows and two rows would end. */
static void plan_copies(const nnq_shape *shape, nnq_conv2d_dsp_plan *plan) {
    const uint64_t map = (uint64_t)nnq_conv2d_dsp_height(shape) * (uint32_t)nnq_conv2d_dsp_width(shape) *
                         shape->in_channels;
    const uint32_t windows = 3 * shape->kernel_height * row_taps(shape);
    const int32_t is_small = map <= MAP_LIMIT;
    plan->map = is_padded(shape) && is_small ? (uint32_t)map : 0;
    plan->copies = is_padded(shape) && !is_small ? windows + 2 * row_taps(shape) : 0;
    plan->rests = plan->unpacked;
    if (plan->copies > 0 && plan->copies + windows > plan->unpacked) {
        plan->rests = (plan->copies + windows + 3) / 4 * 4;
    }
}

static nnq_conv2d_dsp_loops plan_loops(const nnq_shape *shape) {
    const uint32_t groups = group_count(shape);
    const uint32_t skipped = (UNROLLED - (groups - 1) % UNROLLED) % UNROLLED;
    const nnq_conv2d_dsp_loops loops = {
        3u * shape->stride_width * shape->in_channels,
        row_taps(shape) / 4,
        shape->kernel_height == 3 && row_taps(shape) == 9 ? 0 : shape->kernel_height,
        rest_bytes(shape),
        row_taps(shape) % 4,
        (groups == 1 ? UNROLLED : skipped) * LOOP_BYTES,
        groups > UNROLLED + 1};
    return loops;
}

static nnq_conv2d_dsp_plan make_plan(const nnq_shape *shape) {
    nnq_conv2d_dsp_plan plan;
    plan.loops = plan_loops(shape);
    plan.unpacked = 24 * group_count(shape);
    plan_copies(shape, &plan);
    return plan;
}

enum { PLAN_WORDS = sizeof(nnq_conv2d_dsp_plan) / 4 };

/* The plan's words as they are in the file. */
static void list_plan(const nnq_shape *shape, uint32_t words[PLAN_WORDS]) {
    const nnq_conv2d_dsp_plan plan = make_plan(shape);
    memcpy(words, &plan, sizeof plan);
}

/* --- Sizes --- */

static uint32_t pair_count(const nnq_shape *shape) {
    return (shape->out_channels + PAIR - 1u) / PAIR;
}

static uint32_t pair_bytes(const nnq_shape *shape) {
    return BIAS_BYTES + group_count(shape) * GROUP_BYTES + PAIR * SCALE_BYTES;
}

static uint32_t size(const nnq_shape *shape) {
    if (nnq_shape_taps(shape, NNQ_OP_CONV2D) > TAPS_LIMIT) {
        return 0;
    }
    const uint64_t bytes = sizeof(nnq_conv2d_dsp_plan) + (uint64_t)pair_bytes(shape) * pair_count(shape);
    return bytes > INT32_MAX ? 0 : (uint32_t)bytes;
}

static uint32_t scratch(const nnq_shape *shape) {
    const nnq_conv2d_dsp_plan plan = make_plan(shape);
    return NNQ_CONV2D_DSP_ARGUMENTS + plan.rests + 3 * plan.loops.rest_bytes + plan.map;
}

/* --- Channels --- */

static uint32_t pair_at(const nnq_shape *shape, uint32_t channel) {
    return (uint32_t)sizeof(nnq_conv2d_dsp_plan) + channel / PAIR * pair_bytes(shape);
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
    const uint32_t row = tap / row_taps(shape);
    const uint32_t in_row = tap % row_taps(shape);
    const uint32_t rest = row_taps(shape) % 4;
    const uint32_t whole = row_taps(shape) - rest;
    return in_row < whole ? row * whole + in_row : shape->kernel_height * whole + row * rest + in_row - whole;
}

static int32_t weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap) {
    const uint32_t place = place_of(shape, (uint32_t)tap);
    return nnq_dsp_tap(constants + word_at(shape, (uint32_t)channel, place), (int32_t)(place % 4));
}

/* The sum of a channel's weights at even places. */
static int64_t sum_even(const nnq_shape *shape, const uint8_t *constants, uint32_t channel) {
    int64_t sum = 0;
    for (uint32_t place = 0; place < 4 * group_count(shape); place += 2) {
        sum += nnq_dsp_tap(constants + word_at(shape, channel, place), (int32_t)(place % 4));
    }
    return sum;
}

static void load(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded) {
    const uint8_t *bias = constants + bias_at(shape, (uint32_t)channel);
    const uint8_t *scale = constants + scale_at(shape, (uint32_t)channel);
    loaded->bias = nnq_dsp_bias_of(nnq_load_i32(bias), sum_even(shape, constants, (uint32_t)channel));
    loaded->scale.multiplier = nnq_load_i32(scale);
    loaded->scale.addend = nnq_dsp_addend_of(shape, nnq_load_i32(scale + 4));
    loaded->scale.shift = (int32_t)(nnq_load_u32(scale + 8) & (channel % PAIR == 1 ? NNQ_DSP_SHIFT : UINT32_MAX));
}

/* Of the second channel of a pair. */
static uint32_t flags(const nnq_shape *shape, uint32_t channel) {
    return nnq_dsp_flags(shape, channel + 1 >= shape->out_channels, channel >= shape->out_channels);
}

static int32_t is_planned(const nnq_shape *shape, const uint8_t *constants) {
    uint32_t words[PLAN_WORDS];
    int32_t is_same = 1;
    list_plan(shape, words);
    for (uint32_t i = 0; i < PLAN_WORDS; i++) {
        is_same &= nnq_load_u32(constants + 4 * i) == words[i];
    }
    return is_same;
}

/* The plan and flags as they must be, biases multiples of 256, weights behind the last tap zero. */
static int32_t valid(const nnq_shape *shape, const uint8_t *constants) {
    const uint32_t taps = nnq_shape_taps(shape, NNQ_OP_CONV2D);
    int32_t is_valid = is_planned(shape, constants);
    for (uint32_t channel = 0; channel < pair_count(shape) * PAIR; channel++) {
        const uint32_t shift = nnq_load_u32(constants + scale_at(shape, channel) + 8);
        is_valid &= channel % PAIR == 0 || (shift & ~NNQ_DSP_SHIFT) == flags(shape, channel);
        is_valid &= constants[bias_at(shape, channel)] == 0;
        for (uint32_t place = taps; place < 4 * group_count(shape); place++) {
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
    nnq_store_i32(scale + 4, nnq_dsp_addend(shape, from->scale.addend));
    nnq_store_i32(scale + 8, from->scale.shift);
}

int32_t nnq_pack_conv2d_dsp(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                            uint8_t *constants) {
    const uint32_t taps = nnq_shape_taps(shape, NNQ_OP_CONV2D);
    uint32_t words[PLAN_WORDS];
    memset(constants, 0, size(shape));
    list_plan(shape, words);
    for (uint32_t i = 0; i < PLAN_WORDS; i++) {
        nnq_store_i32(constants + 4 * i, (int32_t)words[i]);
    }
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
