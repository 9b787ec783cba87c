/* SPDX-License-Identifier: Apache-2.0
 * For writers and inspectors of files: the wire form of parameters, written, and the names of ops and fields. A device
 * does not link this file.
 */
#include "internal.h"

#define NNQ_OP(code, name, NAME, min_inputs, max_inputs, in_place) static const char *const field_names_##name[] = {
#define NNQ_FIELD(name, wire, field, min, max) #field,
#define NNQ_OP_END(name)                                                                                               \
    NULL                                                                                                               \
    }                                                                                                                  \
    ;
#include "nnq/ops.def"

static const char *const field_names_packed[] = {
#define NNQ_PACKED_FIELD(wire, field, min, max) #field,
#include "nnq/kernels.def"
    NULL};

typedef struct description {
    const char *name;
    const char *const *field_names;
    const nnq_field *fields;
} description;

static const description descriptions[NNQ_OPCODE_LIMIT] = {
#define NNQ_OP(code, name, NAME, min_inputs, max_inputs, in_place)                                                     \
    [code] = {#name, field_names_##name, nnq_fields_##name},
#include "nnq/ops.def"
#define NNQ_PACKED(code, op, name, NAME, ISA) [code] = {#name, field_names_packed, nnq_fields_packed},
#include "nnq/kernels.def"
};

/* The op's description, or null. */
static const description *describe(int32_t opcode) {
    if (opcode < 0 || opcode >= NNQ_OPCODE_LIMIT || descriptions[opcode].name == NULL) {
        return NULL;
    }
    return &descriptions[opcode];
}

const char *nnq_op_name(int32_t opcode) {
    const description *op = describe(opcode);
    return op == NULL ? NULL : op->name;
}

const char *nnq_op_field_name(int32_t opcode, int32_t index) {
    const description *op = describe(opcode);
    if (op == NULL || index < 0) {
        return NULL;
    }
    for (int32_t i = 0; i < index; i++) {
        if (op->field_names[i] == NULL) {
            return NULL;
        }
    }
    return op->field_names[index];
}

int32_t nnq_decode_params(int32_t opcode, const uint8_t *bytes, size_t size, nnq_params *params) {
    const description *op = describe(opcode);
    uint32_t at;
    if (params == NULL || (bytes == NULL && size > 0)) {
        return NNQ_ERROR_ARGUMENT;
    }
    if (op == NULL) {
        return NNQ_ERROR_OPCODE;
    }
    params->opcode = opcode;
    return nnq_decode_fields(op->fields, bytes, size, params, &at);
}

int32_t nnq_encode_params(const nnq_params *params, uint8_t *bytes, size_t capacity) {
    if (params == NULL || (bytes == NULL && capacity > 0)) {
        return NNQ_ERROR_ARGUMENT;
    }
    const description *op = describe(params->opcode);
    if (op == NULL) {
        return NNQ_ERROR_OPCODE;
    }
    nnq_params copy = *params;
    size_t used = 0;
    for (int32_t i = 0; op->fields[i].wire != NNQ_WIRE_END; i++) {
        const nnq_field field = op->fields[i];
        int32_t value;
        memcpy(&value, nnq_field_in(&copy, i), sizeof value);
        if (value < field.min || value > field.max) {
            return NNQ_ERROR_PARAMETER;
        }
        for (uint32_t byte = 0; byte < nnq_wire_size(field.wire); byte++) {
            if (used == capacity) {
                return NNQ_ERROR_TRUNCATED;
            }
            bytes[used++] = (uint8_t)((uint32_t)value >> 8 * byte);
        }
    }
    return (int32_t)used;
}
