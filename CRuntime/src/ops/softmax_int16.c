/* SPDX-License-Identifier: Apache-2.0
 * softmax_int16: over the channels of each pixel of int16 activations, from two tables of exponentials.
 */
#include "../int16.h"
#include "../verify.h"

/* The output's scale, 2^-15, as IEEE 754 binary32. */
#define SOFTMAX_SCALE_BITS 0x38000000u

/* exp(-256 * s * i) for i below count, then exp(-s * i) for i below FINE, as U16 parts of 65535. */
enum { FINE = 256 };

static int32_t check(nnq_check *check) {
    const nnq_softmax_int16_params *p = &check->call.params.softmax_int16;
    const uint8_t *record = check->call.model->file + nnq_tensor_record(check->call.output);
    int32_t error = nnq_check_int16(check);
    if (error != NNQ_OK) {
        return error;
    }
    if (!nnq_same_shape(&check->call.in, &check->call.out) || nnq_load_u32(record + 12) != SOFTMAX_SCALE_BITS) {
        return nnq_fail_shape(check);
    }
    error = nnq_check_data(check, NNQ_FIELD_INDEX(softmax_int16, exponentials), 2 * (uint64_t)(p->count + FINE));
    if (error != NNQ_OK) {
        return error;
    }
    /* The largest element's own share of the sum is then 1 or more. */
    const uint32_t places[2] = {(uint32_t)p->exponentials, (uint32_t)p->exponentials + 2u * (uint32_t)p->count};
    for (int32_t i = 0; i < 2; i++) {
        if (nnq_load_u16(check->call.model->file + places[i]) != UINT16_MAX) {
            return nnq_fail(check, NNQ_ERROR_PARAMETER, places[i]);
        }
    }
    return NNQ_OK;
}

/* The product of both tables, at most (65535^2 + 2^15) / 2^16 < 2^16, or 0 past the first one's end. */
static uint32_t exponential(const uint8_t *tables, int32_t count, int32_t difference) {
    const int32_t coarse = difference / FINE;
    if (coarse >= count) {
        return 0;
    }
    const uint32_t fine = (uint32_t)nnq_load_u16(tables + 2 * (count + difference % FINE));
    return ((uint32_t)nnq_load_u16(tables + 2 * coarse) * fine + 32768) >> 16;
}

/* The sum is at least 65534 and at most 65535 * 65534 < 2^32; 2^15 * 65534 + sum / 2 < 2^32 too. */
static void pixel(const int16_t *input, int16_t *output, int32_t channels, const uint8_t *tables, int32_t count) {
    int32_t top = input[0];
    uint32_t sum = 0;
    for (int32_t c = 1; c < channels; c++) {
        top = input[c] > top ? input[c] : top;
    }
    for (int32_t c = 0; c < channels; c++) {
        sum += exponential(tables, count, top - input[c]);
    }
    for (int32_t c = 0; c < channels; c++) {
        const uint32_t share = (32768 * exponential(tables, count, top - input[c]) + sum / 2) / sum;
        output[c] = (int16_t)nnq_min((int32_t)share, INT16_MAX);
    }
}

void nnq_softmax_int16_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_softmax_int16_params *p = &call->params.softmax_int16;
    const nnq_tensor *in = &call->in;
    const uint8_t *tables = nnq_constants(call, p->exponentials);
    for (int32_t y = first; y < first + count; y++) {
        const int16_t *input = nnq_row_s16(call, in, y);
        int16_t *output = nnq_row_s16(call, &call->out, y);
        for (int32_t x = 0; x < in->width; x++) {
            pixel(input, output, in->channels, tables, p->count);
            input += in->channels;
            output += in->channels;
        }
    }
}

NNQ_DEFINE_TYPED_OP(softmax_int16, check, nnq_rows_each, 1, 0);
