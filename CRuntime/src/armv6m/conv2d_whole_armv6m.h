/* SPDX-License-Identifier: Apache-2.0
 * The dense op that a conv2d is whose window is the whole map.
 */
#ifndef NNQ_CONV2D_WHOLE_ARMV6M_H
#define NNQ_CONV2D_WHOLE_ARMV6M_H

#include "../shape.h"

static inline nnq_shape nnq_whole_shape(const nnq_shape *shape) {
    nnq_shape dense = *shape;
    dense.in_channels = (uint16_t)((uint32_t)shape->in_height * shape->in_width * shape->in_channels);
    return dense;
}

#endif
