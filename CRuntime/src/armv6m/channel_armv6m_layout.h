/* SPDX-License-Identifier: Apache-2.0
 * Records of channel_armv6m.h, as layouts write and read them.
 */
#ifndef NNQ_CHANNEL_ARMV6M_LAYOUT_H
#define NNQ_CHANNEL_ARMV6M_LAYOUT_H

#include "../packed.h"
#include "channel_armv6m.h"

/* Bytes of constants, a multiple of 4; or 0, that is none, where no file can have so many. */
static inline uint32_t nnq_size_armv6m(uint64_t bytes) {
    return bytes > INT32_MAX - 3 ? 0 : (uint32_t)(bytes + 3) / 4 * 4;
}

static inline void nnq_store_u16_armv6m(uint8_t *bytes, int32_t value) {
    bytes[0] = (uint8_t)value;
    bytes[1] = (uint8_t)(value >> 8);
}

/* The kind of a channel whose sums are at most `bound` in magnitude. */
static inline int32_t nnq_kind_armv6m(const nnq_shape *shape, const nnq_channel *channel, uint32_t bound) {
    const nnq_high_scale *scale = &channel->scale;
    return !shape->away && bound < 1u << 20 && scale->addend >> scale->shift == -128 ? NNQ_RELU : NNQ_ANY;
}

static inline void nnq_store_channel_armv6m(uint8_t *record, const nnq_channel *channel, int32_t kind) {
    const int32_t multiplier = channel->scale.multiplier;
    nnq_store_i32(record, channel->bias);
    nnq_store_i32(record + 4, channel->scale.addend);
    nnq_store_i32(record + 8, multiplier);
    record[12] = 0;
    if (kind == NNQ_RELU) {
        nnq_store_u16_armv6m(record + 8, multiplier & 0xFFF);
        nnq_store_u16_armv6m(record + 10, multiplier >> 12 & 0xFFF);
        record[12] = (uint8_t)(multiplier >> 24);
    }
    record[13] = (uint8_t)channel->scale.shift;
    record[14] = (uint8_t)kind;
    record[15] = 0;
}

static inline void nnq_load_channel_armv6m(const uint8_t *record, nnq_channel *channel) {
    channel->bias = nnq_load_i32(record);
    channel->scale.addend = nnq_load_i32(record + 4);
    channel->scale.multiplier = nnq_load_i32(record + 8);
    if (record[14] == NNQ_RELU) {
        channel->scale.multiplier =
            nnq_load_u16(record + 8) | nnq_load_u16(record + 10) << 12 | (record[12] & 0x7F) << 24;
    }
    channel->scale.shift = record[13];
}

/* Whether a record is what the packer writes for its channel. */
static inline int32_t nnq_valid_channel_armv6m(const nnq_shape *shape, const uint8_t *record, uint32_t bound) {
    nnq_channel channel;
    uint8_t expected[NNQ_RECORD_BYTES];
    int32_t is_valid = 1;
    nnq_load_channel_armv6m(record, &channel);
    nnq_store_channel_armv6m(expected, &channel, nnq_kind_armv6m(shape, &channel, bound));
    for (int32_t i = 0; i < NNQ_RECORD_BYTES; i++) {
        is_valid &= record[i] == expected[i];
    }
    return is_valid;
}

#endif
