/* SPDX-License-Identifier: Apache-2.0
 * conv2d for RV32 whose window is its whole input; conv2d_whole_rv32_layout.c has its constants.
 */
#include "../shape.h"

#if NNQ_ISA_RV32

#include "conv2d_whole_rv32.h"

void nnq_conv2d_whole_rv32(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                           uint8_t *scratch) {
    const nnq_shape dense = nnq_conv2d_whole_rv32_shape(shape);
    nnq_dense_rv32(&dense, constants, input, output, scratch);
}

#endif
