/* SPDX-License-Identifier: Apache-2.0
 * Any depthwise_conv2d for RV32; depthwise_rv32.h has its constants.
 */
#include "../shape.h"

#if NNQ_ISA_RV32

#include "depthwise_rv32.h"

typedef const int32_t __attribute__((may_alias)) depthwise_word;

/* What part of a window of `size` lies between 0 and `end`. */
static int32_t depthwise_clip(int32_t *first, int32_t at, int32_t size, int32_t end) {
    *first = at < 0 ? -at : 0;
    return size < end - at ? size : end - at;
}

/* The sum of weight * (pixel - zero point): padding adds nothing. */
static int32_t depthwise_sum(const nnq_shape *shape, const int8_t *weights, const int8_t *input, int32_t y, int32_t x) {
    const int32_t step = shape->in_channels;
    int32_t first_row, first_column;
    const int32_t end_row = depthwise_clip(&first_row, y, shape->kernel_height, shape->in_height);
    const int32_t end_column = depthwise_clip(&first_column, x, shape->kernel_width, shape->in_width);
    int32_t sum = 0;
    for (int32_t i = first_row; i < end_row; i++) {
        const int8_t *weight = weights + i * shape->kernel_width + first_column;
        const int8_t *end = weights + i * shape->kernel_width + end_column;
        for (int32_t at = ((y + i) * shape->in_width + x + first_column) * step; weight < end; at += step) {
            sum += *weight++ * (input[at] - shape->in_zero_point);
        }
    }
    return sum;
}

static void depthwise_channel(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output) {
    const int8_t *weights = (const int8_t *)constants + NNQ_DEPTHWISE_RV32_HEAD;
    depthwise_word *words = (depthwise_word *)constants;
    const nnq_high_scale scale = {words[0], words[1], words[2] & 31};
    int32_t bias = words[2] >> 8;
    for (int32_t tap = 0; tap < shape->kernel_height * shape->kernel_width; tap++) {
        bias += weights[tap] * shape->in_zero_point;
    }
    for (int32_t y = 0; y < shape->out_height; y++) {
        for (int32_t x = 0; x < shape->out_width; x++) {
            const int32_t sum = depthwise_sum(shape, weights, input, y * shape->stride_height - shape->pad_top,
                                              x * shape->stride_width - shape->pad_left);
            const int32_t value = nnq_scale_high(bias + sum, &scale, shape->away);
            *output = (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
            output += shape->out_channels;
        }
    }
}

void nnq_depthwise_rv32(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                        uint8_t *scratch) {
    (void)scratch;
    for (int32_t c = 0; c < shape->in_channels; c++) {
        depthwise_channel(shape, constants, input + c, output + c);
        constants += nnq_depthwise_rv32_bytes(shape);
    }
}

#endif
