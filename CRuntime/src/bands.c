/* SPDX-License-Identifier: Apache-2.0
 * Runs a stage: one op in one band, or band by band, op by op. Each has what it needs on its own stack, not on that of
 * the function that steps through the stages.
 */
#include "internal.h"

void nnq_run_op(const nnq_session *session, int32_t op, uint32_t record) {
    nnq_call call;
    call.model = session->model;
    call.arena = session->arena;
    nnq_load_call(&call, op, record);
    nnq_call_op(&call)->run(&call, 0, call.out.height);
}

void nnq_run_bands(const nnq_session *session, int32_t index, int32_t op, uint32_t record) {
    nnq_call call;
    nnq_stage stage;
    call.model = session->model;
    call.arena = session->arena;
    nnq_stage_begin(&stage, &call, index, op, record);
    while (nnq_stage_next(&stage, &call)) {
        for (int32_t k = 0; k < stage.count; k++) {
            if (stage.need[k] > stage.done[k]) {
                nnq_stage_load(&stage, &call, k);
                nnq_call_op(&call)->run(&call, stage.done[k], stage.need[k] - stage.done[k]);
                stage.done[k] = stage.need[k];
            }
        }
    }
}
