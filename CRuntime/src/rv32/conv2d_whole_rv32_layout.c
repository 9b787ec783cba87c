/* SPDX-License-Identifier: Apache-2.0
 * conv2d for RV32 whose window is its whole input, without padding: a dense op, with its constants
 * (dense_rv32_layout.c), the taps of the window being the input in the order of memory.
 */
#include "../packed.h"
#include "conv2d_whole_rv32.h"

static uint32_t size(const nnq_shape *shape) {
    const nnq_shape dense = nnq_conv2d_whole_rv32_shape(shape);
    const int32_t is_whole = shape->out_height == 1 && shape->out_width == 1 && shape->pad_top == 0 &&
                             shape->pad_left == 0 && shape->kernel_height == shape->in_height &&
                             shape->kernel_width == shape->in_width;
    const uint64_t taps = (uint64_t)shape->in_height * shape->in_width * shape->in_channels;
    return is_whole && taps <= UINT16_MAX ? nnq_packed_dense_rv32.size(&dense) : 0;
}

static uint32_t scratch(const nnq_shape *shape) {
    const nnq_shape dense = nnq_conv2d_whole_rv32_shape(shape);
    return nnq_packed_dense_rv32.scratch(&dense);
}

static int32_t weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap) {
    const nnq_shape dense = nnq_conv2d_whole_rv32_shape(shape);
    return nnq_packed_dense_rv32.weight(&dense, constants, channel, tap);
}

static void load(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded) {
    const nnq_shape dense = nnq_conv2d_whole_rv32_shape(shape);
    nnq_packed_dense_rv32.channel(&dense, constants, channel, loaded);
}

int32_t nnq_pack_conv2d_whole_rv32(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                                   uint8_t *constants) {
    const nnq_shape dense = nnq_conv2d_whole_rv32_shape(shape);
    return nnq_pack_dense_rv32(&dense, filter, channels, constants);
}

NNQ_DEFINE_PACKED(conv2d_whole_rv32, CONV2D, RV32, size, scratch, weight, load, NULL);
