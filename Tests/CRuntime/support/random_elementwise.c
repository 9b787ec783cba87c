/* SPDX-License-Identifier: Apache-2.0
 * Random constants, ops of two inputs with broadcasting, reductions and normalizations.
 */
#include "random_parts.h"

#include <math.h>

void random_scale(rng *r, int32_t bound, int32_t least_shift, int32_t *multiplier, int32_t *shift) {
    const int32_t room = (int32_t)log2((double)INT32_MAX / bound);
    const int32_t least = 31 - room > least_shift ? 31 - room : least_shift;
    const int32_t typical = 31 + (int32_t)log2(bound / 100.0) + rng_range(r, -2, 2);
    *multiplier = rng_once_in(r, 8) ? rng_range(r, 0, INT32_MAX) : rng_range(r, 1 << 30, INT32_MAX);
    *shift = rng_once_in(r, 6) ? rng_range(r, least, 62) : typical;
    *shift = *shift < least ? least : *shift;
}

int32_t random_constant(builder *b, rng *r, int32_t input) {
    const builder_tensor in = b->tensors[input];
    const int32_t height = rng_once_in(r, 2) ? 1 : in.height;
    const int32_t width = rng_once_in(r, 2) ? 1 : in.width;
    const int32_t count = height * width * in.channels;
    uint8_t values[4096];
    if (count > (int32_t)sizeof values) {
        return -1;
    }
    for (int32_t i = 0; i < count; i++) {
        values[i] = (uint8_t)rng_range(r, 0, 255);
    }
    const nnq_params params = {.constant = {NNQ_OP_CONSTANT, builder_data(b, values, (size_t)count)}};
    return builder_op_add(b, &params, &input, 0, height, width, in.channels, random_zero_point(r));
}

static int joins(int32_t a, int32_t b) {
    return a == b || a == 1 || b == 1;
}

static int32_t larger(int32_t a, int32_t b) {
    return a > b ? a : b;
}

/* Two inputs, in either order, and the shape of what comes of them. */
typedef struct operands {
    int32_t inputs[2];
    int32_t height, width, channels;
    int32_t deviation[2]; /* the largest |q - zero_point| */
} operands;

/* `input` and any other tensor whose shape, and if need be zero point, goes with it; itself where there is none. */
static operands random_operands(const builder *b, rng *r, int32_t input, int same_zero_point) {
    const builder_tensor *t = &b->tensors[input];
    const int32_t from = rng_range(r, 0, b->tensor_count - 1);
    int32_t other = input;
    for (int32_t i = 0; i < b->tensor_count && other == input; i++) {
        const builder_tensor *o = &b->tensors[(from + i) % b->tensor_count];
        if (!random_is_remembered(b, (from + i) % b->tensor_count) && joins(o->height, t->height) && joins(o->width, t->width) && joins(o->channels, t->channels) &&
            (o->zero_point == t->zero_point || !same_zero_point)) {
            other = (from + i) % b->tensor_count;
        }
    }
    const int swap = rng_once_in(r, 2);
    operands result = {.inputs = {swap ? other : input, swap ? input : other}};
    for (int i = 0; i < 2; i++) {
        const builder_tensor *in = &b->tensors[result.inputs[i]];
        result.height = larger(result.height, in->height);
        result.width = larger(result.width, in->width);
        result.channels = larger(result.channels, in->channels);
        result.deviation[i] = larger(127 - in->zero_point, in->zero_point + 128);
    }
    return result;
}

static int32_t add_pair(builder *b, const nnq_params *params, const operands *from, int32_t zero_point) {
    return builder_op_add(b, params, from->inputs, 2, from->height, from->width, from->channels, zero_point);
}

int32_t random_add(builder *b, rng *r, int32_t input) {
    const operands from = random_operands(b, r, input, 0);
    const int32_t shift = rng_range(r, 1, 15);
    const int32_t most = 32767 >> (15 - shift);
    nnq_params params = {.add = {NNQ_OP_ADD, rng_range(r, -most, most), rng_range(r, -most, most),
                                 rng_range(r, -100, 100) * (1 << shift) + (1 << (shift - 1)), shift, 0, 0}};
    random_clamp(r, &params.add.act_min, &params.add.act_max);
    return add_pair(b, &params, &from, random_zero_point(r));
}

int32_t random_tflite_add(builder *b, rng *r, int32_t input) {
    const operands from = random_operands(b, r, input, 0);
    nnq_tflite_add_params p = {.opcode = NNQ_OP_TFLITE_ADD};
    random_scale(r, 256, 31, &p.multiplier_a, &p.shift_a);
    random_scale(r, 256, 31, &p.multiplier_b, &p.shift_b);
    p.left_shift = rng_once_in(r, 4) ? rng_range(r, 0, 20) : 20;
    /* TFLite multiplies the input of the larger unit by exactly a half. */
    if (rng_once_in(r, 3)) {
        p.multiplier_a = 1 << 30;
        p.shift_a = 31;
    } else if (rng_once_in(r, 2)) {
        p.multiplier_b = 1 << 30;
        p.shift_b = 31;
    }
    random_scale(r, 1 << (p.left_shift + 7), 31, &p.multiplier, &p.shift);
    p.subtract = rng_once_in(r, 4);
    random_clamp(r, &p.act_min, &p.act_max);
    const nnq_params params = {.tflite_add = p};
    return add_pair(b, &params, &from, random_zero_point(r));
}

int32_t random_mul(builder *b, rng *r, int32_t input) {
    const operands from = random_operands(b, r, input, 0);
    nnq_mul_params p = {.opcode = NNQ_OP_MUL, .rounding = rng_range(r, 0, 1)};
    random_scale(r, from.deviation[0] * from.deviation[1], 1, &p.multiplier, &p.shift);
    random_clamp(r, &p.act_min, &p.act_max);
    const nnq_params params = {.mul = p};
    return add_pair(b, &params, &from, random_zero_point(r));
}

/* Zero points must be equal. That of an input of the model can still be chosen while nothing reads it. */
static int32_t random_choice(builder *b, rng *r, int32_t opcode, int32_t input) {
    const nnq_params params = {.opcode = opcode};
    const int32_t zero_point = b->tensors[input].zero_point;
    for (int32_t i = 0; i < b->input_count && b->op_count == 0; i++) {
        b->tensors[i].zero_point = zero_point;
    }
    const operands from = random_operands(b, r, input, 1);
    return add_pair(b, &params, &from, zero_point);
}

int32_t random_minimum(builder *b, rng *r, int32_t input) {
    return random_choice(b, r, NNQ_OP_MINIMUM, input);
}

int32_t random_maximum(builder *b, rng *r, int32_t input) {
    return random_choice(b, r, NNQ_OP_MAXIMUM, input);
}

int32_t random_prelu(builder *b, rng *r, int32_t input) {
    const operands from = random_operands(b, r, input, 0);
    const builder_tensor in = b->tensors[from.inputs[0]];
    nnq_prelu_params p = {.opcode = NNQ_OP_PRELU, .rounding = rng_range(r, 0, 1)};
    if (in.height != from.height || in.width != from.width || in.channels != from.channels) {
        return -1;
    }
    random_scale(r, from.deviation[0], 1, &p.multiplier_positive, &p.shift_positive);
    random_scale(r, from.deviation[0] * from.deviation[1], 1, &p.multiplier_negative, &p.shift_negative);
    const nnq_params params = {.prelu = p};
    return add_pair(b, &params, &from, random_zero_point(r));
}

int32_t random_tflite_softmax(builder *b, rng *r, int32_t input) {
    const builder_tensor in = b->tensors[input];
    const nnq_params params = {.tflite_softmax = {NNQ_OP_TFLITE_SOFTMAX, rng_range(r, 1 << 30, INT32_MAX),
                                                  rng_once_in(r, 4) ? rng_range(r, 0, 30) : rng_range(r, 3, 12)}};
    return builder_op_add(b, &params, &input, 1, in.height, in.width, in.channels, -128);
}

int32_t random_l2_normalize(builder *b, rng *r, int32_t input) {
    const builder_tensor in = b->tensors[input];
    const nnq_params params = {.opcode = NNQ_OP_L2_NORMALIZE};
    (void)r;
    return builder_op_add(b, &params, &input, 1, in.height, in.width, in.channels, 0);
}

int32_t random_reduce(builder *b, rng *r, int32_t input) {
    const builder_tensor in = b->tensors[input];
    nnq_reduce_params p = {.opcode = NNQ_OP_REDUCE, .axes = rng_range(r, 1, 7), .rounding = rng_range(r, 0, 1)};
    const int32_t height = p.axes & 1 ? 1 : in.height;
    const int32_t width = p.axes & 2 ? 1 : in.width;
    const int32_t channels = p.axes & 4 ? 1 : in.channels;
    const int32_t elements = in.height * in.width * in.channels / (height * width * channels);
    p.kind = rng_once_in(r, 2) ? 0 : rng_range(r, 1, 2);
    random_scale(r, larger(127 - in.zero_point, in.zero_point + 128) * elements, 1, &p.multiplier, &p.shift);
    const nnq_params params = {.reduce = p};
    return builder_op_add(b, &params, &input, 1, height, width, channels,
                          p.kind == 0 ? random_zero_point(r) : in.zero_point);
}
