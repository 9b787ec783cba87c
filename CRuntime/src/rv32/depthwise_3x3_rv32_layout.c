/* SPDX-License-Identifier: Apache-2.0
 * depthwise_conv2d for RV32 with windows of 3x3, of stride 1 over a map that keeps its size, or of stride 2 with at
 * most one pixel of padding on each side; depthwise_rv32.h has its constants.
 */
#include "depthwise_3x3_rv32.h"
#include "depthwise_rv32_layout.h"

static int32_t fits(const nnq_shape *shape) {
    const int32_t bottom = 2 * shape->out_height + 1 - shape->pad_top - shape->in_height;
    const int32_t right = 2 * shape->out_width + 1 - shape->pad_left - shape->in_width;
    if (shape->kernel_height != 3 || shape->kernel_width != 3 || shape->stride_height != shape->stride_width ||
        shape->pad_top > 1 || shape->pad_left > 1 || shape->away) {
        return 0;
    }
    return shape->stride_width == 1
               ? shape->pad_top + shape->pad_left == 2 && shape->out_height == shape->in_height &&
                     shape->out_width == shape->in_width && shape->in_height > 1 && shape->in_width > 1
               : shape->stride_width == 2 && bottom <= 1 && right <= 1 && shape->in_width + shape->pad_left >= 3;
}

static uint32_t size(const nnq_shape *shape) {
    return fits(shape) ? nnq_depthwise_rv32_size(shape) : 0;
}

/* Variables, and a row of zero points. */
static uint32_t scratch(const nnq_shape *shape) {
    return NNQ_DEPTHWISE_3X3_RV32_WORK + (uint32_t)shape->in_width * shape->in_channels;
}

int32_t nnq_pack_depthwise_3x3_rv32(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                                    uint8_t *constants) {
    return nnq_depthwise_rv32_pack(shape, filter, channels, constants);
}

NNQ_DEFINE_PACKED(depthwise_3x3_rv32, DEPTHWISE_CONV2D, RV32, size, scratch, nnq_depthwise_rv32_weight,
                  nnq_depthwise_rv32_load, NULL);
