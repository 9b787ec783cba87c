/* SPDX-License-Identifier: Apache-2.0
 * dense for Armv6-M; dense_armv6m_layout.c has its constants.
 */
#include "../shape.h"

#if NNQ_ISA_ARMV6M

#include "../bytes.h"

void nnq_dense_armv6m(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                      uint8_t *scratch) {
    (void)scratch;
    for (int32_t c = 0; c < shape->out_channels; c++) {
        const nnq_high_scale scale = {nnq_load_i32(constants + 4), nnq_load_i32(constants + 8),
                                      nnq_load_i32(constants + 12)};
        const int8_t *weights = (const int8_t *)constants + 16;
        int32_t acc = nnq_load_i32(constants);
        for (int32_t i = 0; i < shape->in_channels; i++) {
            acc += input[i] * weights[i];
        }
        const int32_t value = nnq_scale_high(acc, &scale, shape->away);
        output[c] = (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
        constants += 16 + (shape->in_channels + 3) / 4 * 4;
    }
}

#endif
