/* SPDX-License-Identifier: Apache-2.0
 * The ops on int16 activations as SPEC.md defines them.
 */
#include "reference_int16.h"

#include "reference_parts.h"

/* Element of a tensor, of either type; 0 outside of the map. */
static wide value(const builder_tensor *t, const int8_t *bytes, int32_t y, int32_t x, int32_t channel) {
    int16_t half;
    if (y < 0 || y >= t->height || x < 0 || x >= t->width) {
        return 0;
    }
    const int32_t at = element(t, y, x, channel);
    memcpy(&half, bytes + (t->type == NNQ_INT16 ? 2 * at : 0), sizeof half);
    return t->type == NNQ_INT16 ? half : bytes[at];
}

static wide input(const context *c, int32_t y, int32_t x, int32_t channel) {
    return value(c->in, c->input, y, x, channel);
}

static wide weight(const context *c, int32_t offset, int32_t index) {
    return (int8_t)c->b->data[offset + index];
}

static wide round_half_up(wide product, int32_t shift) {
    return floor_divide(product + power_of_two(shift - 1), power_of_two(shift));
}

static wide requantized(const context *c, wide sum, int32_t taps, int32_t channel, const nnq_dense_int16_params *p) {
    const int32_t n = c->out->channels;
    const uint8_t *block = c->b->data + p->filter + (n * taps + 3) / 4 * 4;
    const uint32_t record = get_u32(block + 4 * (n + channel));
    const wide multiplier = p->shift > 0 ? record % (1u << 30) + (1u << 30) : record;
    const int32_t shift = p->shift > 0 ? p->shift + (int32_t)(record >> 30) : block[8 * n + channel];
    const wide acc = sum + (int32_t)get_u32(block + 4 * channel);
    return clamp_wide(round_half_up(acc * power_of_two(p->pre_shift) * multiplier, shift), p->act_min, p->act_max);
}

#define AFFINE(p)                                                                                                      \
    &(const nnq_dense_int16_params) {                                                                                  \
        NNQ_OP_DENSE_INT16, (p)->act_min, (p)->act_max, (p)->wide, (p)->pre_shift, (p)->shift, (p)->filter             \
    }

static wide conv2d(const context *c, int32_t y, int32_t x, int32_t oc) {
    const nnq_conv2d_int16_params *p = &c->op->params.conv2d_int16;
    const int32_t per_group = c->in->channels / p->groups;
    const int32_t group = oc / (c->out->channels / p->groups);
    wide sum = 0;
    for (int32_t i = 0; i < p->kernel_height; i++) {
        for (int32_t j = 0; j < p->kernel_width; j++) {
            for (int32_t k = 0; k < per_group; k++) {
                sum += weight(c, p->filter, ((oc * p->kernel_height + i) * p->kernel_width + j) * per_group + k) *
                       input(c, y * p->stride_height + i * p->dilation_height - p->pad_top,
                             x * p->stride_width + j * p->dilation_width - p->pad_left, group * per_group + k);
            }
        }
    }
    return requantized(c, sum, p->kernel_height * p->kernel_width * per_group, oc, AFFINE(p));
}

static wide depthwise_conv2d(const context *c, int32_t y, int32_t x, int32_t oc) {
    const nnq_depthwise_conv2d_int16_params *p = &c->op->params.depthwise_conv2d_int16;
    wide sum = 0;
    for (int32_t i = 0; i < p->kernel_height; i++) {
        for (int32_t j = 0; j < p->kernel_width; j++) {
            sum += weight(c, p->filter, (i * p->kernel_width + j) * c->in->channels + oc) *
                   input(c, y * p->stride_height + i * p->dilation_height - p->pad_top,
                         x * p->stride_width + j * p->dilation_width - p->pad_left, oc);
        }
    }
    return requantized(c, sum, p->kernel_height * p->kernel_width, oc, AFFINE(p));
}

static wide dense(const context *c, int32_t o) {
    const nnq_dense_int16_params *p = &c->op->params.dense_int16;
    const int32_t count = c->in->height * c->in->width * c->in->channels;
    wide sum = 0;
    for (int32_t i = 0; i < count; i++) {
        int16_t half;
        memcpy(&half, c->input + 2 * i, sizeof half);
        sum += weight(c, p->filter, o * count + i) * half;
    }
    return requantized(c, sum, count, o, p);
}

/* The elements of a window inside of the map: how many, their sum and the largest. */
typedef struct covered {
    int32_t count;
    wide sum;
    wide largest;
} covered;

static covered cover(const context *c, int32_t top, int32_t left, int32_t height, int32_t width, int32_t channel) {
    covered result = {0, 0, -32768};
    for (int32_t y = top; y < top + height; y++) {
        for (int32_t x = left; x < left + width; x++) {
            if (y >= 0 && y < c->in->height && x >= 0 && x < c->in->width) {
                const wide q = input(c, y, x, channel);
                result.count++;
                result.sum += q;
                result.largest = q > result.largest ? q : result.largest;
            }
        }
    }
    return result;
}

static wide max_pool(const context *c, int32_t y, int32_t x, int32_t channel) {
    const nnq_max_pool_int16_params *p = &c->op->params.max_pool_int16;
    const covered at = cover(c, y * p->stride_height - p->pad_top, x * p->stride_width - p->pad_left,
                             p->kernel_height, p->kernel_width, channel);
    return clamp_wide(at.largest, p->act_min, p->act_max);
}

static wide average_pool(const context *c, int32_t y, int32_t x, int32_t channel) {
    const nnq_average_pool_int16_params *p = &c->op->params.average_pool_int16;
    const covered at = cover(c, y * p->stride_height - p->pad_top, x * p->stride_width - p->pad_left,
                             p->kernel_height, p->kernel_width, channel);
    const int padded = p->pad_top + p->pad_bottom + p->pad_left + p->pad_right > 0;
    const wide multiplier = get_u32(c->b->data + p->multipliers + 4 * (padded ? at.count - 1 : 0));
    return clamp_wide(round_half_up(at.sum * power_of_two(p->pre_shift) * multiplier, p->shift), p->act_min,
                      p->act_max);
}

static wide add(const context *c, int32_t y, int32_t x, int32_t channel) {
    const nnq_add_int16_params *p = &c->op->params.add_int16;
    const int32_t b = c->op->inputs[1];
    const wide sum = input(c, y, x, channel) * p->multiplier_a +
                     value(&c->b->tensors[b], c->tensors[b], y, x, channel) * p->multiplier_b;
    return clamp_wide(round_half_up(sum * power_of_two(15), p->shift), p->act_min, p->act_max);
}

static wide softmax(const context *c, int32_t y, int32_t x, int32_t channel) {
    const nnq_softmax_int16_params *p = &c->op->params.softmax_int16;
    const uint8_t *coarse = c->b->data + p->exponentials;
    const uint8_t *fine = coarse + 2 * p->count;
    wide top = -32768;
    wide sum = 0;
    wide own = 0;
    for (int32_t k = 0; k < c->in->channels; k++) {
        top = input(c, y, x, k) > top ? input(c, y, x, k) : top;
    }
    for (int32_t k = 0; k < c->in->channels; k++) {
        const int32_t d = (int32_t)(top - input(c, y, x, k));
        const wide product = d / 256 < p->count ? (wide)get_u16(coarse + d / 256 * 2) * get_u16(fine + d % 256 * 2) : 0;
        const wide e = (product + 32768) / 65536;
        sum += e;
        own = k == channel ? e : own;
    }
    const wide share = (32768 * own + sum / 2) / sum;
    return share > 32767 ? 32767 : share;
}

static wide requantize(const context *c, int32_t y, int32_t x, int32_t channel) {
    const nnq_requantize_params *p = &c->op->params.requantize;
    const wide product = (input(c, y, x, channel) - c->in->zero_point) * p->multiplier * power_of_two(15);
    return clamp_wide(c->out->zero_point + round_half_up(product, p->shift), p->act_min, p->act_max);
}

static wide one_element(const context *c, int32_t y, int32_t x, int32_t channel) {
    switch (c->op->params.opcode) {
    case NNQ_OP_CONV2D_INT16: return conv2d(c, y, x, channel);
    case NNQ_OP_DEPTHWISE_CONV2D_INT16: return depthwise_conv2d(c, y, x, channel);
    case NNQ_OP_DENSE_INT16: return dense(c, channel);
    case NNQ_OP_MAX_POOL_INT16: return max_pool(c, y, x, channel);
    case NNQ_OP_AVERAGE_POOL_INT16: return average_pool(c, y, x, channel);
    case NNQ_OP_ADD_INT16: return add(c, y, x, channel);
    case NNQ_OP_SOFTMAX_INT16: return softmax(c, y, x, channel);
    default: return requantize(c, y, x, channel);
    }
}

int reference_int16(const builder *b, int32_t k, int8_t *const *tensors) {
    const builder_op *op = &b->ops[k];
    const int32_t output = b->input_count + k;
    const context c = {b, op, &b->tensors[op->inputs[0]], &b->tensors[output], tensors[op->inputs[0]], tensors[output],
                       tensors};
    if (op->params.opcode == NNQ_OP_RESHAPE && c.out->type != NNQ_INT8) {
        memcpy(c.output, c.input, builder_row_bytes(c.out) * (size_t)c.out->height);
        return 1;
    }
    if ((op->params.opcode < NNQ_OP_CONV2D_INT16 || builder_is_packed(op->params.opcode))) {
        return 0;
    }
    for (int32_t i = 0; i < c.out->height * c.out->width * c.out->channels; i++) {
        const int32_t pixel = i / c.out->channels;
        const wide q = one_element(&c, pixel / c.out->width, pixel % c.out->width, i % c.out->channels);
        const int16_t half = (int16_t)q;
        if (c.out->type == NNQ_INT16) {
            memcpy(c.output + 2 * i, &half, sizeof half);
        } else {
            c.output[i] = (int8_t)q;
        }
    }
    return 1;
}
