/* SPDX-License-Identifier: Apache-2.0
 * The ops as SPEC.md defines them.
 */
#include "reference_parts.h"

#include "reference_int16.h"
#include "reference_recurrent.h"
#include "reference_shapes.h"

wide floor_divide(wide a, wide b) {
    return a / b - (a % b != 0 && a < 0);
}

wide power_of_two(int32_t exponent) {
    return (wide)1 << exponent;
}

int32_t clamp_wide(wide value, int32_t low, int32_t high) {
    return value < low ? low : value > high ? high : (int32_t)value;
}

wide divide_away(wide a, wide b) {
    return a >= 0 ? (2 * a + b) / (2 * b) : -((-2 * a + b) / (2 * b));
}

int32_t reference_requantize(int64_t acc, int32_t rounding, int32_t pre_shift, int32_t multiplier, int32_t shift,
                             int32_t zero_point, int32_t act_min, int32_t act_max) {
    if (rounding == 0) {
        const wide scaled = floor_divide((wide)acc * power_of_two(pre_shift) * multiplier + power_of_two(shift - 1), power_of_two(shift));
        return clamp_wide(zero_point + scaled, act_min, act_max);
    }
    const int32_t left = shift < 31 ? 31 - shift : 0;
    const int32_t right = shift > 31 ? shift - 31 : 0;
    const wide p = (wide)acc * power_of_two(left) * multiplier;
    const wide h = (p + (p >= 0 ? power_of_two(30) : 1 - power_of_two(30))) / power_of_two(31);
    return clamp_wide(zero_point + divide_away(h, power_of_two(right)), act_min, act_max);
}

static int32_t constant_i32(const context *c, int32_t offset, int32_t index) {
    return (int32_t)get_u32(c->b->data + offset + 4 * index);
}

static int32_t constant_i8(const context *c, int32_t offset, int32_t index) {
    return (int8_t)c->b->data[offset + index];
}

int32_t element(const builder_tensor *t, int32_t y, int32_t x, int32_t channel) {
    return (y * t->width + x) * t->channels + channel;
}

/* The input's element, or its zero point outside of the map. */
static int32_t tap(const context *c, int32_t y, int32_t x, int32_t channel) {
    const int inside = y >= 0 && y < c->in->height && x >= 0 && x < c->in->width;
    return inside ? c->input[element(c->in, y, x, channel)] : c->in->zero_point;
}

/* `affine` stands for the fields that every op with a filter ends with; `taps` weights a channel. */
static int8_t requantize(const context *c, int64_t sum, int32_t taps, int32_t channel, const nnq_dense_params *affine) {
    const int32_t n = c->out->channels;
    const int32_t block = affine->filter + (n * taps + 3) / 4 * 4;
    const uint32_t record = (uint32_t)constant_i32(c, block, n + channel);
    const int packed = affine->shift > 0;
    const uint32_t multiplier = packed ? record % (1u << 30) + (1u << 30) : record;
    const int32_t shift = packed ? affine->shift + (int32_t)(record / (1u << 30)) : c->b->data[block + 8 * n + channel];
    return (int8_t)reference_requantize(sum + constant_i32(c, block, channel), affine->rounding, affine->pre_shift,
                                        (int32_t)multiplier, shift, c->out->zero_point, affine->act_min,
                                        affine->act_max);
}

#define AFFINE(p)                                                                                                      \
    &(const nnq_dense_params) {                                                                                        \
        NNQ_OP_DENSE, (p)->act_min, (p)->act_max, (p)->rounding, (p)->pre_shift, (p)->shift, (p)->filter               \
    }

static void conv2d(const context *c, int32_t y, int32_t x, int32_t oc) {
    const nnq_conv2d_params *p = &c->op->params.conv2d;
    const int32_t per_group = c->in->channels / p->groups;
    const int32_t group = oc / (c->out->channels / p->groups);
    int64_t sum = 0;
    for (int32_t i = 0; i < p->kernel_height; i++) {
        for (int32_t j = 0; j < p->kernel_width; j++) {
            for (int32_t k = 0; k < per_group; k++) {
                const int32_t weight = ((oc * p->kernel_height + i) * p->kernel_width + j) * per_group + k;
                sum += constant_i8(c, p->filter, weight) *
                       tap(c, y * p->stride_height + i * p->dilation_height - p->pad_top,
                           x * p->stride_width + j * p->dilation_width - p->pad_left, group * per_group + k);
            }
        }
    }
    c->output[element(c->out, y, x, oc)] =
        requantize(c, sum, p->kernel_height * p->kernel_width * per_group, oc, AFFINE(p));
}

static void depthwise_conv2d(const context *c, int32_t y, int32_t x, int32_t oc) {
    const nnq_depthwise_conv2d_params *p = &c->op->params.depthwise_conv2d;
    int64_t sum = 0;
    for (int32_t i = 0; i < p->kernel_height; i++) {
        for (int32_t j = 0; j < p->kernel_width; j++) {
            sum += constant_i8(c, p->filter, (i * p->kernel_width + j) * c->in->channels + oc) *
                   tap(c, y * p->stride_height + i * p->dilation_height - p->pad_top,
                       x * p->stride_width + j * p->dilation_width - p->pad_left, oc);
        }
    }
    c->output[element(c->out, y, x, oc)] =
        requantize(c, sum, p->kernel_height * p->kernel_width, oc, AFFINE(p));
}

/* The sum over taps, of what lies under them: between the input's pixels, its zero point. */
static void transpose_conv2d(const context *c, int32_t y, int32_t x, int32_t oc) {
    const nnq_transpose_conv2d_params *p = &c->op->params.transpose_conv2d;
    const int32_t per_group = c->in->channels / p->groups;
    const int32_t group = oc / (c->out->channels / p->groups);
    int64_t sum = 0;
    for (int32_t i = 0; i < p->kernel_height; i++) {
        for (int32_t j = 0; j < p->kernel_width; j++) {
            const int32_t down = y + p->pad_top - i * p->dilation_height;
            const int32_t across = x + p->pad_left - j * p->dilation_width;
            const int meets = down % p->stride_height == 0 && across % p->stride_width == 0;
            for (int32_t k = 0; k < per_group; k++) {
                const int32_t weight = ((oc * p->kernel_height + i) * p->kernel_width + j) * per_group + k;
                const int32_t value = meets ? tap(c, down / p->stride_height, across / p->stride_width,
                                                  group * per_group + k)
                                            : c->in->zero_point;
                sum += constant_i8(c, p->filter, weight) * value;
            }
        }
    }
    c->output[element(c->out, y, x, oc)] =
        requantize(c, sum, p->kernel_height * p->kernel_width * per_group, oc, AFFINE(p));
}

static void dense(const context *c, int32_t y, int32_t x, int32_t o) {
    const nnq_dense_params *p = &c->op->params.dense;
    const int32_t count = c->in->height * c->in->width * c->in->channels;
    int64_t sum = 0;
    for (int32_t i = 0; i < count; i++) {
        sum += constant_i8(c, p->filter, o * count + i) * c->input[i];
    }
    c->output[element(c->out, y, x, o)] =
        requantize(c, sum, count, o, p);
}

static void max_pool(const context *c, int32_t y, int32_t x, int32_t channel) {
    const nnq_max_pool_params *p = &c->op->params.max_pool;
    int32_t best = INT32_MIN;
    for (int32_t i = 0; i < p->kernel_height; i++) {
        for (int32_t j = 0; j < p->kernel_width; j++) {
            const int32_t row = y * p->stride_height + i - p->pad_top;
            const int32_t column = x * p->stride_width + j - p->pad_left;
            if (row >= 0 && row < c->in->height && column >= 0 && column < c->in->width) {
                const int32_t q = c->input[element(c->in, row, column, channel)];
                best = q > best ? q : best;
            }
        }
    }
    c->output[element(c->out, y, x, channel)] = (int8_t)clamp_wide(best, p->act_min, p->act_max);
}

static void average_pool(const context *c, int32_t y, int32_t x, int32_t channel) {
    const nnq_average_pool_params *p = &c->op->params.average_pool;
    int64_t sum = 0;
    int32_t n = 0;
    for (int32_t i = 0; i < p->kernel_height; i++) {
        for (int32_t j = 0; j < p->kernel_width; j++) {
            const int32_t row = y * p->stride_height + i - p->pad_top;
            const int32_t column = x * p->stride_width + j - p->pad_left;
            if (row >= 0 && row < c->in->height && column >= 0 && column < c->in->width) {
                sum += c->input[element(c->in, row, column, channel)];
                n++;
            }
        }
    }
    int32_t result;
    if (p->rounding) {
        result = clamp_wide(divide_away(sum, n), p->act_min, p->act_max);
    } else {
        const int padded = p->pad_top + p->pad_bottom + p->pad_left + p->pad_right > 0;
        result = reference_requantize(sum - (int64_t)n * c->in->zero_point, 0, p->pre_shift,
                                      constant_i32(c, p->multipliers, padded ? n - 1 : 0), p->shift, c->out->zero_point,
                                      p->act_min, p->act_max);
    }
    c->output[element(c->out, y, x, channel)] = (int8_t)result;
}

static void concat(const context *c, int32_t y, int32_t x, int32_t channel) {
    const nnq_concat_params *p = &c->op->params.concat;
    int32_t position[3] = {y, x, channel};
    for (int32_t k = 0; k < c->op->input_count; k++) {
        const builder_tensor *in = &c->b->tensors[c->op->inputs[k]];
        const int32_t extent = p->axis == 0 ? in->height : p->axis == 1 ? in->width : in->channels;
        if (position[p->axis] < extent) {
            const uint8_t *rescale = c->b->data + p->rescales + 8 * k;
            const wide q = c->tensors[c->op->inputs[k]][element(in, position[0], position[1], position[2])];
            const wide sum = q * get_u16(rescale + 4) + (int32_t)get_u32(rescale);
            c->output[element(c->out, y, x, channel)] = (int8_t)clamp_wide(floor_divide(sum, power_of_two(rescale[6])), -128, 127);
            return;
        }
        position[p->axis] -= extent;
    }
}

static void pad(const context *c, int32_t y, int32_t x, int32_t channel) {
    const nnq_pad_params *p = &c->op->params.pad;
    const int32_t row = y - p->pad_top;
    const int32_t column = x - p->pad_left;
    const int32_t k = channel - p->pad_front;
    const int inside = row >= 0 && row < c->in->height && column >= 0 && column < c->in->width && k >= 0 &&
                       k < c->in->channels;
    c->output[element(c->out, y, x, channel)] = inside ? c->input[element(c->in, row, column, k)] : (int8_t)p->value;
}

static void softmax(const context *c, int32_t y, int32_t x, int32_t channel) {
    const nnq_softmax_params *p = &c->op->params.softmax;
    const int8_t *q = c->input + element(c->in, y, x, 0);
    int32_t top = -128;
    uint64_t sum = 0;
    uint64_t own = 0;
    for (int32_t k = 0; k < c->in->channels; k++) {
        top = q[k] > top ? q[k] : top;
    }
    for (int32_t k = 0; k < c->in->channels; k++) {
        const int32_t index = top - q[k];
        const uint64_t e = index < p->count ? get_u16(c->b->data + p->exponentials + 2 * index) : 0;
        sum += e;
        own = k == channel ? e : own;
    }
    const uint64_t share = (256 * own + sum / 2) / sum;
    c->output[element(c->out, y, x, channel)] = (int8_t)((share > 255 ? 255 : (int32_t)share) - 128);
}

static void one_element(const context *c, int32_t y, int32_t x, int32_t channel) {
    const int32_t i = element(c->out, y, x, channel);
    switch (c->op->params.opcode) {
    case NNQ_OP_CONV2D: conv2d(c, y, x, channel); break;
    case NNQ_OP_DEPTHWISE_CONV2D: depthwise_conv2d(c, y, x, channel); break;
    case NNQ_OP_DENSE: dense(c, y, x, channel); break;
    case NNQ_OP_TRANSPOSE_CONV2D: transpose_conv2d(c, y, x, channel); break;
    case NNQ_OP_MAX_POOL: max_pool(c, y, x, channel); break;
    case NNQ_OP_AVERAGE_POOL: average_pool(c, y, x, channel); break;
    case NNQ_OP_CONCAT: concat(c, y, x, channel); break;
    case NNQ_OP_PAD: pad(c, y, x, channel); break;
    case NNQ_OP_TABLE: c->output[i] = (int8_t)constant_i8(c, c->op->params.table.values, c->input[i] + 128); break;
    case NNQ_OP_SOFTMAX: softmax(c, y, x, channel); break;
    case NNQ_OP_CONSTANT: reference_constant(c, i); break;
    case NNQ_OP_ADD: c->output[i] = reference_add(c, y, x, channel); break;
    case NNQ_OP_TFLITE_ADD: c->output[i] = reference_tflite_add(c, y, x, channel); break;
    case NNQ_OP_MUL: c->output[i] = reference_mul(c, y, x, channel); break;
    case NNQ_OP_MINIMUM: c->output[i] = reference_minimum(c, y, x, channel); break;
    case NNQ_OP_MAXIMUM: c->output[i] = reference_maximum(c, y, x, channel); break;
    case NNQ_OP_PRELU: c->output[i] = reference_prelu(c, y, x, channel); break;
    case NNQ_OP_TFLITE_SOFTMAX: c->output[i] = reference_tflite_softmax(c, y, x, channel); break;
    case NNQ_OP_L2_NORMALIZE: c->output[i] = reference_l2_normalize(c, y, x, channel); break;
    case NNQ_OP_REDUCE: c->output[i] = reference_reduce(c, y, x, channel); break;
    default: c->output[i] = c->input[i]; break; /* reshape */
    }
}

void reference_run(const builder *b, int8_t *const *tensors) {
    for (int32_t k = 0; k < b->op_count; k++) {
        if (reference_int16(b, k, tensors) || reference_shapes(b, k, tensors) || reference_recurrent(b, k, tensors)) {
            continue;
        }
        const builder_op *op = &b->ops[k];
        const int32_t output = b->input_count + k;
        const int32_t input = op->inputs[0];
        const context c = {b, op, &b->tensors[input], &b->tensors[output], tensors[input], tensors[output], tensors};
        for (int32_t y = 0; y < c.out->height; y++) {
            for (int32_t x = 0; x < c.out->width; x++) {
                for (int32_t channel = 0; channel < c.out->channels; channel++) {
                    one_element(&c, y, x, channel);
                }
            }
        }
    }
}
