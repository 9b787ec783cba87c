/* SPDX-License-Identifier: Apache-2.0
 * The constants of dense for RV32: for each 16 outputs U8 weights + 128 [input][16], then for each four of the rest
 * [input][4], filled up with 128; then for each output I32 multiplier, I32 addend, I32 bias * 256 + shift.
 */
#include "../packed.h"
#include "dense_rv32.h"

static uint32_t size(const nnq_shape *shape) {
    return nnq_dense_rv32_weights(shape) + NNQ_DENSE_RV32_SCALE * (uint32_t)shape->out_channels;
}

static uint32_t scratch(const nnq_shape *shape) {
    (void)shape;
    return NNQ_DENSE_RV32_SUMS;
}

static uint32_t weight_place(const nnq_shape *shape, int32_t channel, int32_t tap) {
    const int32_t group = channel / NNQ_DENSE_RV32_GROUP * NNQ_DENSE_RV32_GROUP;
    const int32_t is_whole = group + NNQ_DENSE_RV32_GROUP <= shape->out_channels;
    const int32_t width = is_whole ? NNQ_DENSE_RV32_GROUP : NNQ_DENSE_RV32_FOUR;
    return (uint32_t)(channel / width * width * shape->in_channels + tap * width + channel % width);
}

static int32_t weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap) {
    return constants[weight_place(shape, channel, tap)] - 128;
}

static void load(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded) {
    const uint8_t *at = constants + nnq_dense_rv32_weights(shape) + NNQ_DENSE_RV32_SCALE * channel;
    loaded->scale.multiplier = nnq_load_i32(at);
    loaded->scale.addend = nnq_load_i32(at + 4);
    loaded->scale.shift = at[8];
    loaded->bias = nnq_load_i32(at + 8) >> 8;
}

int32_t nnq_pack_dense_rv32(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                            uint8_t *constants) {
    uint8_t *at = constants + nnq_dense_rv32_weights(shape);
    memset(constants, 128, nnq_dense_rv32_weights(shape));
    for (int32_t c = 0; c < shape->out_channels; c++) {
        for (int32_t tap = 0; tap < shape->in_channels; tap++) {
            constants[weight_place(shape, c, tap)] = (uint8_t)(*filter++ + 128);
        }
        nnq_store_i32(at, channels[c].scale.multiplier);
        nnq_store_i32(at + 4, channels[c].scale.addend);
        nnq_store_i32(at + 8, channels[c].bias * 256 + channels[c].scale.shift);
        at += NNQ_DENSE_RV32_SCALE;
    }
    return 1;
}

NNQ_DEFINE_PACKED(dense_rv32, DENSE, RV32, size, scratch, weight, load, NULL);
