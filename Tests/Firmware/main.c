/* SPDX-License-Identifier: Apache-2.0
 * Runs a model on one input after another and prints the outputs in hexadecimal, one line for each input.
 */
#include "nnq/nnq.h"

#include "board.h"
#include "model.h"

static void write_hex(const int8_t *bytes, size_t size) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        const uint8_t byte = (uint8_t)bytes[i];
        const char text[3] = {digits[byte >> 4], digits[byte & 15], 0};
        console_write(text);
    }
}

static size_t tensor_size(const nnq_tensor_info *info) {
    return ((size_t)info->height * (size_t)info->width * (size_t)info->channels) << info->type;
}

/* Gives the model its next inputs; returns 0 where there are none. */
static int read_inputs(const nnq_session *session, const nnq_model *model) {
    for (int32_t i = 0; i < nnq_input_count(model); i++) {
        nnq_tensor_info info;
        nnq_input_info(model, i, &info);
        if (!console_read(nnq_input(session, i), tensor_size(&info))) {
            return 0;
        }
    }
    return 1;
}

int main(void) {
    static uint8_t arena[MODEL_ARENA_SIZE] NNQ_ALIGNED;
    nnq_model model;
    nnq_session session;
    nnq_diagnostic at;
    int32_t error = nnq_open(&model, model_file, sizeof model_file, nnq_all_ops, &at);
    if (error == NNQ_OK) {
        error = nnq_start(&session, &model, arena, sizeof arena);
    }
    if (error != NNQ_OK) {
        console_write(nnq_error_name(error));
        console_write(" at byte ");
        console_number(at.byte);
        console_write("\n");
        return 1;
    }
    while (read_inputs(&session, &model)) {
        nnq_run(&session);
        for (int32_t i = 0; i < nnq_output_count(&model); i++) {
            nnq_tensor_info info;
            nnq_output_info(&model, i, &info);
            write_hex(nnq_output(&session, i), tensor_size(&info));
        }
        console_write("\n");
    }
    return 0;
}
