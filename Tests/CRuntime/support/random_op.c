/* SPDX-License-Identifier: Apache-2.0
 * Ops with random, legal parameters, shapes and constants.
 */
#include "random_parts.h"
#include "random_windows.h"

#include <math.h>

int32_t random_small(rng *r, int32_t high) {
    return rng_once_in(r, 3) ? 1 : rng_range(r, 1, high);
}

int32_t random_zero_point(rng *r) {
    static const int32_t edges[3] = {-128, 0, 127};
    return rng_once_in(r, 2) ? edges[rng_range(r, 0, 2)] : rng_range(r, -128, 127);
}

int32_t random_input(builder *b, rng *r, int32_t size) {
    return builder_input(b, random_small(r, size), random_small(r, size), random_small(r, 12), random_zero_point(r));
}

void random_clamp(rng *r, int32_t *act_min, int32_t *act_max) {
    *act_min = -128;
    *act_max = 127;
    if (rng_once_in(r, 3)) {
        *act_min = rng_range(r, -128, 127);
        *act_max = rng_range(r, *act_min, 127);
    }
}

enum { MOST_WEIGHTS = 4096, MOST_CHANNELS = 64 };

/* A filter of `taps` weights for each of `channels`, and a block that brings typical sums into int8's range. */
static void random_affine(builder *b, rng *r, int32_t channels, int32_t taps, nnq_dense_params *p) {
    int8_t filter[MOST_WEIGHTS];
    int32_t bias[MOST_CHANNELS];
    int32_t multiplier[MOST_CHANNELS];
    uint8_t shift[MOST_CHANNELS];
    random_clamp(r, &p->act_min, &p->act_max);
    p->rounding = rng_range(r, 0, 1);
    const int64_t room = INT32_MAX / (2 * 128 * 127 * (int64_t)taps);
    p->pre_shift = p->rounding ? 0 : rng_range(r, 0, (int32_t)log2((double)room));
    const int32_t typical = 31 + (int32_t)(log2(64 * sqrt((double)taps)) + 0.5);
    for (int32_t i = 0; i < channels * taps; i++) {
        filter[i] = (int8_t)rng_range(r, -127, 127);
    }
    for (int32_t c = 0; c < channels; c++) {
        const int32_t least = p->rounding ? 31 : 33;
        int32_t chosen = typical + p->pre_shift + rng_range(r, -3, 3);
        if (p->rounding && rng_once_in(r, 6)) {
            chosen = 31 - rng_range(r, 0, (int32_t)log2((double)room));
        }
        bias[c] = rng_range(r, -20000, 20000) / (p->rounding && chosen < 31 ? 1 << (31 - chosen) : 1);
        bias[c] /= 1 << (p->pre_shift > 15 ? 15 : p->pre_shift);
        multiplier[c] = rng_once_in(r, 8) ? INT32_MAX : rng_range(r, 1 << 30, INT32_MAX);
        shift[c] = (uint8_t)(chosen < least && !(p->rounding && chosen > 0) ? least : chosen > 62 ? 62 : chosen);
    }
    p->shift = rng_once_in(r, 4) ? 0 : builder_base(channels, multiplier, shift);
    p->filter = builder_filter(b, filter, (size_t)(channels * taps), channels, bias, multiplier, shift, p->shift);
}

random_window random_axis(rng *r, int32_t in, int32_t dilated, int32_t wide_pads) {
    random_window a;
    int32_t extent;
    do {
        a.kernel = random_small(r, 4);
        a.stride = random_small(r, 3);
        a.dilation = dilated ? random_small(r, 3) : 1;
        a.before = rng_once_in(r, 2) ? 0 : rng_range(r, 0, wide_pads ? 6 : a.kernel - 1);
        a.after = rng_once_in(r, 2) ? a.before : rng_range(r, 0, wide_pads ? 6 : a.kernel - 1);
        extent = (a.kernel - 1) * a.dilation + 1;
    } while (in + a.before + a.after < extent);
    a.out = (in + a.before + a.after - extent) / a.stride + 1;
    return a;
}

int32_t random_conv2d(builder *b, rng *r, int32_t input) {
    const builder_tensor in = b->tensors[input];
    const random_window v = random_axis(r, in.height, 1, 1);
    const random_window h = random_axis(r, in.width, 1, 1);
    const int32_t groups = in.channels % 2 == 0 && rng_once_in(r, 3) ? 2 : rng_once_in(r, 8) ? in.channels : 1;
    const int32_t channels = groups * random_small(r, groups > 1 ? 2 : 6);
    const int32_t taps = v.kernel * h.kernel * (in.channels / groups);
    nnq_dense_params affine;
    if (channels > MOST_CHANNELS || channels * taps > MOST_WEIGHTS) {
        return -1;
    }
    random_affine(b, r, channels, taps, &affine);
    const nnq_params params = {.conv2d = {NNQ_OP_CONV2D, v.kernel, h.kernel, v.stride, h.stride, v.dilation, h.dilation,
                                          v.before, v.after, h.before, h.after, groups, affine.act_min, affine.act_max,
                                          affine.rounding, affine.pre_shift, affine.shift, affine.filter}};
    return builder_op_add(b, &params, &input, 1, v.out, h.out, channels, random_zero_point(r));
}

int32_t random_depthwise_conv2d(builder *b, rng *r, int32_t input) {
    const builder_tensor in = b->tensors[input];
    const random_window v = random_axis(r, in.height, 1, 1);
    const random_window h = random_axis(r, in.width, 1, 1);
    nnq_dense_params affine;
    if (in.channels > MOST_CHANNELS) {
        return -1;
    }
    random_affine(b, r, in.channels, v.kernel * h.kernel, &affine);
    const nnq_params params = {
        .depthwise_conv2d = {NNQ_OP_DEPTHWISE_CONV2D, v.kernel, h.kernel, v.stride, h.stride, v.dilation, h.dilation,
                             v.before, v.after, h.before, h.after, affine.act_min, affine.act_max, affine.rounding,
                             affine.pre_shift, affine.shift, affine.filter}};
    return builder_op_add(b, &params, &input, 1, v.out, h.out, in.channels, random_zero_point(r));
}

int32_t random_transpose_conv2d(builder *b, rng *r, int32_t input) {
    const builder_tensor in = b->tensors[input];
    const int32_t kernel[2] = {random_small(r, 5), random_small(r, 5)};
    const int32_t stride[2] = {random_small(r, 4), random_small(r, 4)};
    const int32_t dilation[2] = {random_small(r, 3), random_small(r, 3)};
    const int32_t pad[2] = {rng_range(r, 0, 4), rng_range(r, 0, 4)};
    const int32_t groups = in.channels % 2 == 0 && rng_once_in(r, 3) ? 2 : rng_once_in(r, 8) ? in.channels : 1;
    const int32_t channels = groups * random_small(r, groups > 1 ? 2 : 6);
    const int32_t taps = kernel[0] * kernel[1] * (in.channels / groups);
    int32_t size[2] = {in.height, in.width};
    nnq_dense_params affine;
    for (int i = 0; i < 2; i++) {
        const int32_t covered = (size[i] - 1) * stride[i] + (kernel[i] - 1) * dilation[i] + 1 - pad[i];
        size[i] = rng_range(r, 1, (covered < 1 ? 1 : covered) + 2);
    }
    if (channels > MOST_CHANNELS || channels * taps > MOST_WEIGHTS || size[0] > 40 || size[1] > 40) {
        return -1;
    }
    random_affine(b, r, channels, taps, &affine);
    const nnq_params params = {
        .transpose_conv2d = {NNQ_OP_TRANSPOSE_CONV2D, kernel[0], kernel[1], stride[0], stride[1], dilation[0],
                             dilation[1], pad[0], pad[1], groups, affine.act_min, affine.act_max, affine.rounding,
                             affine.pre_shift, affine.shift, affine.filter}};
    return builder_op_add(b, &params, &input, 1, size[0], size[1], channels, random_zero_point(r));
}

int32_t random_dense(builder *b, rng *r, int32_t input) {
    const builder_tensor in = b->tensors[input];
    const int32_t count = in.height * in.width * in.channels;
    const int32_t channels = random_small(r, 6);
    nnq_params params;
    if (count * channels > MOST_WEIGHTS) {
        return -1;
    }
    random_affine(b, r, channels, count, &params.dense);
    params.opcode = NNQ_OP_DENSE;
    return builder_op_add(b, &params, &input, 1, 1, 1, channels, random_zero_point(r));
}

int32_t random_max_pool(builder *b, rng *r, int32_t input) {
    const builder_tensor in = b->tensors[input];
    const random_window v = random_axis(r, in.height, 0, 0);
    const random_window h = random_axis(r, in.width, 0, 0);
    nnq_params params = {.max_pool = {NNQ_OP_MAX_POOL, v.kernel, h.kernel, v.stride, h.stride, v.before, v.after,
                                      h.before, h.after, 0, 0}};
    random_clamp(r, &params.max_pool.act_min, &params.max_pool.act_max);
    return builder_op_add(b, &params, &input, 1, v.out, h.out, in.channels, in.zero_point);
}

int32_t random_average_pool(builder *b, rng *r, int32_t input) {
    const builder_tensor in = b->tensors[input];
    const random_window v = random_axis(r, in.height, 0, 0);
    const random_window h = random_axis(r, in.width, 0, 0);
    const int32_t rounding = rng_range(r, 0, 1);
    const int32_t pre_shift = rounding ? 0 : rng_range(r, 0, 15);
    const int32_t out_zero_point = rounding ? in.zero_point : random_zero_point(r);
    uint8_t multipliers[64];
    for (int32_t n = 0; n < v.kernel * h.kernel; n++) {
        put_u32(multipliers + 4 * n, (uint32_t)rng_range(r, 0, INT32_MAX) / (uint32_t)(n + 1));
    }
    nnq_params params = {.average_pool = {NNQ_OP_AVERAGE_POOL, v.kernel, h.kernel, v.stride, h.stride, v.before,
                                          v.after, h.before, h.after, 0, 0, rounding, pre_shift,
                                          rng_range(r, 33, 33 + (pre_shift > 4 ? pre_shift : 4)), 0}};
    random_clamp(r, &params.average_pool.act_min, &params.average_pool.act_max);
    params.average_pool.multipliers = builder_data(b, multipliers, (size_t)(4 * v.kernel * h.kernel));
    return builder_op_add(b, &params, &input, 1, v.out, h.out, in.channels, out_zero_point);
}

/* A tensor beside `input` of the same shape: any that there is, seldom `input` itself. */
static int32_t fellow(const builder *b, rng *r, int32_t input) {
    const builder_tensor *t = &b->tensors[input];
    const int32_t from = rng_range(r, 0, b->tensor_count - 1);
    for (int32_t i = 0; i < b->tensor_count; i++) {
        const int32_t other = (from + i) % b->tensor_count;
        const builder_tensor *o = &b->tensors[other];
        if (other != input && !random_is_remembered(b, other) && o->height == t->height && o->width == t->width &&
            o->channels == t->channels) {
            return other;
        }
    }
    return input;
}

int32_t random_concat(builder *b, rng *r, int32_t input) {
    const builder_tensor in = b->tensors[input];
    const int32_t along = rng_range(r, 0, 2);
    const int32_t count = rng_range(r, 1, 3);
    int32_t inputs[3];
    uint8_t rescales[24];
    builder_tensor out = in;
    for (int32_t i = 0; i < count; i++) {
        const int32_t shift = rng_range(r, 1, 14);
        const int copies = rng_once_in(r, 2);
        inputs[i] = i == 0 ? input : fellow(b, r, input);
        put_u32(rescales + 8 * i, (copies ? 0u : (uint32_t)rng_range(r, -50, 50) << shift) + (1u << (shift - 1)));
        put_u16(rescales + 8 * i + 4, copies ? 1u << shift : (uint32_t)rng_range(r, 0, (2 << shift) - 1));
        put_u16(rescales + 8 * i + 6, (uint32_t)shift);
    }
    out.height = along == 0 ? count * in.height : in.height;
    out.width = along == 1 ? count * in.width : in.width;
    out.channels = along == 2 ? count * in.channels : in.channels;
    if (out.channels > 24 || out.height > 40 || out.width > 40) {
        return -1;
    }
    const nnq_params params = {.concat = {NNQ_OP_CONCAT, along, builder_data(b, rescales, (size_t)(8 * count))}};
    return builder_op_add(b, &params, inputs, count, out.height, out.width, out.channels, random_zero_point(r));
}

int32_t random_pad(builder *b, rng *r, int32_t input) {
    const builder_tensor in = b->tensors[input];
    nnq_pad_params p = {NNQ_OP_PAD, 0, 0, 0, 0, 0, 0, in.zero_point};
    p.pad_top = rng_range(r, 0, 3);
    p.pad_bottom = rng_range(r, 0, 3);
    p.pad_left = rng_range(r, 0, 3);
    p.pad_right = rng_range(r, 0, 3);
    if (rng_once_in(r, 3)) {
        p.pad_front = rng_range(r, 0, 2);
        p.pad_back = rng_range(r, 0, 2);
        p.value = rng_range(r, -128, 127);
    }
    const nnq_params params = {.pad = p};
    return builder_op_add(b, &params, &input, 1, in.height + p.pad_top + p.pad_bottom,
                          in.width + p.pad_left + p.pad_right, in.channels + p.pad_front + p.pad_back, in.zero_point);
}

int32_t random_table(builder *b, rng *r, int32_t input) {
    const builder_tensor in = b->tensors[input];
    uint8_t values[256];
    for (int32_t i = 0; i < 256; i++) {
        values[i] = (uint8_t)rng_range(r, 0, 255);
    }
    const nnq_params params = {.table = {NNQ_OP_TABLE, builder_data(b, values, sizeof values)}};
    return builder_op_add(b, &params, &input, 1, in.height, in.width, in.channels, random_zero_point(r));
}

int32_t random_softmax(builder *b, rng *r, int32_t input) {
    const builder_tensor in = b->tensors[input];
    const double scale = rng_once_in(r, 4) ? 0 : rng_range(r, 1, 100) / 100.0;
    uint8_t exponentials[512];
    int32_t count = 0;
    while (count < 256 && (count == 0 || lround(65535 * exp(-scale * count)) > 0)) {
        put_u16(exponentials + 2 * count, (uint32_t)lround(65535 * exp(-scale * count)));
        count++;
    }
    if (rng_once_in(r, 8)) {
        put_u16(exponentials, 1);
    }
    const nnq_params params = {.softmax = {NNQ_OP_SOFTMAX, count, builder_data(b, exponentials, 2 * (size_t)count)}};
    return builder_op_add(b, &params, &input, 1, in.height, in.width, in.channels, -128);
}

int32_t random_reshape(builder *b, rng *r, int32_t input) {
    const builder_tensor in = b->tensors[input];
    const nnq_params params = {.opcode = NNQ_OP_RESHAPE};
    const int32_t output =
        rng_once_in(r, 2)
            ? builder_op_add(b, &params, &input, 1, 1, 1, in.height * in.width * in.channels, in.zero_point)
            : builder_op_add(b, &params, &input, 1, in.width * in.height, 1, in.channels, in.zero_point);
    b->tensors[output].type = in.type;
    return output;
}

static int32_t make(builder *b, rng *r, int32_t opcode, int32_t input) {
    if (random_is_remembered(b, input)) {
        return -1;
    }
    switch (opcode) {
#define NNQ_OP(code, name, NAME, min_inputs, max_inputs, in_place)                                                     \
    case code: return random_##name(b, r, input);
#include "nnq/ops.def"
    default: return -1;
    }
}

/* Whether an op looks at its inputs' types itself. */
static int is_typed(int32_t opcode) {
    return opcode == NNQ_OP_RESHAPE || opcode >= NNQ_OP_CONV2D_INT16;
}

/* Whether the last op works on its inputs: on int8, on what gather reads, or on what was made for it to update. */
static int types_fit(const builder *b) {
    const builder_op *op = &b->ops[b->op_count - 1];
    for (int32_t i = 0; i < op->input_count; i++) {
        const int32_t type = b->tensors[op->inputs[i]].type;
        if (type != NNQ_INT8 && !is_typed(op->params.opcode) &&
            !(op->params.opcode == NNQ_OP_GATHER && type == NNQ_INT32) &&
            !random_is_remembered(b, op->inputs[i])) {
            return 0;
        }
    }
    return 1;
}

int32_t random_op(builder *b, rng *r, int32_t opcode, int32_t input) {
    const size_t data_size = b->data_size;
    const int32_t output = make(b, r, opcode, input);
    if (output >= 0 && !types_fit(b)) {
        b->op_count--;
        b->tensor_count--;
        b->data_size = data_size;
        return -1;
    }
    return output;
}
