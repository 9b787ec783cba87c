/* SPDX-License-Identifier: Apache-2.0
 * The constants of conv2d for Armv6-M where the window is the whole map: those of dense, whose weights have the same
 * order.
 */
#include "../packed.h"
#include "conv2d_whole_armv6m.h"

static uint32_t size(const nnq_shape *shape) {
    const nnq_shape dense = nnq_whole_shape(shape);
    const int32_t is_whole = shape->kernel_height == shape->in_height && shape->kernel_width == shape->in_width &&
                             shape->out_height == 1 && shape->out_width == 1 && shape->pad_top == 0 &&
                             shape->pad_left == 0 && nnq_shape_taps(shape, NNQ_OP_CONV2D) == dense.in_channels;
    return is_whole ? nnq_packed_dense_armv6m.size(&dense) : 0;
}

static uint32_t scratch(const nnq_shape *shape) {
    (void)shape;
    return 0;
}

static int32_t weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap) {
    const nnq_shape dense = nnq_whole_shape(shape);
    return nnq_packed_dense_armv6m.weight(&dense, constants, channel, tap);
}

static void load(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded) {
    nnq_packed_dense_armv6m.channel(shape, constants, channel, loaded);
}

static int32_t valid(const nnq_shape *shape, const uint8_t *constants) {
    const nnq_shape dense = nnq_whole_shape(shape);
    return nnq_packed_dense_armv6m.valid(&dense, constants);
}

int32_t nnq_pack_conv2d_whole_armv6m(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                                     uint8_t *constants) {
    const nnq_shape dense = nnq_whole_shape(shape);
    return nnq_pack_dense_armv6m(&dense, filter, channels, constants);
}

NNQ_DEFINE_PACKED(conv2d_whole_armv6m, CONV2D, ARMV6M, size, scratch, weight, load, valid);
