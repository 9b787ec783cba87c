/* SPDX-License-Identifier: Apache-2.0
 * The constants of depthwise convolution of any window for Armv7E-M: for each four channels, in lanes 0 .. 3,
 *
 *     U32 bias[4] * 2^8 + shift[4]
 *     I32 multiplier[4]
 *     I32 addend[4]
 *     I8 weights[taps][4]
 *
 * Where the number of channels is not a multiple of four, the last four channels are in the lanes of the last group, and
 * those which the group before has are left out: their lanes are zero, and not used. Less than four channels are in the
 * first lanes.
 */
#include "../packed.h"

enum { HEAD = 48, LANES = 4 };

static uint32_t group_bytes(const nnq_shape *shape) {
    return HEAD + LANES * nnq_shape_taps(shape, NNQ_OP_DEPTHWISE_CONV2D);
}

static uint32_t size(const nnq_shape *shape) {
    const uint64_t bytes = (uint64_t)group_bytes(shape) * ((shape->in_channels + 3u) / LANES);
    return bytes > INT32_MAX ? 0 : (uint32_t)bytes;
}

static uint32_t scratch(const nnq_shape *shape) {
    (void)shape;
    return 0;
}

static uint32_t group_at(const nnq_shape *shape, int32_t channel) {
    return (uint32_t)channel / LANES * group_bytes(shape);
}

static uint32_t lane_of(const nnq_shape *shape, int32_t channel) {
    const uint32_t c = (uint32_t)channel;
    const uint32_t whole = shape->in_channels & ~3u;
    return c < whole || whole == 0 ? c % LANES : c - (shape->in_channels - LANES);
}

static int32_t weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap) {
    return (int8_t)constants[group_at(shape, channel) + HEAD + LANES * (uint32_t)tap + lane_of(shape, channel)];
}

static void load(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded) {
    const uint8_t *at = constants + group_at(shape, channel) + 4 * lane_of(shape, channel);
    loaded->bias = (nnq_load_i32(at) - at[0]) / 256;
    loaded->scale.shift = at[0];
    loaded->scale.multiplier = nnq_load_i32(at + 16);
    loaded->scale.addend = nnq_load_i32(at + 32);
}

int32_t nnq_pack_depthwise_dsp(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                               uint8_t *constants) {
    const uint32_t taps = nnq_shape_taps(shape, NNQ_OP_DEPTHWISE_CONV2D);
    memset(constants, 0, size(shape));
    for (int32_t c = 0; c < shape->in_channels; c++) {
        uint8_t *at = constants + group_at(shape, c);
        const uint32_t lane = lane_of(shape, c);
        if (nnq_magnitude(channels[c].bias) >= 1u << 23) {
            return 0;
        }
        nnq_store_i32(at + 4 * lane, channels[c].bias * 256 + channels[c].scale.shift);
        nnq_store_i32(at + 16 + 4 * lane, channels[c].scale.multiplier);
        nnq_store_i32(at + 32 + 4 * lane, channels[c].scale.addend);
        for (uint32_t tap = 0; tap < taps; tap++) {
            at[HEAD + LANES * tap + lane] = (uint8_t)filter[tap * shape->in_channels + (uint32_t)c];
        }
    }
    return 1;
}

NNQ_DEFINE_PACKED(depthwise_dsp, DEPTHWISE_CONV2D, DSP, size, scratch, weight, load, NULL);
