/* SPDX-License-Identifier: Apache-2.0
 * What the layouts of depthwise_conv2d for RV32 share: reading and writing the constants of depthwise_rv32.h.
 */
#ifndef NNQ_DEPTHWISE_RV32_LAYOUT_H
#define NNQ_DEPTHWISE_RV32_LAYOUT_H

#include "../packed.h"
#include "depthwise_rv32.h"

static inline uint32_t nnq_depthwise_rv32_size(const nnq_shape *shape) {
    return nnq_depthwise_rv32_bytes(shape) * shape->out_channels;
}

static inline int32_t nnq_depthwise_rv32_weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel,
                                                int32_t tap) {
    return (int8_t)constants[(uint32_t)channel * nnq_depthwise_rv32_bytes(shape) + NNQ_DEPTHWISE_RV32_HEAD +
                             (uint32_t)tap];
}

static inline void nnq_depthwise_rv32_load(const nnq_shape *shape, const uint8_t *constants, int32_t channel,
                                           nnq_channel *loaded) {
    const uint8_t *at = constants + (uint32_t)channel * nnq_depthwise_rv32_bytes(shape);
    loaded->scale.multiplier = nnq_load_i32(at);
    loaded->scale.addend = nnq_load_i32(at + 4);
    loaded->scale.shift = at[8];
    loaded->bias = nnq_load_i32(at + 8) >> 8;
}

static inline int32_t nnq_depthwise_rv32_pack(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                                              uint8_t *constants) {
    const int32_t taps = shape->kernel_height * shape->kernel_width;
    memset(constants, 0, nnq_depthwise_rv32_size(shape));
    for (int32_t c = 0; c < shape->out_channels; c++) {
        nnq_store_i32(constants, channels[c].scale.multiplier);
        nnq_store_i32(constants + 4, channels[c].scale.addend);
        nnq_store_i32(constants + 8, channels[c].bias * 256 + channels[c].scale.shift);
        for (int32_t tap = 0; tap < taps; tap++) {
            constants[NNQ_DEPTHWISE_RV32_HEAD + tap] = (uint8_t)filter[tap * shape->out_channels + c];
        }
        constants += nnq_depthwise_rv32_bytes(shape);
    }
    return 1;
}

#endif
