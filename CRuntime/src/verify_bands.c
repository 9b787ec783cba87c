/* SPDX-License-Identifier: Apache-2.0
 * The verifier's replay of a stage with rings (SPEC.md, section 3): no row is read after it was overwritten.
 */
#include "verify.h"

int32_t nnq_fail_ring(nnq_check *check, int32_t tensor) {
    check->at.op = check->call.output - check->call.model->input_count;
    return nnq_fail(check, NNQ_ERROR_RING, nnq_rows_record(check->call.model, tensor));
}

/* The rings that the op under check is about to read still hold the first row that it needs. That they hold the last
 * one follows from how the counters are made. */
static int32_t verify_rows(nnq_check *check, const nnq_stage *stage, int32_t k) {
    const nnq_call *call = &check->call;
    const nnq_window window = nnq_call_op(call)->rows(&call->params);
    const int32_t outputs = nnq_output_index(call->model, stage->first);
    const int32_t first = nnq_window_first(window, stage->done[k]);
    for (int32_t i = 0; i < call->input_count; i++) {
        const int32_t index = nnq_input_index(call, i);
        nnq_tensor input;
        nnq_load_input(&input, call, i);
        if (nnq_is_ring(&input) && first < nnq_window_end(window, stage->need[k], input.height) &&
            first + input.rows_held < stage->done[index - outputs]) {
            return nnq_fail_ring(check, index);
        }
    }
    return NNQ_OK;
}

int32_t nnq_verify_bands(nnq_check *check, int32_t index, int32_t op, uint32_t record) {
    nnq_stage stage;
    nnq_stage_begin(&stage, &check->call, index, op, record);
    while (nnq_stage_next(&stage, &check->call)) {
        for (int32_t k = 0; k < stage.count; k++) {
            if (stage.need[k] > stage.done[k]) {
                nnq_stage_load(&stage, &check->call, k);
                const int32_t error = verify_rows(check, &stage, k);
                if (error != NNQ_OK) {
                    return error;
                }
                stage.done[k] = stage.need[k];
            }
        }
    }
    return NNQ_OK;
}
