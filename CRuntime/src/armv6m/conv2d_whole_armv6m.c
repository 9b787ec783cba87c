/* SPDX-License-Identifier: Apache-2.0
 * conv2d for Armv6-M where the window is the whole map, and the output one pixel: dense.
 */
#include "../shape.h"

#if NNQ_ISA_ARMV6M

#include "conv2d_whole_armv6m.h"

void nnq_conv2d_whole_armv6m(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                             uint8_t *scratch) {
    const nnq_shape dense = nnq_whole_shape(shape);
    nnq_dense_armv6m(&dense, constants, input, output, scratch);
}

#endif
