/* SPDX-License-Identifier: Apache-2.0
 * The constants of depthwise convolution of any window for Armv7E-M: for each channel
 *
 *     U32 bias * 2^8 + shift
 *     I32 multiplier
 *     I32 addend
 *     I8 weights, as depthwise_order.h has them
 */
#include "../packed.h"
#include "depthwise_order.h"

static uint32_t size(const nnq_shape *shape) {
    const uint64_t bytes = (uint64_t)(uint32_t)nnq_lines_record(shape) * shape->in_channels;
    return bytes > INT32_MAX ? 0 : (uint32_t)bytes;
}

/* Twelve columns of four channels of ten pairs, what depthwise_dsp.c notes, and a channel's weights, unpacked for even
 * and for odd rows. */
static uint32_t scratch(const nnq_shape *shape) {
    return 12 * 4 * 10 * 4 + 160 + 2 * (uint32_t)nnq_line_count(shape) * (2 * (uint32_t)nnq_line_bytes(shape) + 8);
}

static const uint8_t *record(const nnq_shape *shape, const uint8_t *constants, int32_t channel) {
    return constants + (size_t)channel * (size_t)nnq_lines_record(shape);
}

static int32_t weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap) {
    return (int8_t)record(shape, constants, channel)[NNQ_LINES_HEAD + nnq_line_offset(shape, tap)];
}

static void load(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded) {
    const uint8_t *at = record(shape, constants, channel);
    loaded->bias = (nnq_load_i32(at) - at[0]) / 256;
    loaded->scale.shift = at[0];
    loaded->scale.multiplier = nnq_load_i32(at + 4);
    loaded->scale.addend = nnq_load_i32(at + 8);
}

/* Lines are filled up with zeros. */
static int32_t valid(const nnq_shape *shape, const uint8_t *constants) {
    const int32_t bytes = nnq_line_bytes(shape);
    int32_t others = 0;
    for (int32_t channel = 0; channel < shape->in_channels; channel++) {
        const uint8_t *lines = record(shape, constants, channel) + NNQ_LINES_HEAD;
        for (int32_t line = 0; line < nnq_line_count(shape); line++) {
            for (int32_t tap = nnq_line_taps(shape); tap < bytes; tap++) {
                others |= lines[line * bytes + nnq_line_place(tap)];
            }
        }
    }
    return others == 0;
}

int32_t nnq_pack_depthwise_dsp(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                               uint8_t *constants) {
    const uint32_t taps = nnq_shape_taps(shape, NNQ_OP_DEPTHWISE_CONV2D);
    memset(constants, 0, size(shape));
    for (int32_t c = 0; c < shape->in_channels; c++) {
        uint8_t *at = constants + (size_t)c * (size_t)nnq_lines_record(shape);
        if (nnq_magnitude(channels[c].bias) >= 1u << 23) {
            return 0;
        }
        nnq_store_i32(at, channels[c].bias * 256 + channels[c].scale.shift);
        nnq_store_i32(at + 4, channels[c].scale.multiplier);
        nnq_store_i32(at + 8, channels[c].scale.addend);
        for (uint32_t tap = 0; tap < taps; tap++) {
            at[NNQ_LINES_HEAD + nnq_line_offset(shape, (int32_t)tap)] =
                (uint8_t)filter[(size_t)tap * shape->in_channels + (uint32_t)c];
        }
    }
    return 1;
}

NNQ_DEFINE_PACKED(depthwise_dsp, DEPTHWISE_CONV2D, DSP, size, scratch, weight, load, valid);
