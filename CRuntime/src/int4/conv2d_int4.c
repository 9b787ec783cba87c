/* SPDX-License-Identifier: Apache-2.0
 * conv2d with weights of 4 bits; conv2d_int4_layout.c has its constants.
 *
 * Windows are written to scratch once for all channels. A word of 8 weights becomes four pairs, each of which is used by
 * the windows of four outputs. With the DSP extension, where a multiply-accumulate instruction takes a pair:
 *
 *     (1 + 4 + 8 + 16) / 32 = 0.91 instructions a multiply-accumulate: weights, pairs, inputs two words at a time
 */
#include "rows_int4.h"

/* What is written of a window so far. */
typedef struct writer {
    int16_t *next;
    int32_t step; /* from the second tap of a pair to the next pair */
    int32_t is_odd;
    int32_t sum;
} writer;

static void put_one(writer *to, int32_t value) {
    *to->next = (int16_t)value;
    to->next += to->is_odd ? to->step : 1;
    to->is_odd = !to->is_odd;
    to->sum += value;
}

static void put_inputs(writer *to, const int8_t *input, int32_t count) {
    const int8_t *end = input + count;
    if (to->is_odd && input != end) {
        put_one(to, *input++);
    }
    int16_t *next = to->next;
    const int32_t step = to->step + 1;
    int32_t sum = to->sum;
    for (; end - input >= 2; input += 2, next += step) {
        next[0] = input[0];
        next[1] = input[1];
        sum += input[0] + input[1];
    }
    to->next = next;
    to->sum = sum;
    if (input != end) {
        put_one(to, *input);
    }
}

static void put_same(writer *to, int32_t value, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        put_one(to, value);
    }
}

/* Writes one of `pixels` windows, and returns the sum of its inputs. */
static int32_t put_window(int16_t *window, int32_t pixels, const nnq_shape *shape, const int8_t *input, int32_t y,
                          int32_t x) {
    const int32_t channels = shape->in_channels;
    const int32_t top = y * shape->stride_height - shape->pad_top;
    const int32_t left = x * shape->stride_width - shape->pad_left;
    const int32_t before = left < 0 ? -left : 0;
    const int32_t over = left + shape->kernel_width - shape->in_width;
    const int32_t after = over > 0 ? over : 0;
    const int32_t inside = shape->kernel_width - before - after;
    const int32_t rest = shape->kernel_height * shape->kernel_width * channels % 8;
    writer to = {window, 2 * pixels - 1, 0, 0};
    for (int32_t row = top; row < top + shape->kernel_height; row++) {
        if (row < 0 || row >= shape->in_height || inside <= 0) {
            put_same(&to, shape->in_zero_point, shape->kernel_width * channels);
        } else {
            put_same(&to, shape->in_zero_point, before * channels);
            put_inputs(&to, input + (row * shape->in_width + left + before) * channels, inside * channels);
            put_same(&to, shape->in_zero_point, after * channels);
        }
    }
    put_same(&to, 0, rest > 0 ? 8 - rest : 0);
    return to.sum;
}

/* A layer, and the outputs that are computed now. */
typedef struct job {
    const nnq_shape *shape;
    const uint8_t *constants;
    nnq_int4_scales scales;
    const int16_t *windows;
    int32_t inputs[NNQ_INT4_PIXELS]; /* sums of the windows, 8 times */
} job;

/* All channels of `pixels` outputs, one or four. */
static void compute(const job *at, int32_t pixels, int8_t *output) {
    const uint32_t words = nnq_int4_words(at->shape);
    const int32_t channels = at->shape->out_channels;
    const uint8_t *weights = nnq_int4_weights(at->shape, at->constants);
    for (int32_t c = 0; c < channels; c++, weights += 4 * (size_t)words) {
        const int32_t bias = nnq_load_i32(nnq_int4_bias(at->constants, c));
        nnq_int4_four sums;
        if (pixels == 1) {
            sums.of[0] = nnq_int4_sum_one(weights, words, at->windows);
        } else {
            sums = nnq_int4_sum_four(weights, words, at->windows);
        }
        for (int32_t p = 0; p < pixels; p++) {
            output[p * channels + c] = nnq_int4_output(&at->scales, bias + sums.of[p] - at->inputs[p], c);
        }
    }
}

/* acc = bias[oc] + sum of filter * input; |acc| < 2^23, which the verifier made sure of. */
void nnq_conv2d_int4(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                     uint8_t *scratch) {
    int16_t *windows = (int16_t *)(void *)scratch;
    const int32_t together = nnq_int4_pixels(shape);
    const int32_t count = shape->out_height * shape->out_width;
    job at = {.shape = shape, .constants = constants, .windows = windows};
    at.scales = nnq_int4_load_scales(shape, constants, nnq_int4_words(shape) * shape->out_channels);
    for (int32_t first = 0; first < count;) {
        /* The last outputs go once more over those before them. */
        first = first + together > count ? count - together : first;
        for (int32_t p = 0; p < together; p++) {
            const int32_t y = (first + p) / shape->out_width;
            const int32_t x = (first + p) % shape->out_width;
            at.inputs[p] = NNQ_INT4_BIAS * put_window(windows + 2 * p, together, shape, input, y, x);
        }
        compute(&at, together, output + first * shape->out_channels);
        first += together;
    }
}
