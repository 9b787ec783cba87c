/* SPDX-License-Identifier: Apache-2.0
 * The constants of conv2d for RV32: I32 taps of a slice; then blocks of four output channels, each I8 weights
 * [taps][4], taps in the order of the unpacked filter, and for each channel I32 multiplier, I32 addend,
 * I32 bias * 256 + shift. Channels that fill the last block up are zero.
 */
#include "../packed.h"
#include "conv2d_rv32.h"

static uint32_t size(const nnq_shape *shape) {
    return NNQ_OCTET_HEAD_BYTES +
           (uint32_t)nnq_octet_blocks(shape) * (uint32_t)nnq_octet_block_bytes(nnq_octet_taps(shape));
}

static uint32_t scratch(const nnq_shape *shape) {
    return (uint32_t)(NNQ_OCTET_WORK_BYTES + nnq_octet_words_bytes(shape) + nnq_octet_totals_bytes(shape) +
                      nnq_octet_zeros_bytes(shape) + nnq_octet_aside_bytes(shape));
}

static uint32_t weight_place(const nnq_shape *shape, int32_t channel, int32_t tap) {
    return NNQ_OCTET_HEAD_BYTES +
           (uint32_t)(channel / NNQ_OCTET_BLOCK) * (uint32_t)nnq_octet_block_bytes(nnq_octet_taps(shape)) +
           (uint32_t)(tap * NNQ_OCTET_BLOCK + channel % NNQ_OCTET_BLOCK);
}

static uint32_t channel_place(const nnq_shape *shape, int32_t channel) {
    return weight_place(shape, channel / NNQ_OCTET_BLOCK * NNQ_OCTET_BLOCK, nnq_octet_taps(shape)) +
           NNQ_OCTET_SCALE_BYTES * (uint32_t)(channel % NNQ_OCTET_BLOCK);
}

static int32_t weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap) {
    return (int8_t)constants[weight_place(shape, channel, tap)];
}

static void load(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded) {
    const uint8_t *at = constants + channel_place(shape, channel);
    loaded->scale.multiplier = nnq_load_i32(at);
    loaded->scale.addend = nnq_load_i32(at + 4);
    loaded->scale.shift = at[8];
    loaded->bias = nnq_load_i32(at + 8) >> 8;
}

/* Whether no slice of a channel exceeds what the sums hold. */
static int32_t channel_fits(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t slice) {
    const int32_t taps = nnq_octet_taps(shape);
    uint32_t sum = 0;
    for (int32_t tap = 0; tap < taps; tap++) {
        sum = (tap % slice == 0 ? 0 : sum) + nnq_magnitude(weight(shape, constants, channel, tap));
        if (sum > NNQ_OCTET_MOST_WEIGHT) {
            return 0;
        }
    }
    return 1;
}

static int32_t slices_fit(const nnq_shape *shape, const uint8_t *constants, int32_t slice) {
    int32_t fits = 1;
    for (int32_t channel = 0; fits && channel < shape->out_channels; channel++) {
        fits = channel_fits(shape, constants, channel, slice);
    }
    return fits;
}

static int32_t valid(const nnq_shape *shape, const uint8_t *constants) {
    const int32_t slice = nnq_load_i32(constants);
    return slice > 0 && slice <= nnq_octet_limit(nnq_octet_taps(shape)) && slices_fit(shape, constants, slice);
}

/* The longest slices of equal length that fit; NNQ_OCTET_SAFE_TAPS always do. */
static int32_t choose_slice(const nnq_shape *shape, const uint8_t *constants) {
    const int32_t taps = nnq_octet_taps(shape);
    const int32_t limit = nnq_octet_limit(taps);
    for (int32_t count = (taps + limit - 1) / limit;; count++) {
        const int32_t slice = (taps + count - 1) / count;
        if (slice <= NNQ_OCTET_SAFE_TAPS || slices_fit(shape, constants, slice)) {
            return slice;
        }
    }
}

int32_t nnq_pack_conv2d_rv32(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                             uint8_t *constants) {
    const int32_t taps = nnq_octet_taps(shape);
    memset(constants, 0, size(shape));
    for (int32_t c = 0; c < shape->out_channels; c++) {
        uint8_t *at = constants + channel_place(shape, c);
        for (int32_t tap = 0; tap < taps; tap++) {
            constants[weight_place(shape, c, tap)] = (uint8_t)*filter++;
        }
        nnq_store_i32(at, channels[c].scale.multiplier);
        nnq_store_i32(at + 4, channels[c].scale.addend);
        nnq_store_i32(at + 8, channels[c].bias * 256 + channels[c].scale.shift);
    }
    nnq_store_i32(constants, choose_slice(shape, constants));
    return 1;
}

NNQ_DEFINE_PACKED(conv2d_rv32, CONV2D, RV32, size, scratch, weight, load, valid);
