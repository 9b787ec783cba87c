/* SPDX-License-Identifier: Apache-2.0
 * The shape of the dense op that a conv2d is whose window is its whole input.
 */
#ifndef NNQ_CONV2D_WHOLE_RV32_H
#define NNQ_CONV2D_WHOLE_RV32_H

#include "../shape.h"

static inline nnq_shape nnq_conv2d_whole_rv32_shape(const nnq_shape *shape) {
    nnq_shape dense = {1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 0, 0, 0, 0};
    dense.in_channels = (uint16_t)(shape->in_height * shape->in_width * shape->in_channels);
    dense.out_channels = shape->out_channels;
    dense.in_zero_point = shape->in_zero_point;
    dense.away = shape->away;
    return dense;
}

#endif
