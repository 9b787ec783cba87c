/* SPDX-License-Identifier: Apache-2.0
 * Opens a model file, runs it once on inputs.bin and prints its outputs. model.h has MODEL_ARENA, and MODEL_OPS: the
 * entries of the op table, which are the model's ops and no others.
 */
#include "measured.h"
#include "model.h"
#include "nnq/nnq.h"

extern const uint8_t model_file[];
extern const uint8_t model_file_end[];

static const nnq_op *const ops[NNQ_OPCODE_LIMIT] = {MODEL_OPS};
static uint8_t arena[MODEL_ARENA] NNQ_ALIGNED;
static nnq_model model;
static nnq_session session;

static size_t bytes_of(const nnq_tensor_info *info) {
    return ((size_t)info->height * (size_t)info->width * (size_t)info->channels) << info->type;
}

static int open_model(void) {
    nnq_diagnostic at = {0, 0};
    MEASURE_TOUCH_STACK();
    MEASURE_MARK(open);
    const int32_t error = nnq_open(&model, model_file, (size_t)(model_file_end - model_file), ops, &at);
    MEASURE_MARK(opened);
    if (error != NNQ_OK) {
        console_write("nnq_open fails with error -");
        console_number((uint32_t)-error);
        console_write(", byte ");
        console_number(at.byte);
        console_write("\n");
    }
    return error == NNQ_OK && nnq_start(&session, &model, arena, sizeof arena) == NNQ_OK;
}

static void run_model(void) {
    MEASURE_MARK(touch);
    MEASURE_TOUCH_STACK();
    MEASURE_MARK(run);
    nnq_run(&session);
    MEASURE_MARK(done);
}

int main(void) {
    nnq_tensor_info info;
    if (!open_model()) {
        return 1;
    }
    for (int32_t i = 0; i < nnq_input_count(&model); i++) {
        nnq_input_info(&model, i, &info);
        if (!console_read(nnq_input(&session, i), bytes_of(&info))) {
            return 2;
        }
    }
    run_model();
    for (int32_t i = 0; i < nnq_output_count(&model); i++) {
        nnq_output_info(&model, i, &info);
        measure_write_output(nnq_output(&session, i), bytes_of(&info));
    }
    return 0;
}
