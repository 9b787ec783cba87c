/* SPDX-License-Identifier: Apache-2.0
 * What the kernel and the layout of depthwise_conv2d for Armv6-M share: tiles of the map, and what lies where in scratch.
 */
#ifndef NNQ_DEPTHWISE_CONV2D_ARMV6M_H
#define NNQ_DEPTHWISE_CONV2D_ARMV6M_H

#include "../shape.h"

enum {
    NNQ_PLANES_BYTES = 2560, /* what a tile's planes may take, if a tile can be that small */
    NNQ_PLANES_SLACK = 64,   /* behind them: blocks and fills may run over their end */
    NNQ_TAP_ROUND = 9,       /* the table of taps has a multiple of this */
    NNQ_TAP_ENTRY_BYTES = 8,
    NNQ_PLANE_ENTRY_BYTES = 24
};

/* A direction of the map. Phase p of it has the padded input's places p, p + stride, ... */
typedef struct nnq_axis {
    int32_t in;
    int32_t out;
    int32_t kernel;
    int32_t stride;
    int32_t pad;
    int32_t phases; /* that taps are in: the smaller of stride and kernel */
    int32_t more;   /* places that a tile needs in a phase beyond its outputs: (kernel - 1) / stride */
    int32_t tile;   /* outputs of a tile */
    int32_t in_step; /* bytes */
    int32_t out_step;
} nnq_axis;

static inline nnq_axis nnq_make_axis(int32_t in, int32_t out, int32_t kernel, int32_t stride, int32_t pad,
                                     int32_t in_step, int32_t out_step) {
    nnq_axis axis = {in, out, kernel, stride, pad, stride < kernel ? stride : kernel, 0, out, in_step, out_step};
    for (int32_t left = kernel - stride; left > 0; left -= stride) {
        axis.more++;
    }
    return axis;
}

/* Bytes of one plane, and of all. */
static inline uint32_t nnq_plane_bytes(const nnq_axis *slow, const nnq_axis *fast) {
    return 4 * (uint32_t)(slow->tile + slow->more) * (uint32_t)(fast->tile + fast->more);
}

static inline uint32_t nnq_planes_bytes(const nnq_axis *slow, const nnq_axis *fast) {
    return (uint32_t)(slow->phases * fast->phases) * nnq_plane_bytes(slow, fast);
}

/* The longer direction is the fast one, since each row of a plane ends in places that are computed for nothing. */
static inline void nnq_make_axes(const nnq_shape *shape, nnq_axis *slow, nnq_axis *fast) {
    const int32_t c = shape->in_channels;
    const nnq_axis down = nnq_make_axis(shape->in_height, shape->out_height, shape->kernel_height, shape->stride_height,
                                        shape->pad_top, shape->in_width * c, shape->out_width * c);
    const nnq_axis across = nnq_make_axis(shape->in_width, shape->out_width, shape->kernel_width, shape->stride_width,
                                          shape->pad_left, c, c);
    *slow = shape->out_height > shape->out_width ? across : down;
    *fast = shape->out_height > shape->out_width ? down : across;
    while (slow->tile > 1 && nnq_planes_bytes(slow, fast) > NNQ_PLANES_BYTES) {
        slow->tile = (slow->tile + 1) >> 1;
    }
    while (fast->tile > 1 && nnq_planes_bytes(slow, fast) > NNQ_PLANES_BYTES) {
        fast->tile = (fast->tile + 1) >> 1;
    }
}

/* Scratch has, in this order, planes, taps, planes' entries. */
static inline uint32_t nnq_taps_bytes(const nnq_shape *shape) {
    uint32_t bytes = 0;
    for (int32_t left = shape->kernel_height * shape->kernel_width; left > 0; left -= NNQ_TAP_ROUND) {
        bytes += NNQ_TAP_ROUND * NNQ_TAP_ENTRY_BYTES;
    }
    return bytes;
}

#endif
