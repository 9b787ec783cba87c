/* SPDX-License-Identifier: Apache-2.0
 * Runs a model: stage by stage. The usual stage, one op in one band, needs no counters.
 */
#include "packed.h"

/* A stage of one op in one band. */
static void run_op(const nnq_session *session, int32_t op, uint32_t record) {
    const nnq_model *model = session->model;
    const nnq_packed *packed = model->ops[model->file[record]]->packed;
    if (packed != NULL && packed->run != NULL) {
        packed->run(session, op, record);
    } else {
        nnq_run_op(session, op, record);
    }
}

/* Runs the stages first .. end - 1; the ops before them are skipped. */
static void run_stages(const nnq_session *session, int32_t first, int32_t end) {
    const nnq_model *model = session->model;
    uint32_t record = model->op_records;
    int32_t op = 0;
    for (int32_t index = 0; index < end; index++) {
        const int32_t count = nnq_stage_op_count(model, index);
        if (index >= first && model->stages != 0) {
            nnq_run_bands(session, index, op, record);
        } else if (index >= first) {
            run_op(session, op, record);
        }
        record = nnq_skip_records(model, record, count);
        op += count;
    }
}

void nnq_run(const nnq_session *session) {
    run_stages(session, 0, session->model->stage_count);
}

void nnq_run_stage(const nnq_session *session, int32_t stage) {
    if (stage >= 0 && stage < session->model->stage_count) {
        run_stages(session, stage, stage + 1);
    }
}
