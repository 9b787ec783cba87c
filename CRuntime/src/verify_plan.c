/* SPDX-License-Identifier: Apache-2.0
 * The verifier's pass over the memory plan (SPEC.md, section 3): no tensor is overwritten before its last reader.
 */
#include "verify.h"

static uint32_t bytes_held(const nnq_tensor *tensor) {
    return nnq_row_bytes(tensor) * tensor->rows_held;
}

/* Whether tensor `index` and any of the tensors first .. end - 1 share a byte; returns the first such tensor, or -1. */
static int32_t find_overlap(const nnq_model *model, int32_t index, int32_t first, int32_t end) {
    nnq_tensor tensor;
    nnq_tensor other;
    nnq_load_tensor(&tensor, model, index);
    for (int32_t j = first; j < end; j++) {
        nnq_load_tensor(&other, model, j);
        if (tensor.offset < other.offset + bytes_held(&other) && other.offset < tensor.offset + bytes_held(&tensor)) {
            return j;
        }
    }
    return -1;
}

static int32_t fail_overlap(nnq_check *check, int32_t op, int32_t tensor) {
    check->at.op = op;
    return nnq_fail(check, NNQ_ERROR_OVERLAP, nnq_tensor_record(tensor) + 8);
}

/* Inputs of the model lie apart, and nothing is written over a state or an output. */
static int32_t verify_ends(nnq_check *check) {
    const nnq_model *model = check->call.model;
    for (int32_t i = 0; i < model->input_count; i++) {
        const int32_t is_state = i >= nnq_input_count(model);
        const int32_t j = find_overlap(model, i, i + 1, is_state ? model->tensor_count : model->input_count);
        if (j >= 0) {
            return fail_overlap(check, j < model->input_count ? -1 : j - model->input_count, j);
        }
    }
    for (uint32_t i = 0; i < model->output_count; i++) {
        const int32_t output = nnq_load_u16(model->file + model->outputs + 2 * i);
        const int32_t j = find_overlap(model, output, output + 1, model->tensor_count);
        if (j >= 0) {
            return fail_overlap(check, j - model->input_count, j);
        }
    }
    return NNQ_OK;
}

/* Whether the op under check writes its output exactly over `input`, and may. */
static int32_t is_in_place(const nnq_check *check, const nnq_tensor *input) {
    const nnq_tensor *output = &check->call.out;
    return nnq_call_op(&check->call)->in_place && output->offset == input->offset &&
           bytes_held(output) == bytes_held(input) && !nnq_is_ring(output) && !nnq_is_ring(input);
}

/* What the op under check reads stays whole until the end of its stage, whose ops write the `count` tensors from
 * `outputs` on, and rings are read where they are written. */
static int32_t verify_reads(nnq_check *check, int32_t outputs, int32_t count) {
    const nnq_call *call = &check->call;
    const nnq_model *model = call->model;
    for (int32_t i = 0; i < call->input_count; i++) {
        const int32_t index = nnq_input_index(call, i);
        nnq_tensor input;
        nnq_load_input(&input, call, i);
        const int32_t end = outputs + count - (count == 1 && is_in_place(check, &input));
        const int32_t j = find_overlap(model, index, index + 1, end);
        if (j >= 0) {
            return fail_overlap(check, call->output - model->input_count, j);
        }
        if (nnq_is_ring(&input) && (index < outputs || nnq_call_op(call)->rows(&call->params).stride == 0)) {
            return nnq_fail_ring(check, index);
        }
    }
    return NNQ_OK;
}

/* Op `op`, whose record is at `record`, and the `count` - 1 ops after it. */
static int32_t verify_stage(nnq_check *check, int32_t index, int32_t op, int32_t count, uint32_t record) {
    const nnq_model *model = check->call.model;
    const int32_t outputs = nnq_output_index(model, op);
    uint32_t next = record;
    int32_t rings = 0;
    for (int32_t k = 0; k < count; k++) {
        /* Rows of a stage's outputs are written in turns: no two may share memory. */
        const int32_t j = find_overlap(model, outputs + k, outputs + k + 1, outputs + count);
        if (j >= 0) {
            return fail_overlap(check, j - model->input_count, j);
        }
        next = nnq_load_call(&check->call, op + k, next);
        rings += nnq_is_ring(&check->call.out);
        int32_t error = verify_reads(check, outputs, count);
        if (error == NNQ_OK && nnq_call_op(&check->call)->updates != 0) {
            error = nnq_verify_updates(check, count);
        }
        if (error != NNQ_OK) {
            return error;
        }
    }
    /* Without a ring there is nothing to find: every row stays where it was written. */
    return rings > 0 ? nnq_verify_bands(check, index, op, record) : NNQ_OK;
}

int32_t nnq_verify_plan(nnq_check *check) {
    const nnq_model *model = check->call.model;
    uint32_t record = model->op_records;
    int32_t op = 0;
    int32_t error = verify_ends(check);
    for (int32_t index = 0; error == NNQ_OK && index < model->stage_count; index++) {
        const int32_t count = nnq_stage_op_count(model, index);
        error = verify_stage(check, index, op, count, record);
        record = nnq_skip_records(model, record, count);
        op += count;
    }
    return error;
}
