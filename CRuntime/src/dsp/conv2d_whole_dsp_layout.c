/* SPDX-License-Identifier: Apache-2.0
 * The constants of conv2d for Armv7E-M whose one window is the whole map: those of dense_dsp_layout.c, for taps as
 * inputs.
 */
#include "../packed.h"

/* The op as a dense one; in_channels is 0 where it is none. */
static nnq_shape as_dense(const nnq_shape *shape) {
    const uint32_t taps = nnq_shape_taps(shape, NNQ_OP_CONV2D);
    const int32_t is_whole = shape->out_height == 1 && shape->out_width == 1 && shape->pad_top == 0 &&
                             shape->pad_left == 0 && shape->kernel_height == shape->in_height &&
                             shape->kernel_width == shape->in_width && taps <= UINT16_MAX;
    nnq_shape dense = *shape;
    dense.in_channels = is_whole ? (uint16_t)taps : 0;
    return dense;
}

static uint32_t size(const nnq_shape *shape) {
    const nnq_shape dense = as_dense(shape);
    return dense.in_channels == 0 ? 0 : nnq_packed_dense_dsp.size(&dense);
}

static uint32_t scratch(const nnq_shape *shape) {
    const nnq_shape dense = as_dense(shape);
    return nnq_packed_dense_dsp.scratch(&dense);
}

static int32_t weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap) {
    const nnq_shape dense = as_dense(shape);
    return nnq_packed_dense_dsp.weight(&dense, constants, channel, tap);
}

static void load(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded) {
    const nnq_shape dense = as_dense(shape);
    nnq_packed_dense_dsp.channel(&dense, constants, channel, loaded);
}

static int32_t valid(const nnq_shape *shape, const uint8_t *constants) {
    const nnq_shape dense = as_dense(shape);
    return nnq_packed_dense_dsp.valid(&dense, constants);
}

int32_t nnq_pack_conv2d_whole_dsp(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                                  uint8_t *constants) {
    const nnq_shape dense = as_dense(shape);
    return nnq_pack_dense_dsp(&dense, filter, channels, constants);
}

NNQ_DEFINE_PACKED(conv2d_whole_dsp, CONV2D, DSP, size, scratch, weight, load, valid);
