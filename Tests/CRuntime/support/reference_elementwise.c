/* SPDX-License-Identifier: Apache-2.0
 * Constants, ops of two inputs with broadcasting, and reductions as SPEC.md defines them.
 */
#include "reference_parts.h"

void reference_constant(const context *c, int32_t i) {
    const uint8_t *values = c->b->data + c->op->params.constant.values;
    switch (c->out->type) {
    case NNQ_INT8: c->output[i] = (int8_t)values[i]; break;
    case NNQ_INT16: ((int16_t *)(void *)c->output)[i] = (int16_t)get_u16(values + 2 * i); break;
    default: ((int32_t *)(void *)c->output)[i] = (int32_t)get_u32(values + 4 * i); break;
    }
}

/* Input `index` at an output's place, where extents of 1 repeat. */
static int32_t operand(const context *c, int32_t index, int32_t y, int32_t x, int32_t channel) {
    const builder_tensor *in = &c->b->tensors[c->op->inputs[index]];
    return c->tensors[c->op->inputs[index]][element(in, y % in->height, x % in->width, channel % in->channels)];
}

/* The same less its zero point. */
static int32_t centered(const context *c, int32_t index, int32_t y, int32_t x, int32_t channel) {
    return operand(c, index, y, x, channel) - c->b->tensors[c->op->inputs[index]].zero_point;
}

/* acc * multiplier / 2^shift by either rounding, as reference_requantize has it, with nothing clamped. */
static int32_t scale(wide acc, int32_t multiplier, int32_t shift, int32_t rounding) {
    if (rounding == 0) {
        return (int32_t)floor_divide(acc * multiplier + power_of_two(shift - 1), power_of_two(shift));
    }
    return reference_requantize((int64_t)acc, 1, 0, multiplier, shift, 0, INT32_MIN, INT32_MAX);
}

int8_t reference_add(const context *c, int32_t y, int32_t x, int32_t channel) {
    const nnq_add_params *p = &c->op->params.add;
    const wide sum = (wide)operand(c, 0, y, x, channel) * p->multiplier_a +
                     (wide)operand(c, 1, y, x, channel) * p->multiplier_b + p->constant;
    return (int8_t)clamp_wide(floor_divide(sum, power_of_two(p->shift)), p->act_min, p->act_max);
}

int8_t reference_tflite_add(const context *c, int32_t y, int32_t x, int32_t channel) {
    const nnq_tflite_add_params *p = &c->op->params.tflite_add;
    const wide unit = power_of_two(p->left_shift);
    const wide a = scale(centered(c, 0, y, x, channel) * unit, p->multiplier_a, p->shift_a, 1);
    const wide b = scale(centered(c, 1, y, x, channel) * unit, p->multiplier_b, p->shift_b, 1);
    const wide value = scale(p->subtract ? a - b : a + b, p->multiplier, p->shift, 1);
    return (int8_t)clamp_wide(c->out->zero_point + value, p->act_min, p->act_max);
}

int8_t reference_mul(const context *c, int32_t y, int32_t x, int32_t channel) {
    const nnq_mul_params *p = &c->op->params.mul;
    const wide product = centered(c, 0, y, x, channel) * centered(c, 1, y, x, channel);
    const wide value = scale(product, p->multiplier, p->shift, p->rounding);
    return (int8_t)clamp_wide(c->out->zero_point + value, p->act_min, p->act_max);
}

int8_t reference_minimum(const context *c, int32_t y, int32_t x, int32_t channel) {
    const int32_t a = operand(c, 0, y, x, channel);
    const int32_t b = operand(c, 1, y, x, channel);
    return (int8_t)(a < b ? a : b);
}

int8_t reference_maximum(const context *c, int32_t y, int32_t x, int32_t channel) {
    const int32_t a = operand(c, 0, y, x, channel);
    const int32_t b = operand(c, 1, y, x, channel);
    return (int8_t)(a > b ? a : b);
}

int8_t reference_prelu(const context *c, int32_t y, int32_t x, int32_t channel) {
    const nnq_prelu_params *p = &c->op->params.prelu;
    const int32_t input = centered(c, 0, y, x, channel);
    wide value;
    if (input < 0) {
        const int32_t product = input * centered(c, 1, y, x, channel);
        value = scale(product, p->multiplier_negative, p->shift_negative, p->rounding);
    } else {
        value = scale(input, p->multiplier_positive, p->shift_positive, p->rounding);
    }
    return (int8_t)clamp_wide(c->out->zero_point + value, -128, 127);
}

int8_t reference_reduce(const context *c, int32_t y, int32_t x, int32_t channel) {
    const nnq_reduce_params *p = &c->op->params.reduce;
    wide sum = 0;
    int32_t least = 127;
    int32_t most = -128;
    for (int32_t i = 0; i < c->in->height * c->in->width * c->in->channels; i++) {
        const int32_t row = i / (c->in->width * c->in->channels);
        const int32_t column = i / c->in->channels % c->in->width;
        if ((p->axes & 1 || row == y) && (p->axes & 2 || column == x) &&
            (p->axes & 4 || i % c->in->channels == channel)) {
            sum += c->input[i] - c->in->zero_point;
            least = c->input[i] < least ? c->input[i] : least;
            most = c->input[i] > most ? c->input[i] : most;
        }
    }
    if (p->kind != 0) {
        return (int8_t)(p->kind == 1 ? most : least);
    }
    return (int8_t)clamp_wide(c->out->zero_point + (wide)scale(sum, p->multiplier, p->shift, p->rounding), -128, 127);
}
