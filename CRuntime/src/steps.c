/* SPDX-License-Identifier: Apache-2.0
 * The steps of a run without running them, for tools. A device does not link this file.
 */
#include "internal.h"

#include "nnq/pack.h"

/* The steps of one stage; returns the offset of the record after it. */
static uint32_t stage_steps(nnq_call *call, int32_t index, int32_t op, uint32_t record, nnq_step *step, void *context) {
    nnq_stage stage;
    const uint32_t next = nnq_stage_begin(&stage, call, index, op, record);
    while (nnq_stage_next(&stage, call)) {
        for (int32_t k = 0; k < stage.count; k++) {
            if (stage.need[k] > stage.done[k]) {
                step(context, op + k, stage.done[k], stage.need[k] - stage.done[k]);
                stage.done[k] = stage.need[k];
            }
        }
    }
    return next;
}

void nnq_list_steps(const nnq_model *model, nnq_step *step, void *context) {
    nnq_call call;
    int32_t op = 0;
    uint32_t record = model->op_records;
    call.model = model;
    for (int32_t index = 0; index < model->stage_count; index++) {
        record = stage_steps(&call, index, op, record, step, context);
        op += nnq_stage_op_count(model, index);
    }
}
