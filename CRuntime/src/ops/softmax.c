/* SPDX-License-Identifier: Apache-2.0
 * softmax: over the channels of each pixel, from a table of exponentials.
 */
#include "../kernel.h"
#include "../verify.h"

/* The output's scale, 2^-8, as IEEE 754 binary32. */
#define SOFTMAX_SCALE_BITS 0x3b800000u

static int32_t check(nnq_check *check) {
    const nnq_softmax_params *p = &check->call.params.softmax;
    const nnq_tensor *in = &check->call.in;
    const nnq_tensor *out = &check->call.out;
    const uint8_t *record = check->call.model->file + nnq_tensor_record(check->call.output);
    if (!nnq_same_shape(in, out) || out->zero_point != INT8_MIN || nnq_load_u32(record + 12) != SOFTMAX_SCALE_BITS) {
        return nnq_fail_shape(check);
    }
    const int32_t error =
        nnq_check_data(check, NNQ_FIELD_INDEX(softmax, exponentials), 2 * (uint64_t)(uint32_t)p->count);
    if (error == NNQ_OK && nnq_load_u16(check->call.model->file + p->exponentials) == 0) {
        return nnq_fail(check, NNQ_ERROR_PARAMETER, (uint32_t)p->exponentials);
    }
    return error;
}

static int32_t largest(const int8_t *input, int32_t channels) {
    int32_t result = input[0];
    for (int32_t c = 1; c < channels; c++) {
        result = input[c] > result ? input[c] : result;
    }
    return result;
}

/* exponentials[difference], or 0 past the table's end. */
static uint32_t exponential(const uint8_t *exponentials, int32_t count, int32_t difference) {
    return difference < count ? (uint32_t)nnq_load_u16(exponentials + 2 * difference) : 0;
}

/* The sum is at least 1, since exponentials[0] is, and at most 65535 * 65535 < 2^32;
 * 256 * 65535 + sum / 2 < 2^32 too. */
static void pixel(const int8_t *input, int8_t *output, int32_t channels, const uint8_t *exponentials, int32_t count) {
    const int32_t top = largest(input, channels);
    uint32_t sum = 0;
    for (int32_t c = 0; c < channels; c++) {
        sum += exponential(exponentials, count, top - input[c]);
    }
    for (int32_t c = 0; c < channels; c++) {
        const uint32_t share = (256 * exponential(exponentials, count, top - input[c]) + sum / 2) / sum;
        output[c] = (int8_t)(nnq_min((int32_t)share, 255) - 128);
    }
}

void nnq_softmax_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_softmax_params *p = &call->params.softmax;
    const nnq_tensor *in = &call->in;
    const nnq_tensor *out = &call->out;
    const uint8_t *exponentials = nnq_constants(call, p->exponentials);
    for (int32_t y = first; y < first + count; y++) {
        const int8_t *input = nnq_row(call, in, y);
        int8_t *output = nnq_row(call, out, y);
        for (int32_t x = 0; x < in->width; x++) {
            pixel(input, output, in->channels, exponentials, p->count);
            input += in->channels;
            output += in->channels;
        }
    }
}

NNQ_DEFINE_OP(softmax, check, nnq_rows_each);
