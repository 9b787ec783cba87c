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
    int16_t *windows;
    int32_t pixels;
    uint32_t tap;
    int32_t sum;
} writer;

/* `count` inputs, or as many zero points. */
static void put(writer *to, const int8_t *input, int32_t count, int32_t zero_point) {
    for (int32_t i = 0; i < count; i++) {
        const int32_t value = input != NULL ? input[i] : zero_point;
        to->windows[nnq_int4_place(to->tap++, to->pixels)] = (int16_t)value;
        to->sum += value;
    }
}

/* Writes one window, and returns the sum of its inputs. */
static int32_t put_window(writer to, const nnq_shape *shape, const int8_t *input, int32_t y, int32_t x) {
    const int32_t top = y * shape->stride_height - shape->pad_top;
    const int32_t left = x * shape->stride_width - shape->pad_left;
    for (int32_t row = top; row < top + shape->kernel_height; row++) {
        for (int32_t column = left; column < left + shape->kernel_width; column++) {
            const int32_t is_inside =
                row >= 0 && row < shape->in_height && column >= 0 && column < shape->in_width;
            const int32_t at = (row * shape->in_width + column) * shape->in_channels;
            put(&to, is_inside ? input + at : NULL, shape->in_channels, shape->in_zero_point);
        }
    }
    while (to.tap % 8 != 0) {
        put(&to, NULL, 1, 0);
    }
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
            const writer to = {windows + 2 * p, together, 0, 0};
            const int32_t pixel = first + p;
            at.inputs[p] =
                NNQ_INT4_BIAS * put_window(to, shape, input, pixel / shape->out_width, pixel % shape->out_width);
        }
        compute(&at, together, output + first * shape->out_channels);
        first += together;
    }
}
