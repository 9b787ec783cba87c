/* SPDX-License-Identifier: Apache-2.0
 * The wire form of parameters, read: one loop over the field lists that ops.def makes.
 */
#include "internal.h"

#define NNQ_OP(code, name, NAME, min_inputs, max_inputs, in_place) const nnq_field nnq_fields_##name[] = {
#define NNQ_FIELD(name, wire, field, min, max) {min, max, NNQ_WIRE_##wire},
#define NNQ_OP_END(name)                                                                                               \
    { 0, 0, NNQ_WIRE_END }                                                                                             \
    }                                                                                                                  \
    ;
#include "nnq/ops.def"

const nnq_field nnq_fields_packed[] = {
#define NNQ_PACKED_FIELD(wire, field, min, max) {min, max, NNQ_WIRE_##wire},
#include "nnq/kernels.def"
    {0, 0, NNQ_WIRE_END}};

uint32_t nnq_wire_size(int32_t wire) {
    return wire <= NNQ_WIRE_I8 ? 1 : wire <= NNQ_WIRE_I16 ? 2 : 4;
}

static int32_t load(const uint8_t *bytes, int32_t wire) {
    switch (wire) {
    case NNQ_WIRE_U8: return bytes[0];
    case NNQ_WIRE_I8: return nnq_load_i8(bytes);
    case NNQ_WIRE_U16: return nnq_load_u16(bytes);
    case NNQ_WIRE_I16: return (int16_t)nnq_load_u16(bytes);
    default: return nnq_load_i32(bytes);
    }
}

int32_t nnq_decode_fields(const nnq_field *fields, const uint8_t *bytes, size_t size, nnq_params *params,
                          uint32_t *at) {
    uint32_t used = 0;
    for (int32_t i = 0; fields[i].wire != NNQ_WIRE_END; i++) {
        const uint32_t length = nnq_wire_size(fields[i].wire);
        *at = used;
        if (size - used < length) {
            return NNQ_ERROR_TRUNCATED;
        }
        const int32_t value = load(bytes + used, fields[i].wire);
        if (value < fields[i].min || value > fields[i].max) {
            return fields[i].wire == NNQ_WIRE_DATA ? NNQ_ERROR_DATA : NNQ_ERROR_PARAMETER;
        }
        memcpy(nnq_field_in(params, i), &value, sizeof value);
        used += length;
    }
    return (int32_t)used;
}

void nnq_load_ends(nnq_call *call) {
    nnq_load_tensor(&call->out, call->model, call->output);
    call->in = call->out;
    if (call->input_count > 0) {
        nnq_load_input(&call->in, call, 0);
    }
}

uint32_t nnq_load_call(nnq_call *call, int32_t op, uint32_t record) {
    const uint8_t *bytes = call->model->file + record;
    const uint32_t head = NNQ_OP_HEAD_BYTES + 2u * bytes[1];
    uint32_t at;
    call->params.opcode = bytes[0];
    call->input_count = bytes[1];
    call->inputs = bytes + NNQ_OP_HEAD_BYTES;
    call->output = nnq_output_index(call->model, op);
    nnq_load_ends(call);
    const nnq_field *fields = nnq_call_op(call)->fields;
    const size_t rest = call->model->file_size - record - head;
    return record + head + (uint32_t)nnq_decode_fields(fields, bytes + head, rest, &call->params, &at);
}

uint32_t nnq_skip_records(const nnq_model *model, uint32_t record, int32_t count) {
    for (; count > 0; count--) {
        const uint8_t *bytes = model->file + record;
        const nnq_field *field = model->ops[bytes[0]]->fields;
        record += NNQ_OP_HEAD_BYTES + 2u * bytes[1];
        for (; field->wire != NNQ_WIRE_END; field++) {
            record += nnq_wire_size(field->wire);
        }
    }
    return record;
}
