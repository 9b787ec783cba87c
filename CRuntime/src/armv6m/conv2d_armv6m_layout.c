/* SPDX-License-Identifier: Apache-2.0
 * The constants of conv2d for Armv6-M: U16 taps of a slice, U16 channels that are computed together; a record for each
 * channel (channel_armv6m.h); the filter in its usual order, each weight w + 128; zeros up to a multiple of 4.
 */
#include "channel_armv6m_layout.h"
#include "conv2d_armv6m.h"

enum {
    SLICE_WEIGHT = 4095,  /* the most that |w| of a channel adds up to in a slice: 128 * 4095 < 2^19 */
    SLICE_ALWAYS = 32,    /* taps that do not exceed it: 32 * 127 */
    SLICE_MOST = 96,      /* the most taps of one slice of several */
    SLICES_MEMORY = 3584, /* for a slice and the sums that wait for the next one */
};

static uint32_t least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

/* --- Scratch --- */

static uint32_t words_bytes(uint32_t slice) {
    return NNQ_TAP_BYTES * (1 + slice);
}

/* Words and sums, whatever the slice. */
static uint32_t slices_bytes(const nnq_shape *shape) {
    const uint32_t taps = nnq_taps_armv6m(shape);
    const uint32_t waiting = taps <= SLICE_ALWAYS ? 1 : shape->out_channels;
    return least(words_bytes(least(taps, NNQ_SLICE_ONLY)) + NNQ_SUMS_BYTES * waiting, SLICES_MEMORY);
}

/* Channels that are computed together: all, or as many as have room for sums between slices. */
static uint32_t group_of(const nnq_shape *shape, uint32_t slice) {
    const uint32_t room = (slices_bytes(shape) - words_bytes(slice)) / NNQ_SUMS_BYTES;
    return slice == nnq_taps_armv6m(shape) ? shape->out_channels : least(shape->out_channels, room);
}

static uint32_t scratch(const nnq_shape *shape) {
    return NNQ_STATE_BYTES + nnq_padding_bytes_armv6m(shape) + slices_bytes(shape);
}

/* --- Constants --- */

static uint32_t weights_at(const nnq_shape *shape) {
    return NNQ_CONV2D_HEAD_BYTES + (uint32_t)NNQ_RECORD_BYTES * shape->out_channels;
}

static uint32_t size(const nnq_shape *shape) {
    return nnq_size_armv6m(weights_at(shape) + (uint64_t)nnq_taps_armv6m(shape) * shape->out_channels);
}

static int32_t weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap) {
    return constants[weights_at(shape) + (uint32_t)channel * nnq_taps_armv6m(shape) + (uint32_t)tap] - 128;
}

static void load(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded) {
    (void)shape;
    nnq_load_channel_armv6m(constants + NNQ_CONV2D_HEAD_BYTES + NNQ_RECORD_BYTES * channel, loaded);
}

/* The largest sum of |w| of a channel in taps first .. first + count - 1, as far as there are such. */
static uint32_t slice_weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, uint32_t first,
                             uint32_t count) {
    const uint32_t end = least(first + count, nnq_taps_armv6m(shape));
    uint32_t sum = 0;
    for (uint32_t tap = first; tap < end; tap++) {
        sum += nnq_magnitude(weight(shape, constants, channel, (int32_t)tap));
    }
    return sum;
}

/* What the sums of a channel are below. */
static uint32_t bound(const nnq_shape *shape, const uint8_t *constants, int32_t channel) {
    const uint32_t taps = nnq_taps_armv6m(shape);
    nnq_channel loaded;
    load(shape, constants, channel, &loaded);
    return nnq_magnitude(loaded.bias) + 128 * slice_weight(shape, constants, channel, 0, taps);
}

static int32_t slice_fits(const nnq_shape *shape, const uint8_t *constants, uint32_t slice) {
    const uint32_t taps = nnq_taps_armv6m(shape);
    if (slice == 0 || slice > taps || slice > (slice == taps ? NNQ_SLICE_ONLY : SLICE_MOST) ||
        (slice < taps && words_bytes(slice) + NNQ_SUMS_BYTES > slices_bytes(shape))) {
        return 0;
    }
    for (int32_t c = 0; c < shape->out_channels; c++) {
        for (uint32_t tap = 0; tap < taps; tap += slice) {
            if (slice_weight(shape, constants, c, tap, slice) > SLICE_WEIGHT) {
                return 0;
            }
        }
    }
    return 1;
}

static int32_t valid(const nnq_shape *shape, const uint8_t *constants) {
    const uint32_t slice = (uint32_t)nnq_load_u16(constants);
    int32_t is_valid = slice_fits(shape, constants, slice) &&
                       (uint32_t)nnq_load_u16(constants + 2) == group_of(shape, slice);
    for (int32_t c = 0; c < shape->out_channels; c++) {
        const uint8_t *record = constants + NNQ_CONV2D_HEAD_BYTES + NNQ_RECORD_BYTES * c;
        is_valid &= nnq_valid_channel_armv6m(shape, record, bound(shape, constants, c));
    }
    return is_valid;
}

/* Instructions of a block of eight pixels that the slice decides about: staging for each group of channels, and
 * beginning and ending a slice for each channel. */
static uint32_t cost(const nnq_shape *shape, uint32_t slice) {
    const uint32_t taps = nnq_taps_armv6m(shape);
    const uint32_t group = group_of(shape, slice);
    const uint32_t groups = (shape->out_channels + group - 1) / group;
    return 40 * taps * groups + 90 * shape->out_channels * ((taps + slice - 1) / slice);
}

static uint32_t best_slice(const nnq_shape *shape, const uint8_t *constants) {
    const uint32_t taps = nnq_taps_armv6m(shape);
    uint32_t best = least(taps, SLICE_ALWAYS);
    if (slice_fits(shape, constants, taps)) {
        return taps;
    }
    for (uint32_t slice = best; slice <= SLICE_MOST; slice++) {
        if (slice_fits(shape, constants, slice) && cost(shape, slice) < cost(shape, best)) {
            best = slice;
        }
    }
    return best;
}

int32_t nnq_pack_conv2d_armv6m(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                               uint8_t *constants) {
    const uint32_t count = nnq_taps_armv6m(shape) * shape->out_channels;
    memset(constants, 0, size(shape));
    for (uint32_t i = 0; i < count; i++) {
        constants[weights_at(shape) + i] = (uint8_t)(filter[i] + 128);
    }
    const uint32_t slice = best_slice(shape, constants);
    nnq_store_u16_armv6m(constants, (int32_t)slice);
    nnq_store_u16_armv6m(constants + 2, (int32_t)group_of(shape, slice));
    for (int32_t c = 0; c < shape->out_channels; c++) {
        uint8_t *record = constants + NNQ_CONV2D_HEAD_BYTES + NNQ_RECORD_BYTES * c;
        nnq_store_channel_armv6m(record, &channels[c], NNQ_ANY);
        const int32_t kind = nnq_kind_armv6m(shape, &channels[c], bound(shape, constants, c));
        nnq_store_channel_armv6m(record, &channels[c], kind);
    }
    return 1;
}

NNQ_DEFINE_PACKED(conv2d_armv6m, CONV2D, ARMV6M, size, scratch, weight, load, valid);
