/* SPDX-License-Identifier: Apache-2.0
 * The constants of conv2d for Armv7-M: an nnq_eight_plan (I32 slice, U16 group, is_flat, patch, sums); then for each
 * group of channels, for each slice, for each channel of the group, a block: I8 weights up to a multiple of 4, in the
 * first slice I32 256 * bias, in the last one I32 multiplier, addend, shift.
 */
#include "../packed.h"
#include "conv2d_armv7m.h"

enum {
    PLAN = 12,             /* bytes of the plan */
    SCALE = 16,            /* bytes of bias and scale */
    MOST_WINDOW = 1 << 20, /* taps */
    MOST_WEIGHT = 4095,    /* sum of |w| in a slice: 128 * 4095 < 2^19 */
    MOST_TAPS = 128,       /* in the only slice of a window */
    MOST_SLICE = 80,       /* in one of several; of shorter windows too */
    MOST_SUMS = 64,        /* channels of a group */
    SUM_BYTES = 4 * 8
};

/* --- The plan --- */

static int32_t is_flat(const nnq_shape *shape) {
    return shape->kernel_height == 1 && shape->kernel_width == 1 && shape->stride_height == 1 &&
           shape->stride_width == 1 && nnq_eight_pixels(shape) >= 8;
}

static int32_t words_bytes(int32_t slice) {
    return NNQ_EIGHT_HEAD + 4 * NNQ_EIGHT_WORDS * slice;
}

/* Of each of eight windows a slice, or of eight neighbours what of a slice is in one row of the kernel. */
static int32_t patch_bytes(const nnq_shape *shape, int32_t slice) {
    const int32_t row = nnq_eight_least(slice, shape->kernel_width * shape->in_channels);
    const int32_t neighbours = (7 * shape->stride_width * shape->in_channels + row + 3) / 4 * 4;
    return is_flat(shape) ? 0 : neighbours > 8 * slice ? neighbours : 8 * slice;
}

static int32_t scratch_bytes(const nnq_shape *shape) {
    const int32_t taps = nnq_eight_taps(shape);
    const int32_t slice = taps <= MOST_TAPS ? taps : MOST_SLICE;
    const int32_t sums = taps <= MOST_TAPS ? 0 : SUM_BYTES * nnq_eight_least(shape->out_channels, MOST_SUMS);
    return words_bytes(slice) + patch_bytes(shape, slice) + sums;
}

/* Returns 0 where such slices are not allowed. A group is what there is room for. */
static int32_t make_plan(const nnq_shape *shape, int32_t slice, nnq_eight_plan *plan) {
    const nnq_eight_plan none = {0, 0, 0, 0, 0};
    const int32_t taps = nnq_eight_taps(shape);
    const int32_t is_single = slice == taps;
    int32_t group = shape->out_channels;
    *plan = none;
    if (slice < 1 || slice > taps || slice > (is_single ? MOST_TAPS : MOST_SLICE) || (!is_single && slice % 4 != 0)) {
        return 0;
    }
    const int32_t patch = words_bytes(slice);
    const int32_t sums = patch + patch_bytes(shape, slice);
    if (!is_single) {
        group = nnq_eight_least(group, (scratch_bytes(shape) - sums) / SUM_BYTES);
    }
    if (nnq_eight_pixels(shape) < 8) {
        group = nnq_eight_least(group, slice); /* the patch has its outputs */
    }
    plan->slice = slice;
    plan->group = (uint16_t)group;
    plan->is_flat = (uint16_t)is_flat(shape);
    plan->patch = (uint16_t)patch;
    plan->sums = (uint16_t)sums;
    return group > 0 && sums <= UINT16_MAX;
}

static void store_plan(const nnq_eight_plan *plan, uint8_t *constants) {
    nnq_store_i32(constants, plan->slice);
    nnq_store_i32(constants + 4, plan->group | plan->is_flat << 16);
    nnq_store_i32(constants + 8, (int32_t)(plan->patch | (uint32_t)plan->sums << 16));
}

/* --- Where things are --- */

/* Of one channel, over all slices. */
static uint32_t channel_bytes(const nnq_shape *shape) {
    return (uint32_t)(nnq_eight_taps(shape) + 3) / 4 * 4 + SCALE;
}

static uint32_t size(const nnq_shape *shape) {
    const uint64_t taps = (uint64_t)shape->kernel_height * shape->kernel_width * shape->in_channels;
    const uint64_t bytes = PLAN + (taps + 3 + SCALE) * shape->out_channels;
    const uint64_t patch = 7 * (uint64_t)shape->stride_width * shape->in_channels + taps;
    return taps > MOST_WINDOW || patch > UINT16_MAX / 2 || bytes > INT32_MAX
               ? 0
               : PLAN + channel_bytes(shape) * shape->out_channels;
}

static uint32_t scratch(const nnq_shape *shape) {
    return (uint32_t)scratch_bytes(shape);
}

typedef struct block {
    uint32_t at;
    uint32_t behind; /* its weights */
    int32_t first_tap;
    int32_t taps;
} block;

/* The block of a channel that has this tap, wherever a plan of this slice and group puts it. */
static block find(const nnq_shape *shape, int32_t slice, int32_t group, int32_t channel, int32_t tap) {
    const int32_t taps = nnq_eight_taps(shape);
    const int32_t first_channel = channel / group * group;
    const uint32_t channels = (uint32_t)nnq_eight_least(group, shape->out_channels - first_channel);
    const int32_t before = tap / slice * slice;
    block found = {PLAN + (uint32_t)first_channel * channel_bytes(shape), 0, before,
                   nnq_eight_least(slice, taps - before)};
    if (before > 0) {
        found.at += ((uint32_t)before + 4) * channels; /* weights and biases of the slices before */
    }
    const uint32_t weights = (uint32_t)(found.taps + 3) / 4 * 4;
    const uint32_t bytes = weights + (before == 0 ? 4 : 0) + (before + found.taps == taps ? 12 : 0);
    found.at += (uint32_t)(channel - first_channel) * bytes;
    found.behind = found.at + weights;
    return found;
}

/* --- Reading --- */

/* Slice and group may be anything before `valid`. Where they would lead out of the constants, returns 0; else they are
 * those of some order of blocks. */
static int32_t load_order(const nnq_shape *shape, const uint8_t *constants, int32_t *slice, int32_t *group) {
    const int32_t taps = nnq_eight_taps(shape);
    *slice = nnq_load_i32(constants);
    *group = nnq_load_u16(constants + 4);
    return *group > 0 && *group <= shape->out_channels && *slice > 0 &&
           (*slice == taps || (*slice < taps && *slice % 4 == 0));
}

/* Where there is no order, no channel may have this weight. */
static int32_t weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap) {
    int32_t slice;
    int32_t group;
    if (!load_order(shape, constants, &slice, &group)) {
        return INT8_MIN;
    }
    const block at = find(shape, slice, group, channel, tap);
    return nnq_load_i8(constants + at.at + (tap - at.first_tap));
}

static void load(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded) {
    int32_t slice;
    int32_t group;
    memset(loaded, 0, sizeof *loaded);
    if (!load_order(shape, constants, &slice, &group)) {
        return;
    }
    const block first = find(shape, slice, group, channel, 0);
    const block last = find(shape, slice, group, channel, nnq_eight_taps(shape) - 1);
    const uint8_t *scale = constants + last.behind + (last.first_tap == 0 ? 4 : 0);
    loaded->bias = nnq_load_i32(constants + first.behind) / 256;
    loaded->scale.multiplier = nnq_load_i32(scale);
    loaded->scale.addend = nnq_load_i32(scale + 4);
    loaded->scale.shift = nnq_load_i32(scale + 8);
}

/* Whether all sums of a slice stay within 20 bits. */
static int32_t sums_fit(const nnq_shape *shape, const nnq_eight_plan *plan, const uint8_t *constants, int32_t channel) {
    for (int32_t tap = 0; tap < nnq_eight_taps(shape); tap += plan->slice) {
        const block at = find(shape, plan->slice, plan->group, channel, tap);
        uint32_t sum = 0;
        for (int32_t i = 0; i < at.taps; i++) {
            sum += nnq_magnitude(nnq_load_i8(constants + at.at + i));
        }
        if (sum > MOST_WEIGHT) {
            return 0;
        }
    }
    return 1;
}

static int32_t valid(const nnq_shape *shape, const uint8_t *constants) {
    nnq_eight_plan plan;
    uint8_t bytes[PLAN];
    int32_t is_valid = make_plan(shape, nnq_load_i32(constants), &plan);
    store_plan(&plan, bytes);
    for (int32_t i = 0; is_valid && i < PLAN; i++) {
        is_valid = constants[i] == bytes[i];
    }
    for (int32_t channel = 0; is_valid && channel < shape->out_channels; channel++) {
        const block first = find(shape, plan.slice, plan.group, channel, 0);
        is_valid = nnq_load_i32(constants + first.behind) % 256 == 0 && sums_fit(shape, &plan, constants, channel);
    }
    return is_valid;
}

/* --- Packing --- */

/* Writes all by a plan; returns whether sums fit. */
static int32_t pack(const nnq_shape *shape, const nnq_eight_plan *plan, const int8_t *filter,
                    const nnq_channel *channels, uint8_t *constants) {
    const int32_t taps = nnq_eight_taps(shape);
    memset(constants, 0, size(shape));
    store_plan(plan, constants);
    for (int32_t c = 0; c < shape->out_channels; c++) {
        for (int32_t tap = 0; tap < taps; tap += plan->slice) {
            const block at = find(shape, plan->slice, plan->group, c, tap);
            uint8_t *to = constants + at.behind;
            memcpy(constants + at.at, filter + (size_t)c * (size_t)taps + tap, (size_t)at.taps);
            if (tap == 0) {
                nnq_store_i32(to, channels[c].bias * 256);
                to += 4;
            }
            if (tap + at.taps == taps) {
                nnq_store_i32(to, channels[c].scale.multiplier);
                nnq_store_i32(to + 4, channels[c].scale.addend);
                nnq_store_i32(to + 8, channels[c].scale.shift);
            }
        }
        if (!sums_fit(shape, plan, constants, c)) {
            return 0;
        }
    }
    return 1;
}

/* As few slices as sums allow, of equal size but for the multiple of 4. Slices of 32 taps always do. */
int32_t nnq_pack_conv2d_armv7m(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                               uint8_t *constants) {
    const int32_t taps = nnq_eight_taps(shape);
    nnq_eight_plan plan;
    for (int32_t slices = 1; slices <= taps; slices++) {
        const int32_t slice = slices == 1 ? taps : ((taps + slices - 1) / slices + 3) / 4 * 4;
        if (make_plan(shape, slice, &plan) && pack(shape, &plan, filter, channels, constants)) {
            return 1;
        }
    }
    return 0;
}

NNQ_DEFINE_PACKED(conv2d_armv7m, CONV2D, ARMV7M, size, scratch, weight, load, valid);
