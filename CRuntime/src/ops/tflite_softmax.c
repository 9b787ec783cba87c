/* SPDX-License-Identifier: Apache-2.0
 * tflite_softmax: over the channels of each pixel, in the fixed-point arithmetic of TensorFlow Lite Micro's SOFTMAX.
 */
#include "../fixed_point.h"
#include "../kernel.h"
#include "../verify.h"

/* The output's scale, 2^-8, as IEEE 754 binary32. */
#define SOFTMAX_SCALE_BITS 0x3b800000u

/* Each exponential adds at most 2^19 to the sum. That many of a pixel are kept, the others computed twice. */
enum { MOST_CHANNELS = 4095, KEPT = 16 };

static int32_t check(nnq_check *check) {
    const nnq_tensor *in = &check->call.in;
    const nnq_tensor *out = &check->call.out;
    const uint8_t *record = check->call.model->file + nnq_tensor_record(check->call.output);
    if (!nnq_same_shape(in, out) || out->zero_point != INT8_MIN || nnq_load_u32(record + 12) != SOFTMAX_SCALE_BITS) {
        return nnq_fail_shape(check);
    }
    return in->channels <= MOST_CHANNELS ? NNQ_OK
                                         : nnq_fail_field(check, NNQ_ERROR_OVERFLOW,
                                                          NNQ_FIELD_INDEX(tflite_softmax, multiplier));
}

/* exp(a / 2^26) in units of 2^-31, for a in -31 * 2^26 .. 0: a polynomial of degree four around -1/8 for a's part in
 * [-1/4, 0), times exp(-2^i) for every bit i = -2 .. 4 of the rest. */
static NNQ_NOINLINE int32_t exponential(int32_t a) {
    static const int32_t powers[7] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
    const int32_t quarter = (int32_t)1 << 24;
    if (a == 0) {
        return INT32_MAX;
    }
    const int32_t part = (a & (quarter - 1)) - quarter;
    const int32_t rest = part - a;
    const int32_t x = part * 32 + ((int32_t)1 << 28);
    const int32_t x2 = nnq_fixed_mul(x, x);
    const int32_t x3 = nnq_fixed_mul(x2, x);
    const int32_t x4_over_4 = nnq_fixed_divide(nnq_fixed_mul(x2, x2), 2);
    /* 715827883 / 2^31 is 1/3, 1895147668 / 2^31 is exp(-1/8). */
    const int32_t tail = nnq_fixed_divide(nnq_fixed_mul(x4_over_4 + x3, 715827883) + x2, 1);
    int32_t result = 1895147668 + nnq_fixed_mul(1895147668, x + tail);
    for (int32_t i = 0; i < 7; i++) {
        if ((rest >> (24 + i)) & 1) {
            result = nnq_fixed_mul(result, powers[i]);
        }
    }
    return result;
}

/* 1 / (1 + a / 2^31) in units of 2^-31, for a in 0 .. 2^31 - 1: three steps of Newton and Raphson's iteration on the
 * half of the denominator, from a linear estimate, 48/17 and -32/17, in units of 2^-29. */
static int32_t reciprocal(int32_t a) {
    const int32_t half = (int32_t)(((int64_t)a + INT32_MAX + 1) / 2);
    int32_t x = 1515870810 + nnq_fixed_mul(half, -1010580540);
    for (int32_t i = 0; i < 3; i++) {
        const int32_t error = ((int32_t)1 << 29) - nnq_fixed_mul(half, x);
        x += nnq_fixed_saturate(nnq_fixed_mul(x, error), 2);
    }
    return nnq_fixed_saturate(x, 1);
}

static int32_t largest(const int8_t *input, int32_t channels) {
    int32_t result = input[0];
    for (int32_t c = 1; c < channels; c++) {
        result = input[c] > result ? input[c] : result;
    }
    return result;
}

/* Inputs by `difference` below the largest: the exponential, or 0 where it would not fit in the 5 integer bits. Hence
 * difference * 2^(31 - shift) <= 31 * 2^26. */
static int32_t power(const nnq_tflite_softmax_params *p, int32_t difference) {
    const int32_t left = 31 - p->shift;
    if (difference > (31 << 26) >> left) {
        return 0;
    }
    return exponential(nnq_fixed_mul((int32_t)-((int64_t)difference << left), p->multiplier));
}

/* sum is 2^19 .. 4095 * 2^19, the share of a channel exponential / sum. */
static void pixel(const nnq_tflite_softmax_params *p, const int8_t *input, int8_t *output, int32_t channels) {
    const int32_t top = largest(input, channels);
    int32_t kept[KEPT];
    uint32_t sum = 0;
    int32_t bits = 0;
    for (int32_t c = 0; c < channels; c++) {
        const int32_t value = power(p, top - input[c]);
        if (c < KEPT) {
            kept[c] = value;
        }
        sum += (uint32_t)nnq_fixed_divide(value, 12);
    }
    while (sum >> bits > 1) {
        bits++;
    }
    const int32_t inverse = reciprocal((int32_t)((sum << (31 - bits)) - ((uint32_t)1 << 31)));
    const int32_t exponent = bits + 4;
    for (int32_t c = 0; c < channels; c++) {
        const int32_t share = nnq_fixed_mul(inverse, c < KEPT ? kept[c] : power(p, top - input[c]));
        /* Shares are below 2^31: their half or less of a unit of 2^32 is nothing. */
        const int32_t q = exponent > 31 ? 0 : nnq_fixed_divide(share, exponent);
        output[c] = (int8_t)(nnq_min(q, 255) - 128);
    }
}

void nnq_tflite_softmax_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_tensor *in = &call->in;
    for (int32_t y = first; y < first + count; y++) {
        const int8_t *input = nnq_row(call, in, y);
        int8_t *output = nnq_row(call, &call->out, y);
        for (int32_t x = 0; x < in->width; x++) {
            pixel(&call->params.tflite_softmax, input, output, in->channels);
            input += in->channels;
            output += in->channels;
        }
    }
}

NNQ_DEFINE_OP(tflite_softmax, check, nnq_rows_each);
