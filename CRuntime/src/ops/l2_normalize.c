/* SPDX-License-Identifier: Apache-2.0
 * l2_normalize: divides the channels of each pixel by their Euclidean norm, as TensorFlow Lite Micro's L2_NORMALIZATION
 * does.
 */
#include "../fixed_point.h"
#include "../scale.h"
#include "../verify.h"

/* The output's scale, 2^-7, as IEEE 754 binary32. */
#define NORMAL_SCALE_BITS 0x3c000000u

/* The sum of squares is at most channels * 255^2. */
static int32_t check(nnq_check *check) {
    const nnq_tensor *in = &check->call.in;
    const nnq_tensor *out = &check->call.out;
    const uint8_t *record = check->call.model->file + nnq_tensor_record(check->call.output);
    const uint32_t deviation = nnq_deviation(in->zero_point);
    if (!nnq_same_shape(in, out) || out->zero_point != 0 || nnq_load_u32(record + 12) != NORMAL_SCALE_BITS) {
        return nnq_fail_shape(check);
    }
    if (in->channels > (int32_t)(INT32_MAX / (deviation * deviation))) {
        return nnq_fail(check, NNQ_ERROR_OVERFLOW, check->record);
    }
    return NNQ_OK;
}

typedef struct inverse_root {
    int32_t multiplier;
    int32_t shift;
} inverse_root;

/* multiplier / 2^shift is 1 / sqrt(sum): five steps of Newton and Raphson's iteration on the sum, scaled by a power of
 * four to 2^27 .. 2^29 - 1, in units of 2^-28. */
static inverse_root invert(int32_t sum) {
    inverse_root result = {INT32_MAX, 31};
    int32_t scaled = sum;
    int32_t x = (int32_t)1 << 28;
    if (sum <= 1) {
        return result;
    }
    result.shift = 42;
    while (scaled >= (int32_t)1 << 29) {
        scaled /= 4;
        result.shift++;
    }
    while (scaled < (int32_t)1 << 27) {
        scaled *= 4;
        result.shift--;
    }
    const int32_t half = nnq_fixed_divide(scaled >> 1, 1);
    const int32_t three_halves = 3 * ((int32_t)1 << 27);
    for (int32_t i = 0; i < 5; i++) {
        const int32_t cube = nnq_fixed_saturate(nnq_fixed_mul(nnq_fixed_mul(x, x), x), 6);
        x = nnq_fixed_saturate(nnq_fixed_mul(three_halves, x) - nnq_fixed_mul(half, cube), 3);
    }
    /* 1518500250 / 2^31 is the root of a half. */
    result.multiplier = nnq_fixed_mul(x, 1518500250);
    while (result.shift < 31) {
        result.multiplier *= 2;
        result.shift++;
    }
    return result;
}

static void pixel(const int8_t *input, int8_t *output, int32_t channels, int32_t zero_point) {
    int32_t sum = 0;
    for (int32_t c = 0; c < channels; c++) {
        const int32_t value = input[c] - zero_point;
        sum += value * value;
    }
    const inverse_root by = invert(sum);
    for (int32_t c = 0; c < channels; c++) {
        /* Seven bits less: the output counts 128ths. */
        const int32_t value = nnq_scale_twice(input[c] - zero_point, by.multiplier, by.shift - 7);
        output[c] = (int8_t)nnq_clamp(value, INT8_MIN, INT8_MAX);
    }
}

void nnq_l2_normalize_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_tensor *in = &call->in;
    for (int32_t y = first; y < first + count; y++) {
        const int8_t *input = nnq_row(call, in, y);
        int8_t *output = nnq_row(call, &call->out, y);
        for (int32_t x = 0; x < in->width; x++) {
            pixel(input, output, in->channels, in->zero_point);
            input += in->channels;
            output += in->channels;
        }
    }
}

NNQ_DEFINE_OP(l2_normalize, check, nnq_rows_each);
