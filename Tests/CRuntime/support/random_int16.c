/* SPDX-License-Identifier: Apache-2.0
 * Ops on int16 activations with random, legal parameters, shapes and constants.
 */
#include "random_parts.h"
#include "random_windows.h"

#include <math.h>

enum { MOST_WEIGHTS = 4096, MOST_CHANNELS = 64 };

/* Whether the tensor is int16; an input of the model that nothing reads yet is made so. */
static int becomes_int16(builder *b, int32_t input) {
    if (b->op_count == 0 && !random_is_remembered(b, input)) {
        b->tensors[input].type = NNQ_INT16;
        b->tensors[input].zero_point = 0;
    }
    return b->tensors[input].type == NNQ_INT16;
}

/* Appends an op whose output is int16. */
static int32_t add_op(builder *b, const nnq_params *params, const int32_t *inputs, int32_t count, int32_t height,
                      int32_t width, int32_t channels) {
    const int32_t output = builder_op_add(b, params, inputs, count, height, width, channels, 0);
    b->tensors[output].type = NNQ_INT16;
    return output;
}

/* Usually all of int16. */
static void random_clamp_int16(rng *r, int32_t *act_min, int32_t *act_max) {
    *act_min = -32768;
    *act_max = 32767;
    if (rng_once_in(r, 3)) {
        *act_min = rng_range(r, -32768, 32767);
        *act_max = rng_range(r, *act_min, 32767);
    }
}

/* As random_affine of random_op.c: typical sums come into int16's range. */
static void random_affine_int16(builder *b, rng *r, int32_t channels, int32_t taps, nnq_dense_int16_params *p) {
    int8_t filter[MOST_WEIGHTS];
    int32_t bias[MOST_CHANNELS];
    int32_t multiplier[MOST_CHANNELS];
    uint8_t shift[MOST_CHANNELS];
    random_clamp_int16(r, &p->act_min, &p->act_max);
    const double bound = 32768.0 * 127 * taps;
    p->wide = bound > (1 << 30) || rng_once_in(r, 2);
    const double room = (p->wide ? 140737488355327.0 : 2147483647.0) / (2 * bound);
    const int32_t most = (int32_t)log2(room);
    p->pre_shift = rng_range(r, 0, most > 31 ? 31 : most);
    const int32_t typical = 31 + (int32_t)(log2(64 * sqrt((double)taps)) + 0.5) + p->pre_shift;
    const double bias_room = fmin(bound, 2147483647.0);
    for (int32_t i = 0; i < channels * taps; i++) {
        filter[i] = (int8_t)rng_range(r, -127, 127);
    }
    for (int32_t c = 0; c < channels; c++) {
        const int32_t chosen = typical + rng_range(r, -3, 3);
        bias[c] = rng_range(r, (int32_t)-bias_room, (int32_t)bias_room) / (rng_once_in(r, 3) ? 1 : 64);
        multiplier[c] = rng_once_in(r, 8) ? INT32_MAX : rng_range(r, 1 << 30, INT32_MAX);
        shift[c] = (uint8_t)(chosen < 33 ? 33 : chosen > 62 ? 62 : chosen);
    }
    p->shift = rng_once_in(r, 4) ? 0 : builder_base(channels, multiplier, shift);
    p->filter = builder_filter(b, filter, (size_t)(channels * taps), channels, bias, multiplier, shift, p->shift);
}

int32_t random_conv2d_int16(builder *b, rng *r, int32_t input) {
    const builder_tensor in = b->tensors[input];
    const random_window v = random_axis(r, in.height, 1, 1);
    const random_window h = random_axis(r, in.width, 1, 1);
    const int32_t groups = in.channels % 2 == 0 && rng_once_in(r, 3) ? 2 : rng_once_in(r, 8) ? in.channels : 1;
    const int32_t channels = groups * random_small(r, groups > 1 ? 2 : 6);
    const int32_t taps = v.kernel * h.kernel * (in.channels / groups);
    nnq_dense_int16_params affine;
    if (channels > MOST_CHANNELS || channels * taps > MOST_WEIGHTS || !becomes_int16(b, input)) {
        return -1;
    }
    random_affine_int16(b, r, channels, taps, &affine);
    const nnq_params params = {
        .conv2d_int16 = {NNQ_OP_CONV2D_INT16, v.kernel, h.kernel, v.stride, h.stride, v.dilation, h.dilation, v.before,
                         v.after, h.before, h.after, groups, affine.act_min, affine.act_max, affine.wide,
                         affine.pre_shift, affine.shift, affine.filter}};
    return add_op(b, &params, &input, 1, v.out, h.out, channels);
}

int32_t random_depthwise_conv2d_int16(builder *b, rng *r, int32_t input) {
    const builder_tensor in = b->tensors[input];
    const random_window v = random_axis(r, in.height, 1, 1);
    const random_window h = random_axis(r, in.width, 1, 1);
    nnq_dense_int16_params affine;
    if (in.channels > MOST_CHANNELS || !becomes_int16(b, input)) {
        return -1;
    }
    random_affine_int16(b, r, in.channels, v.kernel * h.kernel, &affine);
    const nnq_params params = {
        .depthwise_conv2d_int16 = {NNQ_OP_DEPTHWISE_CONV2D_INT16, v.kernel, h.kernel, v.stride, h.stride, v.dilation,
                                   h.dilation, v.before, v.after, h.before, h.after, affine.act_min, affine.act_max,
                                   affine.wide, affine.pre_shift, affine.shift, affine.filter}};
    return add_op(b, &params, &input, 1, v.out, h.out, in.channels);
}

int32_t random_dense_int16(builder *b, rng *r, int32_t input) {
    const builder_tensor in = b->tensors[input];
    const int32_t count = in.height * in.width * in.channels;
    const int32_t channels = random_small(r, 6);
    nnq_params params;
    if (count > MOST_WEIGHTS / channels || !becomes_int16(b, input)) {
        return -1;
    }
    random_affine_int16(b, r, channels, count, &params.dense_int16);
    params.opcode = NNQ_OP_DENSE_INT16;
    return add_op(b, &params, &input, 1, 1, 1, channels);
}

int32_t random_max_pool_int16(builder *b, rng *r, int32_t input) {
    const builder_tensor in = b->tensors[input];
    const random_window v = random_axis(r, in.height, 0, 0);
    const random_window h = random_axis(r, in.width, 0, 0);
    nnq_params params = {.max_pool_int16 = {NNQ_OP_MAX_POOL_INT16, v.kernel, h.kernel, v.stride, h.stride, v.before,
                                            v.after, h.before, h.after, 0, 0}};
    if (!becomes_int16(b, input)) {
        return -1;
    }
    random_clamp_int16(r, &params.max_pool_int16.act_min, &params.max_pool_int16.act_max);
    return add_op(b, &params, &input, 1, v.out, h.out, in.channels);
}

int32_t random_average_pool_int16(builder *b, rng *r, int32_t input) {
    const builder_tensor in = b->tensors[input];
    const random_window v = random_axis(r, in.height, 0, 0);
    const random_window h = random_axis(r, in.width, 0, 0);
    const int32_t pre_shift = rng_range(r, 0, 11);
    uint8_t multipliers[64];
    if (!becomes_int16(b, input)) {
        return -1;
    }
    for (int32_t n = 0; n < v.kernel * h.kernel; n++) {
        put_u32(multipliers + 4 * n, (uint32_t)rng_range(r, 0, INT32_MAX) / (uint32_t)(n + 1));
    }
    nnq_params params = {.average_pool_int16 = {NNQ_OP_AVERAGE_POOL_INT16, v.kernel, h.kernel, v.stride, h.stride,
                                                v.before, v.after, h.before, h.after, 0, 0, pre_shift,
                                                rng_range(r, 33, 33 + pre_shift), 0}};
    random_clamp_int16(r, &params.average_pool_int16.act_min, &params.average_pool_int16.act_max);
    params.average_pool_int16.multipliers = builder_data(b, multipliers, (size_t)(4 * v.kernel * h.kernel));
    return add_op(b, &params, &input, 1, v.out, h.out, in.channels);
}

static int32_t random_signed(rng *r) {
    if (rng_once_in(r, 8)) {
        return rng_range(r, 0, 1) ? INT32_MAX : -INT32_MAX;
    }
    return (int32_t)rng_range(r, -INT32_MAX, INT32_MAX) >> rng_range(r, 0, 12);
}

int32_t random_add_int16(builder *b, rng *r, int32_t input) {
    const builder_tensor in = b->tensors[input];
    if (!becomes_int16(b, input)) {
        return -1;
    }
    int32_t other = rng_range(r, 0, b->tensor_count - 1);
    const builder_tensor *o = &b->tensors[other];
    const int fits = o->height == in.height && o->width == in.width && o->channels == in.channels;
    if (!fits || random_is_remembered(b, other) || !becomes_int16(b, other)) {
        other = input;
    }
    const int32_t inputs[2] = {rng_once_in(r, 2) ? other : input, other};
    nnq_params params = {.add_int16 = {NNQ_OP_ADD_INT16, random_signed(r), random_signed(r), 0, 0, 0}};
    params.add_int16.shift = rng_once_in(r, 4) ? rng_range(r, 33, 62) : rng_range(r, 43, 47);
    random_clamp_int16(r, &params.add_int16.act_min, &params.add_int16.act_max);
    return add_op(b, &params, inputs, 2, in.height, in.width, in.channels);
}

int32_t random_softmax_int16(builder *b, rng *r, int32_t input) {
    const builder_tensor in = b->tensors[input];
    const double scale = rng_once_in(r, 4) ? 0 : rng_range(r, 1, 100) / 10000.0;
    uint8_t exponentials[1024];
    int32_t count = 0;
    if (!becomes_int16(b, input)) {
        return -1;
    }
    while (count < 256 && (count == 0 || lround(65535 * exp(-256 * scale * count)) > 0)) {
        put_u16(exponentials + 2 * count, (uint32_t)lround(65535 * exp(-256 * scale * count)));
        count++;
    }
    for (int32_t i = 0; i < 256; i++) {
        put_u16(exponentials + 2 * (count + i), (uint32_t)lround(65535 * exp(-scale * i)));
    }
    const nnq_params params = {.softmax_int16 = {NNQ_OP_SOFTMAX_INT16, count,
                                                 builder_data(b, exponentials, 2 * (size_t)(count + 256))}};
    const int32_t output = add_op(b, &params, &input, 1, in.height, in.width, in.channels);
    b->tensors[output].scale_bits = 0x38000000u;
    return output;
}

int32_t random_requantize(builder *b, rng *r, int32_t input) {
    const builder_tensor in = b->tensors[input];
    const int is_int16 = in.type == NNQ_INT16 || (rng_once_in(r, 2) && becomes_int16(b, input));
    const int widens = rng_once_in(r, 2);
    const int32_t change = (widens ? 16 : 8) - (is_int16 ? 16 : 8);
    nnq_params params = {.requantize = {NNQ_OP_REQUANTIZE, rng_range(r, 1 << 30, INT32_MAX),
                                        45 - change + rng_range(r, -2, 3), 0, 0}};
    if (in.type == NNQ_INT32) {
        return -1;
    }
    if (!widens) {
        random_clamp(r, &params.requantize.act_min, &params.requantize.act_max);
        return builder_op_add(b, &params, &input, 1, in.height, in.width, in.channels, random_zero_point(r));
    }
    random_clamp_int16(r, &params.requantize.act_min, &params.requantize.act_max);
    return add_op(b, &params, &input, 1, in.height, in.width, in.channels);
}
