/* SPDX-License-Identifier: Apache-2.0
 * conv2d for Armv7E-M whose one window is the whole map: dense.
 */
#include "../shape.h"

#if NNQ_ISA_DSP

void nnq_conv2d_whole_dsp(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                          uint8_t *scratch) {
    nnq_shape dense = *shape;
    dense.in_channels = (uint16_t)(shape->kernel_height * shape->kernel_width * shape->in_channels);
    nnq_dense_dsp(&dense, constants, input, output, scratch);
}

#endif
