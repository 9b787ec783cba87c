/* SPDX-License-Identifier: Apache-2.0
 * Any depthwise_conv2d for RV32: depthwise_rv32.h has its constants.
 */
#include "depthwise_rv32_layout.h"

static uint32_t scratch(const nnq_shape *shape) {
    (void)shape;
    return 0;
}

int32_t nnq_pack_depthwise_rv32(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                                uint8_t *constants) {
    return nnq_depthwise_rv32_pack(shape, filter, channels, constants);
}

NNQ_DEFINE_PACKED(depthwise_rv32, DEPTHWISE_CONV2D, RV32, nnq_depthwise_rv32_size, scratch, nnq_depthwise_rv32_weight,
                  nnq_depthwise_rv32_load, NULL);
