/* SPDX-License-Identifier: Apache-2.0
 * Runs a model on every input that it is linked with and prints the outputs in hexadecimal, one line for each input.
 */
#include "nnq/nnq.h"

#include "model.h"
#include "semihosting.h"

static void write_number(uint32_t value) {
    char text[11];
    char *at = text + sizeof text - 1;
    *at = 0;
    do {
        *--at = (char)('0' + value % 10);
    } while ((value /= 10) != 0);
    semihosting_write(at);
}

static void write_hex(const int8_t *bytes, size_t size) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        const uint8_t byte = (uint8_t)bytes[i];
        const char text[3] = {digits[byte >> 4], digits[byte & 15], 0};
        semihosting_write(text);
    }
}

static size_t tensor_size(const nnq_tensor_info *info) {
    return (size_t)info->height * (size_t)info->width * (size_t)info->channels;
}

/* Gives the model its inputs from `bytes`; returns the bytes after them. */
static const uint8_t *read_inputs(const nnq_session *session, const nnq_model *model, const uint8_t *bytes) {
    for (int32_t i = 0; i < nnq_input_count(model); i++) {
        nnq_tensor_info info;
        nnq_input_info(model, i, &info);
        memcpy(nnq_input(session, i), bytes, tensor_size(&info));
        bytes += tensor_size(&info);
    }
    return bytes;
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
        semihosting_write(nnq_error_name(error));
        semihosting_write(" at byte ");
        write_number(at.byte);
        semihosting_write("\n");
        return 1;
    }
    const uint8_t *inputs = model_inputs;
    for (int n = 0; n < MODEL_INPUT_COUNT; n++) {
        inputs = read_inputs(&session, &model, inputs);
        nnq_run(&session);
        for (int32_t i = 0; i < nnq_output_count(&model); i++) {
            nnq_tensor_info info;
            nnq_output_info(&model, i, &info);
            write_hex(nnq_output(&session, i), tensor_size(&info));
        }
        semihosting_write("\n");
    }
    return 0;
}
