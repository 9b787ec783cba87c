/* SPDX-License-Identifier: Apache-2.0
 * The constants of conv2d for Helium: a first word (scales_layout.h), then for each 8 output channels, the last ones
 * filled up, a block: its even channels, its odd channels, and what scales them.
 *
 *     I32 bias[4], the same again, I8 weights[chunk][4][16]     of channels 0, 2, 4, 6
 *     the same of channels 1, 3, 5, 7
 *     I32 multiplier[8], shift[8]                               even channels, odd channels; shifts turned for vrshl
 *
 * and behind the last block I32 addend[8] for each block, which only the long way of requantizing reads.
 */
#include "scales_layout.h"
#include "windows.h"

enum { BIAS = 32, SCALES = 64, ADDENDS = 32 };

static uint32_t half_bytes(const nnq_windows *windows) {
    return BIAS + windows->chunks * 64;
}

static uint32_t block_bytes(const nnq_windows *windows) {
    return 2 * half_bytes(windows) + SCALES;
}

static uint32_t blocks_of(const nnq_shape *shape) {
    return (shape->out_channels + 7u) / 8;
}

/* Constants, or scratch where `scratch` says so; 0 where they take a GB: no layer of a microcontroller's does, and the
 * kernel counts in 32 bits. */
static uint32_t bytes_of(const nnq_shape *shape, int32_t scratch) {
    const uint64_t row = (uint64_t)nnq_padded_width(shape) * shape->in_channels;
    const uint64_t rows = shape->stride_height + 2u * shape->kernel_height;
    nnq_windows windows;
    if (row * rows > 1u << 30) {
        return 0;
    }
    nnq_mve_open_windows(shape, &windows);
    const uint64_t constants =
        NNQ_MVE_HEAD + blocks_of(shape) * (2 * (BIAS + 64 * (uint64_t)windows.chunks) + SCALES + ADDENDS);
    const uint32_t copied = windows.by == NNQ_BY_PLANES ? 0 : windows.chunks * 32;
    const uint32_t padded = windows.reads_input ? 0 : windows.pitch * windows.rows;
    return constants > 1u << 30 ? 0 : scratch ? NNQ_CONV2D_MVE_JOB + copied + padded : (uint32_t)constants;
}

static uint32_t size(const nnq_shape *shape) {
    return bytes_of(shape, 0);
}

static uint32_t scratch(const nnq_shape *shape) {
    return bytes_of(shape, 1);
}

/* Where in the order of the kernel's windows weight `tap` of the filter lies. */
static uint32_t place_of(const nnq_shape *shape, const nnq_windows *windows, uint32_t tap) {
    const uint32_t depth = shape->in_channels;
    const uint32_t row = shape->kernel_width * depth;
    const uint32_t y = tap / row;
    const uint32_t x = tap % row / depth;
    const uint32_t channel = tap % depth;
    switch (windows->by) {
    case NNQ_BY_STRIP:
        return x * windows->column + y * depth + channel;
    case NNQ_BY_PLANES:
        return ((y * (depth / 16) + channel / 16) * 3 + x) * 16 + channel % 16;
    default:
        return y * (windows->chunks / windows->runs) * 16 + tap % row;
    }
}

static uint32_t bias_at(const nnq_windows *windows, int32_t channel) {
    return NNQ_MVE_HEAD + (uint32_t)channel / 8 * block_bytes(windows) + (uint32_t)channel % 2 * half_bytes(windows) +
           (uint32_t)channel % 8 / 2 * 4;
}

static uint32_t weight_at(const nnq_shape *shape, const nnq_windows *windows, int32_t channel, int32_t tap) {
    const uint32_t place = place_of(shape, windows, (uint32_t)tap);
    return bias_at(windows, channel) + BIAS + place / 16 * 64 + (uint32_t)channel % 8 / 2 * 12 + place % 16;
}

static uint32_t scale_at(int32_t channel) {
    return (uint32_t)channel % 2 * 16 + (uint32_t)channel % 8 / 2 * 4;
}

static uint32_t scales_at(const nnq_windows *windows, int32_t channel) {
    return NNQ_MVE_HEAD + (uint32_t)channel / 8 * block_bytes(windows) + 2 * half_bytes(windows) + scale_at(channel);
}

static uint32_t addend_at(const nnq_shape *shape, const nnq_windows *windows, int32_t channel) {
    return NNQ_MVE_HEAD + blocks_of(shape) * block_bytes(windows) + (uint32_t)channel / 8 * ADDENDS +
           scale_at(channel);
}

static int32_t weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap) {
    nnq_windows windows;
    nnq_mve_open_windows(shape, &windows);
    return (int8_t)constants[weight_at(shape, &windows, channel, tap)];
}

static void load(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded) {
    nnq_windows windows;
    nnq_mve_open_windows(shape, &windows);
    const uint8_t *scales = constants + scales_at(&windows, channel);
    loaded->bias = nnq_load_i32(constants + bias_at(&windows, channel));
    loaded->scale.multiplier = nnq_load_i32(scales);
    loaded->scale.shift = nnq_mve_turn_shift(constants, nnq_load_i32(scales + 32));
    loaded->scale.addend = nnq_load_i32(constants + addend_at(shape, &windows, channel));
}

/* Both copies of each bias are the same, and the way of requantizing gives what the scales say. */
static int32_t valid(const nnq_shape *shape, const uint8_t *constants) {
    nnq_windows windows;
    nnq_mve_open_windows(shape, &windows);
    for (int32_t channel = 0; channel < shape->out_channels; channel++) {
        const uint8_t *bias = constants + bias_at(&windows, channel);
        if (nnq_load_i32(bias) != nnq_load_i32(bias + 16)) {
            return 0;
        }
    }
    return nnq_mve_way_holds(shape, constants, load);
}

int32_t nnq_pack_conv2d_mve(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                            uint8_t *constants) {
    const int32_t taps = (int32_t)nnq_shape_taps(shape, NNQ_OP_CONV2D);
    nnq_windows windows;
    nnq_mve_open_windows(shape, &windows);
    memset(constants, 0, size(shape));
    nnq_mve_store_head(shape, channels, constants);
    for (int32_t channel = 0; channel < shape->out_channels; channel++) {
        const nnq_channel *from = &channels[channel];
        uint8_t *scales = constants + scales_at(&windows, channel);
        nnq_store_i32(constants + bias_at(&windows, channel), from->bias);
        nnq_store_i32(constants + bias_at(&windows, channel) + 16, from->bias);
        nnq_store_i32(scales, from->scale.multiplier);
        nnq_store_i32(scales + 32, nnq_mve_turn_shift(constants, from->scale.shift));
        nnq_store_i32(constants + addend_at(shape, &windows, channel), from->scale.addend);
        for (int32_t tap = 0; tap < taps; tap++) {
            constants[weight_at(shape, &windows, channel, tap)] = (uint8_t)*filter++;
        }
    }
    return 1;
}

NNQ_DEFINE_PACKED(conv2d_mve, CONV2D, MVE, size, scratch, weight, load, valid);
