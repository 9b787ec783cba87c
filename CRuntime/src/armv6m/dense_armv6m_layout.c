/* SPDX-License-Identifier: Apache-2.0
 * The constants of dense for Armv6-M: a record for each channel (channel_armv6m.h); then for each eight channels, and
 * in that for each input, their eight weights, each w + 128. Places without a channel hold 128.
 */
#include "channel_armv6m_layout.h"

static uint32_t lanes(const nnq_shape *shape) {
    return (shape->out_channels + 7u) / 8 * 8;
}

static uint32_t size(const nnq_shape *shape) {
    return nnq_size_armv6m((uint64_t)NNQ_RECORD_BYTES * shape->out_channels +
                           (uint64_t)lanes(shape) * shape->in_channels);
}

static uint32_t scratch(const nnq_shape *shape) {
    (void)shape;
    return 0;
}

/* Where the weight of an input has its place. */
static uint32_t place(const nnq_shape *shape, uint32_t lane, uint32_t tap) {
    return (uint32_t)NNQ_RECORD_BYTES * shape->out_channels + (lane / 8 * shape->in_channels + tap) * 8 + lane % 8;
}

static int32_t weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap) {
    return constants[place(shape, (uint32_t)channel, (uint32_t)tap)] - 128;
}

static void load(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded) {
    (void)shape;
    nnq_load_channel_armv6m(constants + NNQ_RECORD_BYTES * channel, loaded);
}

/* Records of kind NNQ_ANY only; nothing in places without a channel, where it would get into sums. */
static int32_t valid(const nnq_shape *shape, const uint8_t *constants) {
    int32_t is_valid = 1;
    for (int32_t c = 0; c < shape->out_channels; c++) {
        is_valid &= nnq_valid_channel_armv6m(shape, constants + NNQ_RECORD_BYTES * c, UINT32_MAX);
    }
    for (uint32_t lane = shape->out_channels; lane < lanes(shape); lane++) {
        for (uint32_t tap = 0; tap < shape->in_channels; tap++) {
            is_valid &= constants[place(shape, lane, tap)] == 128;
        }
    }
    return is_valid;
}

int32_t nnq_pack_dense_armv6m(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                              uint8_t *constants) {
    memset(constants, 128, size(shape));
    for (uint32_t c = 0; c < shape->out_channels; c++) {
        nnq_store_channel_armv6m(constants + NNQ_RECORD_BYTES * c, &channels[c], NNQ_ANY);
        for (uint32_t tap = 0; tap < shape->in_channels; tap++) {
            constants[place(shape, c, tap)] = (uint8_t)(filter[(size_t)c * shape->in_channels + tap] + 128);
        }
    }
    return 1;
}

NNQ_DEFINE_PACKED(dense_armv6m, DENSE, ARMV6M, size, scratch, weight, load, valid);
