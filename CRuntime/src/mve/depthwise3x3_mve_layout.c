/* SPDX-License-Identifier: Apache-2.0
 * The constants of depthwise_conv2d with 3x3 windows and strides of 1 for Helium: a first word (scales_layout.h), then
 * for each channel
 *
 *     I32 bias, multiplier, U8 shift (turned for vrshl), U8 0[7]
 *     I8 weights[3 positions][4]      of three lines, and a 0
 *     U8 0[4]
 *
 * so that loads at the weights and 1, 4 and 5 bytes before find them moved by a line, a position and both, among zeros.
 * Only scales that vrshl can do (requant.h) have this form.
 */
#include "patches.h"
#include "scales_layout.h"

enum { CHANNEL = 32, SHIFT = 8, WEIGHTS = 16 };

/* Places of outputs in a tile have 16 bits. */
static uint32_t size(const nnq_shape *shape) {
    nnq_patches patches;
    if (shape->kernel_height != 3 || shape->kernel_width != 3 || shape->stride_height != 1 ||
        shape->stride_width != 1 || shape->away || (uint32_t)shape->out_width * shape->out_channels > UINT16_MAX) {
        return 0;
    }
    nnq_mve_open_patches(shape, &patches);
    return patches.lines.out_step + 3 * patches.positions.out_step <= UINT16_MAX
               ? NNQ_MVE_HEAD + (uint32_t)shape->out_channels * CHANNEL
               : 0;
}

static uint32_t scratch(const nnq_shape *shape) {
    nnq_patches patches;
    nnq_mve_open_patches(shape, &patches);
    return NNQ_PATCHES_JOB + (uint32_t)(patches.strips * patches.strip_bytes) + NNQ_PATCHES_PAST;
}

static const uint8_t *channel_at(const uint8_t *constants, int32_t channel) {
    return constants + NNQ_MVE_HEAD + (size_t)channel * CHANNEL;
}

static size_t place_of(const nnq_shape *shape, int32_t tap) {
    const int32_t row = tap / 3;
    const int32_t column = tap % 3;
    nnq_patches patches;
    nnq_mve_open_patches(shape, &patches);
    return WEIGHTS + (size_t)(patches.lines_are_columns ? row * 4 + column : column * 4 + row);
}

static int32_t weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap) {
    return (int8_t)channel_at(constants, channel)[place_of(shape, tap)];
}

static void load(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded) {
    const uint8_t *at = channel_at(constants, channel);
    const int32_t shift = nnq_mve_turn_shift(constants, nnq_load_i8(at + SHIFT));
    const int64_t unit = (int64_t)1 << (shift < 1 || shift > 31 ? 31 : shift);
    const int64_t addend = nnq_load_i8(constants + 1) * unit + unit / 2 + (constants[0] == NNQ_MVE_TWICE ? 64 : 0);
    (void)shape;
    loaded->bias = nnq_load_i32(at);
    loaded->scale.multiplier = nnq_load_i32(at + 4);
    loaded->scale.shift = shift;
    loaded->scale.addend = (int32_t)(addend > INT32_MAX ? INT32_MAX : addend < -INT32_MAX ? -INT32_MAX : addend);
}

/* Zeros where no weight is, and a way of requantizing that the kernel has. */
static int32_t valid(const nnq_shape *shape, const uint8_t *constants) {
    static const uint8_t gaps[] = {9, 10, 11, 12, 13, 14, 15, 19, 23, 27, 28, 29, 30, 31};
    for (int32_t channel = 0; channel < shape->out_channels; channel++) {
        for (size_t i = 0; i < sizeof gaps; i++) {
            if (channel_at(constants, channel)[gaps[i]] != 0) {
                return 0;
            }
        }
    }
    return constants[0] <= NNQ_MVE_TWICE && nnq_mve_way_holds(shape, constants, load);
}

int32_t nnq_pack_depthwise3x3_mve(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                                          uint8_t *constants) {
    memset(constants, 0, size(shape));
    if (nnq_mve_store_head(shape, channels, constants) > NNQ_MVE_TWICE) {
        return 0;
    }
    for (int32_t channel = 0; channel < shape->out_channels; channel++) {
        const nnq_channel *from = &channels[channel];
        uint8_t *at = constants + (channel_at(constants, channel) - constants);
        nnq_store_i32(at, from->bias);
        nnq_store_i32(at + 4, from->scale.multiplier);
        at[SHIFT] = (uint8_t)nnq_mve_turn_shift(constants, from->scale.shift);
        for (int32_t tap = 0; tap < 9; tap++) {
            at[place_of(shape, tap)] = (uint8_t)filter[tap * shape->out_channels + channel];
        }
    }
    return 1;
}

NNQ_DEFINE_PACKED(depthwise3x3_mve, DEPTHWISE_CONV2D, MVE, size, scratch, weight, load, valid);
