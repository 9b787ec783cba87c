/* SPDX-License-Identifier: Apache-2.0
 * Op codes and parameter structures, made from ops.def and kernels.def.
 */
#ifndef NNQ_OP_LIST_H
#define NNQ_OP_LIST_H

#include <stdint.h>

#if defined(__clang__)
#define NNQ_CLOSED_ENUM __attribute__((enum_extensibility(closed)))
#else
#define NNQ_CLOSED_ENUM
#endif

/* The op codes. Functions pass them as int32_t, since compilers disagree about the size of an enum. */
enum NNQ_CLOSED_ENUM nnq_opcode {
#define NNQ_OP(code, name, NAME, min_inputs, max_inputs, in_place) NNQ_OP_##NAME = code,
#include "nnq/ops.def"
};

/* The codes of packed ops. */
enum {
    NNQ_PACKED_CODES = 0
#define NNQ_PACKED(code, op, name, NAME, ISA) , NNQ_PACKED_##NAME = code
#include "nnq/kernels.def"
};

/* One past the largest op code of ops.def, and of all. */
union nnq_unpacked_opcode_sizes {
#define NNQ_OP(code, name, NAME, min_inputs, max_inputs, in_place) char name[code];
#include "nnq/ops.def"
};
union nnq_opcode_sizes {
    union nnq_unpacked_opcode_sizes unpacked;
#define NNQ_PACKED(code, op, name, NAME, ISA) char name[code];
#include "nnq/kernels.def"
};
enum {
    NNQ_UNPACKED_OPCODE_LIMIT = 1 + sizeof(union nnq_unpacked_opcode_sizes),
    NNQ_OPCODE_LIMIT = 1 + sizeof(union nnq_opcode_sizes)
};

/* Parameters of each op, `nnq_<op>_params`: the op code, then every field of ops.def as int32_t. */
#define NNQ_OP(code, name, NAME, min_inputs, max_inputs, in_place)                                                     \
    typedef struct nnq_##name##_params {                                                                               \
        int32_t opcode;
#define NNQ_FIELD(name, wire, field, min, max) int32_t field;
#define NNQ_OP_END(name)                                                                                               \
    }                                                                                                                  \
    nnq_##name##_params;
#include "nnq/ops.def"

/* Parameters of every packed op. */
typedef struct nnq_packed_params {
    int32_t opcode;
#define NNQ_PACKED_FIELD(wire, field, min, max) int32_t field;
#include "nnq/kernels.def"
} nnq_packed_params;

/* Room for the parameters of any op. */
typedef union nnq_params {
    int32_t opcode;
#define NNQ_OP(code, name, NAME, min_inputs, max_inputs, in_place) nnq_##name##_params name;
#include "nnq/ops.def"
    nnq_packed_params packed;
} nnq_params;

#endif
