/* SPDX-License-Identifier: Apache-2.0
 * Little-endian loads and stores of a file's fields, on hosts of either byte order. Where unaligned loads exist,
 * compilers make one instruction of each.
 */
#ifndef NNQ_BYTES_H
#define NNQ_BYTES_H

#include "nnq/nnq.h"

static inline int32_t nnq_load_u16(const uint8_t *bytes) {
    return (int32_t)bytes[0] | (int32_t)bytes[1] << 8;
}

static inline uint32_t nnq_load_u32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static inline int32_t nnq_load_i32(const uint8_t *bytes) {
    return (int32_t)nnq_load_u32(bytes);
}

static inline int32_t nnq_load_i8(const uint8_t *bytes) {
    return (int8_t)bytes[0];
}

static inline void nnq_store_i32(uint8_t *bytes, int32_t value) {
    for (int32_t i = 0; i < 4; i++) {
        bytes[i] = (uint8_t)((uint32_t)value >> (8 * i));
    }
}

#endif
