/* SPDX-License-Identifier: Apache-2.0
 * dense with weights of 4 bits: a convolution of one output whose window is the whole input.
 */
#include "rows_int4.h"

void nnq_dense_int4(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                    uint8_t *scratch) {
    const uint32_t words = nnq_int4_words(shape);
    const nnq_int4_scales scales = nnq_int4_load_scales(shape, constants, words * shape->out_channels);
    const uint8_t *weights = nnq_int4_weights(shape, constants);
    int16_t *window = (int16_t *)(void *)scratch;
    int32_t inputs = 0;
    for (uint32_t i = 0; i < 8 * words; i++) {
        window[i] = i < shape->in_channels ? input[i] : 0;
        inputs += window[i];
    }
    for (int32_t c = 0; c < shape->out_channels; c++, weights += 4 * (size_t)words) {
        const int32_t sum = nnq_int4_sum_one(weights, words, window) - NNQ_INT4_BIAS * inputs;
        output[c] = nnq_int4_output(&scales, nnq_load_i32(nnq_int4_bias(constants, c)) + sum, c);
    }
}
