/* SPDX-License-Identifier: Apache-2.0
 * The verifier's passes over tensors, outputs, stages and op records.
 */
#include "verify.h"

/* Bytes of a tensor's record that can be wrong. */
enum { ZERO_POINT = 6, TYPE = 7, OFFSET = 8, SCALE = 12 };

static int32_t fail_tensor(nnq_check *check, int32_t tensor, uint32_t field) {
    return nnq_fail(check, NNQ_ERROR_TENSOR, nnq_tensor_record(tensor) + field);
}

static int32_t fail_rows(nnq_check *check, int32_t tensor) {
    return nnq_fail(check, NNQ_ERROR_TENSOR, nnq_rows_record(check->call.model, tensor));
}

static int32_t verify_tensor(nnq_check *check, int32_t index) {
    const uint8_t *record = check->call.model->file + nnq_tensor_record(index);
    nnq_tensor tensor;
    nnq_load_tensor(&tensor, check->call.model, index);
    const uint32_t scale = nnq_load_u32(record + SCALE);
    if (tensor.type > NNQ_INT32) {
        return fail_tensor(check, index, TYPE);
    }
    /* In 64 bits: extents that are refused below can exceed 32. */
    const uint64_t row_bytes = ((uint64_t)tensor.width * tensor.channels) << tensor.type;
    if (tensor.height < 1 || row_bytes < 1 || row_bytes * tensor.height > INT32_MAX) {
        return fail_tensor(check, index, 0);
    }
    if (tensor.type != NNQ_INT8 && tensor.zero_point != 0) {
        return fail_tensor(check, index, ZERO_POINT);
    }
    if (tensor.rows_held < 1 || tensor.rows_held > tensor.height ||
        (index < check->call.model->input_count && nnq_is_ring(&tensor))) {
        return fail_rows(check, index);
    }
    if (tensor.offset % 4 != 0 ||
        tensor.offset + row_bytes * tensor.rows_held > check->call.model->arena_size) {
        return fail_tensor(check, index, OFFSET);
    }
    /* Sign 0, exponent neither all zeros nor all ones. */
    if (scale < 0x00800000u || scale > 0x7f7fffffu) {
        return fail_tensor(check, index, SCALE);
    }
    return NNQ_OK;
}

/* The first multiple of NNQ_ALIGNMENT behind a tensor. */
static uint32_t end_of(const nnq_model *model, int32_t index) {
    nnq_tensor tensor;
    nnq_load_tensor(&tensor, model, index);
    const uint32_t end = tensor.offset + nnq_row_bytes(&tensor) * tensor.rows_held;
    return (end + NNQ_ALIGNMENT - 1) / NNQ_ALIGNMENT * NNQ_ALIGNMENT;
}

int32_t nnq_verify_tensors(nnq_check *check, nnq_model *model) {
    model->scratch = 0;
    for (int32_t i = 0; i < model->tensor_count; i++) {
        const int32_t error = verify_tensor(check, i);
        if (error != NNQ_OK) {
            return error;
        }
        const uint32_t end = end_of(model, i);
        model->scratch = end > model->scratch ? end : model->scratch;
    }
    for (uint32_t i = 0; i < model->output_count; i++) {
        const int32_t index = nnq_load_u16(model->file + model->outputs + 2 * i);
        if (index >= model->tensor_count) {
            return nnq_fail(check, NNQ_ERROR_HEADER, model->outputs + 2 * i);
        }
        nnq_tensor tensor;
        nnq_load_tensor(&tensor, model, index);
        if (nnq_is_ring(&tensor)) {
            return fail_rows(check, index);
        }
    }
    return NNQ_OK;
}

int32_t nnq_verify_stages(nnq_check *check) {
    const nnq_model *model = check->call.model;
    int32_t left = model->op_count;
    if (model->stages == 0) {
        return NNQ_OK;
    }
    for (uint32_t i = 0; i < model->stage_count; i++) {
        const uint32_t at = model->stages + i * NNQ_STAGE_BYTES;
        const int32_t count = nnq_load_u16(model->file + at);
        if (count < 1 || count > NNQ_STAGE_OPS || count > left) {
            return nnq_fail(check, NNQ_ERROR_STAGE, at);
        }
        if (nnq_load_u16(model->file + at + 2) < 1) {
            return nnq_fail(check, NNQ_ERROR_STAGE, at + 2);
        }
        if (nnq_load_u16(model->file + at + 4) != 0) {
            return nnq_fail(check, NNQ_ERROR_STAGE, at + 4);
        }
        left -= count;
    }
    return left == 0 ? NNQ_OK : nnq_fail(check, NNQ_ERROR_STAGE, model->stages);
}

/* Op code, inputs and the range of each parameter; fills in the call. Returns the length of the record, or an error. */
static int32_t verify_record(nnq_check *check) {
    nnq_call *call = &check->call;
    const uint8_t *bytes = call->model->file + check->record;
    const uint32_t room = check->ops_end - check->record;
    uint32_t at;
    if (room < NNQ_OP_HEAD_BYTES) {
        return nnq_fail(check, NNQ_ERROR_HEADER, check->record);
    }
    if (bytes[0] >= NNQ_OPCODE_LIMIT || call->model->ops[bytes[0]] == NULL) {
        return nnq_fail(check, NNQ_ERROR_OPCODE, check->record);
    }
    call->params.opcode = bytes[0];
    call->input_count = bytes[1];
    call->inputs = bytes + NNQ_OP_HEAD_BYTES;
    const nnq_op *op = nnq_call_op(call);
    const uint32_t head = NNQ_OP_HEAD_BYTES + 2u * bytes[1];
    if (bytes[1] < op->min_inputs || bytes[1] > op->max_inputs) {
        return nnq_fail(check, NNQ_ERROR_INPUT, check->record + 1);
    }
    if (room < head) {
        return nnq_fail(check, NNQ_ERROR_HEADER, check->record);
    }
    for (uint32_t i = NNQ_OP_HEAD_BYTES; i < head; i += 2) {
        if (nnq_load_u16(bytes + i) >= call->output) {
            return nnq_fail(check, NNQ_ERROR_INPUT, check->record + i);
        }
    }
    nnq_load_ends(call);
    const int32_t length = nnq_decode_fields(op->fields, bytes + head, room - head, &call->params, &at);
    if (length < 0) {
        const int32_t error = length == NNQ_ERROR_TRUNCATED ? NNQ_ERROR_HEADER : length;
        return nnq_fail(check, error, check->record + head + at);
    }
    return (int32_t)head + length;
}

/* Tensors are int8, except those of an op that looks at their types itself. */
static int32_t verify_types(nnq_check *check) {
    const nnq_call *call = &check->call;
    if (nnq_call_op(call)->typed) {
        return NNQ_OK;
    }
    for (int32_t i = 0; i < call->input_count; i++) {
        nnq_tensor input;
        nnq_load_input(&input, call, i);
        if (input.type != NNQ_INT8) {
            return nnq_fail(check, NNQ_ERROR_TYPE, check->record + NNQ_OP_HEAD_BYTES + 2u * (uint32_t)i);
        }
    }
    return call->out.type == NNQ_INT8 ? NNQ_OK : nnq_fail_type(check);
}

int32_t nnq_verify_ops(nnq_check *check) {
    const nnq_model *model = check->call.model;
    check->record = model->op_records;
    for (int32_t i = 0; i < model->op_count; i++) {
        check->at.op = i;
        check->call.output = nnq_output_index(model, i);
        const int32_t length = verify_record(check);
        if (length < 0) {
            return length;
        }
        int32_t error = verify_types(check);
        if (error == NNQ_OK) {
            error = nnq_call_op(&check->call)->check(check);
        }
        if (error != NNQ_OK) {
            return error;
        }
        check->record += (uint32_t)length;
    }
    check->at.op = -1;
    return check->record == check->ops_end ? NNQ_OK : nnq_fail(check, NNQ_ERROR_HEADER, check->record);
}
