/* SPDX-License-Identifier: Apache-2.0
 * The verifier's rule about ops that overwrite an input of theirs (SPEC.md, section 3): nobody else sees that tensor.
 */
#include "verify.h"

/* How often the ops of the model read a tensor. */
static int32_t count_reads(const nnq_model *model, int32_t tensor) {
    uint32_t record = model->op_records;
    int32_t reads = 0;
    for (int32_t op = 0; op < model->op_count; op++) {
        const uint8_t *bytes = model->file + record;
        for (int32_t i = 0; i < bytes[1]; i++) {
            reads += nnq_load_u16(bytes + NNQ_OP_HEAD_BYTES + 2 * i) == tensor;
        }
        record = nnq_skip_records(model, record, 1);
    }
    return reads;
}

static int32_t is_output(const nnq_model *model, int32_t tensor) {
    for (uint32_t i = 0; i < model->output_count; i++) {
        if (nnq_load_u16(model->file + model->outputs + 2 * i) == tensor) {
            return 1;
        }
    }
    return 0;
}

int32_t nnq_verify_updates(nnq_check *check, int32_t stage_ops) {
    const nnq_call *call = &check->call;
    for (int32_t i = 0; i < call->input_count; i++) {
        const int32_t tensor = nnq_input_index(call, i);
        if ((nnq_call_op(call)->updates >> i & 1) == 0) {
            continue;
        }
        if (stage_ops != 1 || is_output(call->model, tensor) || count_reads(call->model, tensor) != 1) {
            check->at.op = call->output - call->model->input_count;
            return nnq_fail(check, NNQ_ERROR_UPDATE, nnq_tensor_record(tensor));
        }
    }
    return NNQ_OK;
}
