/* SPDX-License-Identifier: Apache-2.0
 * resize_nearest: each output row and column is one of the input's, by a table.
 */
#include "../kernel.h"
#include "../verify.h"

/* Whether `count` indices at byte `at` of the file are below `extent`. */
static int32_t check_indices(nnq_check *check, uint32_t at, int32_t count, int32_t extent) {
    for (int32_t i = 0; i < count; i++) {
        if (nnq_load_u16(check->call.model->file + at) >= extent) {
            return nnq_fail(check, NNQ_ERROR_PARAMETER, at);
        }
        at += 2;
    }
    return NNQ_OK;
}

static int32_t check(nnq_check *check) {
    const nnq_tensor *in = &check->call.in;
    const nnq_tensor *out = &check->call.out;
    const uint32_t indices = (uint32_t)check->call.params.resize_nearest.indices;
    if (in->channels != out->channels || in->zero_point != out->zero_point) {
        return nnq_fail_shape(check);
    }
    const uint64_t size = 2u * ((uint64_t)out->height + out->width);
    int32_t error = nnq_check_data(check, NNQ_FIELD_INDEX(resize_nearest, indices), size);
    if (error == NNQ_OK) {
        error = check_indices(check, indices, out->height, in->height);
    }
    if (error == NNQ_OK) {
        error = check_indices(check, indices + 2u * out->height, out->width, in->width);
    }
    return error;
}

void nnq_resize_nearest_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_tensor *in = &call->in;
    const nnq_tensor *out = &call->out;
    const uint8_t *row_indices = nnq_constants(call, call->params.resize_nearest.indices);
    const uint8_t *column_indices = row_indices + 2 * out->height;
    for (int32_t y = first; y < first + count; y++) {
        const int8_t *input = nnq_row(call, in, nnq_load_u16(row_indices + 2 * y));
        int8_t *output = nnq_row(call, out, y);
        for (int32_t x = 0; x < out->width; x++) {
            memcpy(output, input + nnq_load_u16(column_indices + 2 * x) * in->channels, in->channels);
            output += in->channels;
        }
    }
}

NNQ_DEFINE_OP(resize_nearest, check, nnq_rows_all);
