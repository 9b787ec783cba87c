/* SPDX-License-Identifier: Apache-2.0
 * depthwise_conv2d with weights of 4 bits; depthwise_conv2d_int4_layout.c has its constants. 8 channels at a time, whose
 * weights of a tap are one word.
 */
#include "int4.h"

/* sums[n] += weight n of the word * input[n], or * zero_point where there is no input. */
static void add_tap(uint32_t word, const int8_t *input, int32_t zero_point, int32_t lanes, int32_t *sums) {
    for (int32_t n = 0; n < lanes; n++) {
        const int32_t weight = (int32_t)(word >> nnq_int4_bit((uint32_t)n) & 15u) - NNQ_INT4_BIAS;
        sums[n] += weight * (input != NULL ? input[n] : zero_point);
    }
}

/* The window's sums of `lanes` channels; `input` is at the first of them. */
static void add_window(const nnq_shape *shape, const uint8_t *weights, const int8_t *input, int32_t top, int32_t left,
                       int32_t lanes, int32_t *sums) {
    for (int32_t row = top; row < top + shape->kernel_height; row++) {
        for (int32_t column = left; column < left + shape->kernel_width; column++, weights += 4) {
            const int32_t is_inside = row >= 0 && row < shape->in_height && column >= 0 && column < shape->in_width;
            const int32_t at = (row * shape->in_width + column) * shape->in_channels;
            add_tap(nnq_load_u32(weights), is_inside ? input + at : NULL, shape->in_zero_point, lanes, sums);
        }
    }
}

/* acc = bias[c] + sum of filter * input; |acc| < 2^23, which the verifier made sure of. */
void nnq_depthwise_conv2d_int4(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                               uint8_t *scratch) {
    const int32_t channels = shape->out_channels;
    const int32_t group_bytes = 4 * shape->kernel_height * shape->kernel_width;
    const nnq_int4_scales scales = nnq_int4_load_scales(shape, constants, nnq_int4_depthwise_words(shape));
    (void)scratch;
    for (int32_t y = 0; y < shape->out_height; y++) {
        for (int32_t x = 0; x < shape->out_width; x++) {
            const int32_t top = y * shape->stride_height - shape->pad_top;
            const int32_t left = x * shape->stride_width - shape->pad_left;
            for (int32_t c = 0; c < channels; c += 8, output += 8) {
                const int32_t lanes = channels - c < 8 ? channels - c : 8;
                const uint8_t *weights = nnq_int4_weights(shape, constants) + c / 8 * group_bytes;
                int32_t sums[8];
                for (int32_t n = 0; n < lanes; n++) {
                    sums[n] = nnq_load_i32(nnq_int4_bias(constants, c + n));
                }
                add_window(shape, weights, input + c, top, left, lanes, sums);
                for (int32_t n = 0; n < lanes; n++) {
                    output[n] = nnq_int4_output(&scales, sums[n], c + n);
                }
                output -= 8 - lanes;
            }
        }
    }
}
