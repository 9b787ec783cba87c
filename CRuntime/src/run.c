/* SPDX-License-Identifier: Apache-2.0
 * Runs a model: stage by stage, band by band, op by op.
 */
#include "internal.h"

/* Runs stage `index`; returns the offset of the record after it and moves `*op` there. */
static uint32_t run_stage(const nnq_session *session, int32_t index, int32_t *op, uint32_t record) {
    nnq_call call;
    nnq_stage stage;
    call.model = session->model;
    call.arena = session->arena;
    const uint32_t next = nnq_stage_begin(&stage, &call, index, *op, record);
    while (nnq_stage_next(&stage, &call)) {
        for (int32_t k = 0; k < stage.count; k++) {
            if (stage.need[k] > stage.done[k]) {
                nnq_stage_load(&stage, &call, k);
                nnq_call_op(&call)->run(&call, stage.done[k], stage.need[k] - stage.done[k]);
                stage.done[k] = stage.need[k];
            }
        }
    }
    *op += stage.count;
    return next;
}

void nnq_run(const nnq_session *session) {
    int32_t op = 0;
    uint32_t record = session->model->op_records;
    for (int32_t index = 0; index < session->model->stage_count; index++) {
        record = run_stage(session, index, &op, record);
    }
}

void nnq_run_stage(const nnq_session *session, int32_t stage) {
    nnq_call call;
    int32_t op = 0;
    uint32_t record = session->model->op_records;
    if (stage < 0 || stage >= session->model->stage_count) {
        return;
    }
    call.model = session->model;
    for (int32_t index = 0; index < stage; index++) {
        for (int32_t left = nnq_stage_op_count(call.model, index); left > 0; left--) {
            record = nnq_load_call(&call, op++, record);
        }
    }
    run_stage(session, stage, &op, record);
}
