/* SPDX-License-Identifier: Apache-2.0
 * The constants of depthwise convolution 3x3 for Armv7E-M, of layers with nnq_scale_high's extra step and without: 8
 * bytes and 20 for each channel.
 *
 *     I32 half     2 * output zero point + 1, so that a channel's addend is half * 2^(shift - 1) + extra
 *     I32 extra    64 where rounding twice, else 0
 *     for each channel:
 *         U32 bias * 2^8 + shift
 *         I32 multiplier
 *         I8 weights of three columns, each w1, w0, w2, w1, w0 the upper one: bytes 1 and 3, and 0 and 2, are of rows
 *                                       that lie below each other, and stand where w * 2^8 has to in a halfword
 */
#include "../packed.h"

enum { LAYER = 8, CHANNEL = 20, WEIGHTS = 8, EXTRA = 64 };

static uint32_t size_of(const nnq_shape *shape) {
    const int32_t fits = shape->kernel_height == 3 && shape->kernel_width == 3 &&
                         shape->stride_height == shape->stride_width && shape->stride_width <= 2 &&
                         shape->in_channels >= 4;
    return fits ? LAYER + CHANNEL * (uint32_t)shape->in_channels : 0;
}

static uint32_t size(const nnq_shape *shape) {
    return shape->away ? 0 : size_of(shape);
}

static uint32_t size_away(const nnq_shape *shape) {
    return shape->away ? size_of(shape) : 0;
}

/* Nine columns of four channels of 14 pairs; depthwise3x3_dsp.c. */
static uint32_t scratch(const nnq_shape *shape) {
    (void)shape;
    return 9 * 4 * 14 * 4;
}

static const uint8_t *record(const uint8_t *constants, int32_t channel) {
    return constants + LAYER + CHANNEL * (uint32_t)channel;
}

static int32_t weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap) {
    static const uint8_t byte_of_row[3] = {1, 0, 2};
    (void)shape;
    return (int8_t)record(constants, channel)[WEIGHTS + 4 * (tap % 3) + byte_of_row[tap / 3]];
}

/* `half` and `shift` of a file that is not yet checked: any. */
static void load(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded) {
    const uint8_t *at = record(constants, channel);
    const uint32_t half = nnq_load_u32(constants);
    (void)shape;
    loaded->scale.shift = at[0];
    loaded->bias = (nnq_load_i32(at) - at[0]) / 256;
    loaded->scale.multiplier = nnq_load_i32(at + 4);
    loaded->scale.addend = (int32_t)((half << ((at[0] - 1u) & 31)) + nnq_load_u32(constants + 4));
}

static int32_t valid(const nnq_shape *shape, const uint8_t *constants) {
    const int32_t half = nnq_load_i32(constants);
    const int32_t extra = nnq_load_i32(constants + 4);
    for (int32_t c = 0; c < shape->in_channels; c++) {
        const uint8_t *at = record(constants, c);
        for (int32_t column = 0; column < 3; column++) {
            if (at[WEIGHTS + 4 * column] != at[WEIGHTS + 4 * column + 3]) {
                return 0;
            }
        }
    }
    return half >= -255 && half <= 255 && (extra == 0 || extra == EXTRA);
}

/* The channel's `half`, or 0, which is none, where its addend has not the form. */
static int32_t half_of(const nnq_high_scale *scale, int32_t extra) {
    const int32_t half = (scale->addend - extra) >> (scale->shift - 1);
    const int32_t exact = (int64_t)half * ((int64_t)1 << (scale->shift - 1)) == scale->addend - extra;
    return exact && half % 2 != 0 && half >= -255 && half <= 255 ? half : 0;
}

static int32_t find_layer(const nnq_shape *shape, const nnq_channel *channels, int32_t extra) {
    const int32_t half = half_of(&channels[0].scale, extra);
    for (int32_t c = 1; c < shape->in_channels; c++) {
        if (half_of(&channels[c].scale, extra) != half) {
            return 0;
        }
    }
    return half;
}

int32_t nnq_pack_depthwise3x3_dsp(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                                  uint8_t *constants) {
    const int32_t count = shape->in_channels;
    int32_t extra = 0;
    int32_t half = find_layer(shape, channels, extra);
    if (half == 0) {
        extra = EXTRA;
        half = find_layer(shape, channels, extra);
    }
    if (half == 0) {
        return 0;
    }
    nnq_store_i32(constants, half);
    nnq_store_i32(constants + 4, extra);
    for (int32_t c = 0; c < count; c++) {
        uint8_t *at = constants + LAYER + CHANNEL * (uint32_t)c;
        nnq_store_i32(at, channels[c].bias * 256 + channels[c].scale.shift);
        nnq_store_i32(at + 4, channels[c].scale.multiplier);
        for (int32_t column = 0; column < 3; column++) {
            uint8_t *four = at + WEIGHTS + 4 * column;
            four[1] = (uint8_t)filter[column * count + c];
            four[0] = four[3] = (uint8_t)filter[(3 + column) * count + c];
            four[2] = (uint8_t)filter[(6 + column) * count + c];
        }
    }
    return 1;
}

int32_t nnq_pack_depthwise3x3_away_dsp(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                                       uint8_t *constants) {
    return nnq_pack_depthwise3x3_dsp(shape, filter, channels, constants);
}

NNQ_DEFINE_PACKED(depthwise3x3_dsp, DEPTHWISE_CONV2D, DSP, size, scratch, weight, load, valid);
NNQ_DEFINE_PACKED(depthwise3x3_away_dsp, DEPTHWISE_CONV2D, DSP, size_away, scratch, weight, load, valid);
