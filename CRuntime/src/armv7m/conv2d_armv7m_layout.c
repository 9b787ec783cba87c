/* SPDX-License-Identifier: Apache-2.0
 * The constants of conv2d for Armv7-M: U32 taps of a slice; then for each group of channels, for each slice, for each
 * channel of the group, a block: I8 weights up to a multiple of 4, in the first slice I32 256 * bias, in the last one I32
 * multiplier, addend, shift.
 *
 * In a slice, |w| of a channel sums up to no more than NNQ_EIGHT_WEIGHT. All slices but the last have the same number of
 * taps, a multiple of 4 where there are several.
 */
#include "../packed.h"
#include "conv2d_armv7m.h"

enum { HEAD = 4, SCALES = 16 /* bytes of bias and scale */, MOST_TAPS = 1 << 20 };

/* Of one channel, over all slices. */
static uint32_t channel_bytes(const nnq_shape *shape) {
    return (uint32_t)(nnq_eight_taps(shape) + 3) / 4 * 4 + SCALES;
}

static uint32_t size(const nnq_shape *shape) {
    const uint64_t taps = (uint64_t)shape->kernel_height * shape->kernel_width * shape->in_channels;
    const uint64_t bytes = HEAD + (taps + 3 + SCALES) * shape->out_channels;
    return taps > MOST_TAPS || bytes > INT32_MAX ? 0 : HEAD + channel_bytes(shape) * shape->out_channels;
}

static uint32_t scratch(const nnq_shape *shape) {
    return (uint32_t)nnq_eight_scratch(shape);
}

/* --- Where a channel's block is --- */

typedef struct block {
    uint32_t at;
    int32_t first_tap;
    int32_t taps;
} block;

/* The block of a channel that has this tap. */
static block find(const nnq_shape *shape, int32_t slice, int32_t channel, int32_t tap) {
    const int32_t all = nnq_eight_taps(shape);
    const int32_t group = nnq_eight_group(shape, slice);
    const int32_t first_channel = channel / group * group;
    const uint32_t channels = (uint32_t)nnq_eight_least(group, shape->out_channels - first_channel);
    const int32_t before = tap / slice * slice;
    block found = {HEAD + (uint32_t)first_channel * channel_bytes(shape), before,
                   nnq_eight_least(slice, all - before)};
    if (before > 0) {
        found.at += ((uint32_t)before + 4) * channels; /* weights and biases of the slices before */
    }
    found.at += (uint32_t)((channel - first_channel) * nnq_eight_block_bytes(shape, before, found.taps));
    return found;
}

static int32_t slice_of(const uint8_t *constants) {
    return nnq_load_i32(constants);
}

/* What is behind the weights of a block. */
static uint32_t behind(const block *at) {
    return at->at + (uint32_t)(at->taps + 3) / 4 * 4;
}

static int32_t is_slice(const nnq_shape *shape, int32_t slice) {
    const int32_t taps = nnq_eight_taps(shape);
    return slice == taps ? taps <= NNQ_EIGHT_MOST_TAPS
                         : slice > 0 && slice < taps && slice % 4 == 0 && slice <= NNQ_EIGHT_SLICE_TAPS &&
                               nnq_eight_group(shape, slice) > 0;
}

/* --- Reading --- */

/* Before `valid`, the slice may be anything: then all weights are one that no channel may have, so that they are
 * refused. */
static int32_t weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap) {
    const int32_t slice = slice_of(constants);
    if (!is_slice(shape, slice)) {
        return INT8_MIN;
    }
    const block at = find(shape, slice, channel, tap);
    return nnq_load_i8(constants + at.at + (tap - at.first_tap));
}

static void load(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded) {
    const int32_t slice = slice_of(constants);
    memset(loaded, 0, sizeof *loaded);
    if (!is_slice(shape, slice)) {
        return;
    }
    const block first = find(shape, slice, channel, 0);
    const block last = find(shape, slice, channel, nnq_eight_taps(shape) - 1);
    const uint8_t *scale = constants + behind(&last) + (last.first_tap == 0 ? 4 : 0);
    loaded->bias = nnq_load_i32(constants + behind(&first)) / 256;
    loaded->scale.multiplier = nnq_load_i32(scale);
    loaded->scale.addend = nnq_load_i32(scale + 4);
    loaded->scale.shift = nnq_load_i32(scale + 8);
}

/* Whether all sums of a slice stay within 20 bits. */
static int32_t sums_fit(const nnq_shape *shape, const uint8_t *constants, int32_t channel) {
    const int32_t slice = slice_of(constants);
    const int32_t taps = nnq_eight_taps(shape);
    for (int32_t first = 0; first < taps; first += slice) {
        int32_t sum = 0;
        for (int32_t tap = first; tap < first + slice && tap < taps; tap++) {
            sum += (int32_t)nnq_magnitude(weight(shape, constants, channel, tap));
        }
        if (sum > NNQ_EIGHT_WEIGHT) {
            return 0;
        }
    }
    return 1;
}

static int32_t valid(const nnq_shape *shape, const uint8_t *constants) {
    if (!is_slice(shape, slice_of(constants))) {
        return 0;
    }
    for (int32_t channel = 0; channel < shape->out_channels; channel++) {
        const block first = find(shape, slice_of(constants), channel, 0);
        if (nnq_load_i32(constants + behind(&first)) % 256 != 0 || !sums_fit(shape, constants, channel)) {
            return 0;
        }
    }
    return 1;
}

/* --- Packing --- */

/* Writes all with slices of this size; returns whether sums fit. */
static int32_t pack(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels, int32_t slice,
                    uint8_t *constants) {
    const int32_t taps = nnq_eight_taps(shape);
    memset(constants, 0, size(shape));
    nnq_store_i32(constants, slice);
    for (int32_t c = 0; c < shape->out_channels; c++) {
        for (int32_t tap = 0; tap < taps; tap += slice) {
            const block at = find(shape, slice, c, tap);
            uint8_t *end = constants + behind(&at);
            memcpy(constants + at.at, filter + (size_t)c * (size_t)taps + tap, (size_t)at.taps);
            if (tap == 0) {
                nnq_store_i32(end, channels[c].bias * 256);
                end += 4;
            }
            if (tap + at.taps == taps) {
                nnq_store_i32(end, channels[c].scale.multiplier);
                nnq_store_i32(end + 4, channels[c].scale.addend);
                nnq_store_i32(end + 8, channels[c].scale.shift);
            }
        }
        if (!sums_fit(shape, constants, c)) {
            return 0;
        }
    }
    return 1;
}

/* As few slices as sums allow, of equal size but for the multiple of 4. Slices of 32 taps always do. */
int32_t nnq_pack_conv2d_armv7m(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                               uint8_t *constants) {
    const int32_t taps = nnq_eight_taps(shape);
    for (int32_t slices = 1; slices <= taps; slices++) {
        const int32_t slice = slices == 1 ? taps : ((taps + slices - 1) / slices + 3) / 4 * 4;
        if (is_slice(shape, slice) && pack(shape, filter, channels, slice, constants)) {
            return 1;
        }
    }
    return 0;
}

NNQ_DEFINE_PACKED(conv2d_armv7m, CONV2D, ARMV7M, size, scratch, weight, load, valid);
