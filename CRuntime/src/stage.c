/* SPDX-License-Identifier: Apache-2.0
 * The counters of a stage (SPEC.md, section 3): which rows each op computes in the next band. The runtime follows them
 * and the verifier replays them, so that both always mean the same rows.
 */
#include "internal.h"

nnq_window nnq_rows_each(const nnq_params *params) {
    (void)params;
    const nnq_window window = {1, 1, 0};
    return window;
}

nnq_window nnq_rows_all(const nnq_params *params) {
    (void)params;
    const nnq_window window = {0, NNQ_MAX_HEIGHT, 0};
    return window;
}

int32_t nnq_window_first(nnq_window window, int32_t first) {
    const int32_t row = first * window.stride - window.pad;
    return row > 0 ? row : 0;
}

int32_t nnq_window_end(nnq_window window, int32_t end, int32_t height) {
    if (end == 0) {
        return 0;
    }
    const int32_t row = (end - 1) * window.stride - window.pad + window.extent;
    return row < 0 ? 0 : row < height ? row : height;
}

uint32_t nnq_stage_begin(nnq_stage *stage, nnq_call *call, int32_t index, int32_t op, uint32_t record) {
    stage->record = record;
    stage->first = op;
    stage->count = 1;
    stage->band_rows = NNQ_MAX_HEIGHT;
    if (call->model->stages != 0) {
        const uint8_t *bytes = call->model->file + call->model->stages + (uint32_t)index * NNQ_STAGE_BYTES;
        stage->count = nnq_load_u16(bytes);
        stage->band_rows = nnq_load_u16(bytes + 2);
    }
    for (int32_t k = 0; k < stage->count; k++) {
        stage->offset[k] = (uint16_t)(record - stage->record);
        stage->done[k] = 0;
        record = nnq_load_call(call, op + k, record);
    }
    return record;
}

void nnq_stage_load(const nnq_stage *stage, nnq_call *call, int32_t k) {
    nnq_load_call(call, stage->first + k, stage->record + stage->offset[k]);
}

/* Raises `need` of the stage's ops whose outputs op k reads. */
static void need_inputs(nnq_stage *stage, nnq_call *call, int32_t k) {
    nnq_stage_load(stage, call, k);
    const nnq_window window = nnq_call_op(call)->rows(&call->params);
    for (int32_t i = 0; i < call->input_count; i++) {
        const int32_t writer = nnq_input_index(call, i) - call->model->input_count - stage->first;
        if (writer >= 0) {
            nnq_tensor input;
            nnq_load_input(&input, call, i);
            const int32_t end = nnq_window_end(window, stage->need[k], input.height);
            if (end > stage->need[writer]) {
                stage->need[writer] = (uint16_t)end;
            }
        }
    }
}

int32_t nnq_stage_next(nnq_stage *stage, nnq_call *call) {
    const int32_t last = stage->count - 1;
    const int32_t output = nnq_output_index(call->model, stage->first);
    nnq_tensor tensor;
    nnq_load_tensor(&tensor, call->model, output + last);
    const int32_t height = tensor.height;
    if (stage->done[last] == height) {
        return 0;
    }
    const int32_t end = stage->done[last] + stage->band_rows;
    memset(stage->need, 0, sizeof stage->need);
    stage->need[last] = (uint16_t)(end < height ? end : height);
    for (int32_t k = last; k > 0; k--) {
        need_inputs(stage, call, k);
        nnq_load_tensor(&tensor, call->model, output + k - 1);
        if (end >= height && !nnq_is_ring(&tensor)) {
            stage->need[k - 1] = tensor.height;
        }
    }
    return 1;
}
