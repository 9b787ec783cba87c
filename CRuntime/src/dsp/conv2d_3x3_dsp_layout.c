/* SPDX-License-Identifier: Apache-2.0
 * The constants of conv2d 3x3 for Armv7E-M: of each output channel
 *
 *     I8 weight[in_channels / 4][3][3][4]     by groups of four input channels, then rows and columns of the window
 *     I32 256 * bias, multiplier, addend, shift
 *
 * The shift has flags, as taps.h says.
 */
#include "conv2d_3x3_dsp.h"
#include "taps.h"

/* Most input channels: a pixel of the zero point takes the place of transformed weights for a while. */
enum { SCALE_BYTES = 16, MOST_CHANNELS = 512 };

static uint32_t channel_bytes(const nnq_shape *shape) {
    return 9u * shape->in_channels + SCALE_BYTES;
}

/* Whether blocks of four by four pixels cover the map without too much being computed twice: at most 1.4 times. */
static int32_t is_covered(const nnq_shape *shape) {
    const uint64_t blocks = (shape->out_height + 3u) / 4 * ((shape->out_width + 3u) / 4);
    const uint64_t pixels = (uint32_t)shape->out_height * shape->out_width;
    return shape->out_height >= 4 && shape->out_width >= 4 && blocks * 16 * 5 <= pixels * 7;
}

static uint32_t size(const nnq_shape *shape) {
    const int32_t fits = shape->kernel_height == 3 && shape->kernel_width == 3 && shape->stride_height == 1 &&
                         shape->stride_width == 1 && shape->in_channels % NNQ_CONV2D_3X3_DSP_CHUNK == 0 &&
                         shape->in_channels <= MOST_CHANNELS && is_covered(shape);
    return fits ? channel_bytes(shape) * shape->out_channels : 0;
}

static uint32_t scratch(const nnq_shape *shape) {
    const uint32_t blocks = nnq_conv2d_3x3_dsp_blocks(shape);
    return NNQ_CONV2D_3X3_DSP_ARGUMENTS + NNQ_CONV2D_3X3_DSP_WEIGHTS + blocks * NNQ_CONV2D_3X3_DSP_SUMS +
           blocks * nnq_conv2d_3x3_dsp_chunks(shape) * NNQ_CONV2D_3X3_DSP_INPUTS;
}

static uint32_t weight_at(const nnq_shape *shape, int32_t channel, int32_t tap) {
    const uint32_t in_channel = (uint32_t)tap % shape->in_channels;
    const uint32_t in_window = (uint32_t)tap / shape->in_channels;
    return (uint32_t)channel * channel_bytes(shape) + (in_channel / 4 * 9 + in_window) * 4 + in_channel % 4;
}

static uint32_t scale_at(const nnq_shape *shape, int32_t channel) {
    return ((uint32_t)channel + 1) * channel_bytes(shape) - SCALE_BYTES;
}

static int32_t weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap) {
    return nnq_load_i8(constants + weight_at(shape, channel, tap));
}

static void load(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded) {
    const uint8_t *at = constants + scale_at(shape, channel);
    loaded->bias = nnq_load_i32(at) / 256;
    loaded->scale.multiplier = nnq_load_i32(at + 4);
    loaded->scale.addend = nnq_load_i32(at + 8);
    loaded->scale.shift = (int32_t)(nnq_load_u32(at + 12) & NNQ_DSP_SHIFT);
}

static uint32_t flags(const nnq_shape *shape, int32_t channel) {
    return nnq_dsp_flags(shape, channel + 1 == shape->out_channels, 0);
}

/* Biases are multiples of 256, flags as they must be. */
static int32_t valid(const nnq_shape *shape, const uint8_t *constants) {
    int32_t is_valid = 1;
    for (int32_t channel = 0; channel < shape->out_channels; channel++) {
        const uint8_t *at = constants + scale_at(shape, channel);
        is_valid &= at[0] == 0 && (nnq_load_u32(at + 12) & ~NNQ_DSP_SHIFT) == flags(shape, channel);
    }
    return is_valid;
}

int32_t nnq_pack_conv2d_3x3_dsp(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                                uint8_t *constants) {
    const int32_t taps = 9 * shape->in_channels;
    for (int32_t channel = 0; channel < shape->out_channels; channel++) {
        const nnq_channel *from = &channels[channel];
        const int8_t *weights = filter + channel * taps;
        uint8_t *at = constants + scale_at(shape, channel);
        if (!nnq_dsp_allows(weights, (uint32_t)taps, from->bias)) {
            return 0;
        }
        for (int32_t tap = 0; tap < taps; tap++) {
            constants[weight_at(shape, channel, tap)] = (uint8_t)weights[tap];
        }
        nnq_store_i32(at, from->bias * 256);
        nnq_store_i32(at + 4, from->scale.multiplier);
        nnq_store_i32(at + 8, from->scale.addend);
        nnq_store_i32(at + 12, (int32_t)((uint32_t)from->scale.shift | flags(shape, channel)));
    }
    return 1;
}

NNQ_DEFINE_PACKED(conv2d_3x3_dsp, CONV2D, DSP, size, scratch, weight, load, valid);
