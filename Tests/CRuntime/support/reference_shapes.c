/* SPDX-License-Identifier: Apache-2.0
 * The ops that rearrange tensors, resize them, or multiply two of them, as SPEC.md defines them.
 */
#include "reference_shapes.h"

#include "reference.h"

/* One op, its first input, and its output. */
typedef struct context {
    const builder *b;
    const nnq_params *params;
    const builder_tensor *in;
    const builder_tensor *out;
    const int8_t *input;
} context;

/* An element's coordinates: height, width, channel. */
typedef struct point {
    int32_t at[3];
} point;

static int32_t index_of(const builder_tensor *t, point p) {
    return (p.at[0] * t->width + p.at[1]) * t->channels + p.at[2];
}

static int32_t input_at(const context *c, int32_t y, int32_t x, int32_t channel) {
    const point p = {{y, x, channel}};
    return c->input[index_of(c->in, p)];
}

static int32_t constant_u16(const context *c, int32_t offset, int32_t index) {
    return (int32_t)get_u16(c->b->data + offset + 2 * index);
}

static int32_t slice(const context *c, point p) {
    const nnq_slice_params *s = &c->params->slice;
    return input_at(c, s->begin_height + p.at[0] * s->step_height, s->begin_width + p.at[1] * s->step_width,
                    s->begin_channels + p.at[2] * s->step_channels);
}

static int32_t transpose(const context *c, point p) {
    const nnq_transpose_params *t = &c->params->transpose;
    point from;
    from.at[t->axis_height] = p.at[0];
    from.at[t->axis_width] = p.at[1];
    from.at[t->axis_channels] = p.at[2];
    return c->input[index_of(c->in, from)];
}

static int32_t resize_nearest(const context *c, point p) {
    const int32_t indices = c->params->resize_nearest.indices;
    return input_at(c, constant_u16(c, indices, p.at[0]), constant_u16(c, indices, c->out->height + p.at[1]), p.at[2]);
}

/* The mean of the neighbours, weights in units of 2^-20. */
static int32_t resize_bilinear(const context *c, point p) {
    const int32_t positions = c->params->resize_bilinear.positions;
    const int32_t row = constant_u16(c, positions, 2 * p.at[0]);
    const int32_t column = constant_u16(c, positions, 2 * (c->out->height + p.at[1]));
    const int32_t down = constant_u16(c, positions, 2 * p.at[0] + 1);
    const int32_t across = constant_u16(c, positions, 2 * (c->out->height + p.at[1]) + 1);
    int64_t sum = 0;
    for (int32_t i = 0; i <= (down > 0); i++) {
        for (int32_t j = 0; j <= (across > 0); j++) {
            sum += (int64_t)input_at(c, row + i, column + j, p.at[2]) * (i == 0 ? 1024 - down : down) *
                   (j == 0 ? 1024 - across : across);
        }
    }
    return (int32_t)(sum >= 0 ? (sum + (1 << 19)) >> 20 : -((-sum + (1 << 19)) >> 20));
}

/* Element `index` of the input, of whatever type. */
static int64_t index_at(const context *c, int32_t index) {
    int32_t wide;
    if (c->in->type == NNQ_INT8) {
        return c->input[index] - c->in->zero_point;
    }
    memcpy(&wide, c->input + 4 * index, sizeof wide);
    return wide;
}

static int32_t gather(const context *c, point p) {
    const nnq_gather_params *g = &c->params->gather;
    const int64_t index = index_at(c, p.at[0] * c->out->width + p.at[1]);
    const int64_t inside = index < 0 ? 0 : index >= g->count ? g->count - 1 : index;
    return (int8_t)c->b->data[g->values + inside * c->out->channels + p.at[2]];
}

static int32_t arg_max(const context *c, point p) {
    int32_t best = 0;
    for (int32_t k = 0; k < c->in->channels; k++) {
        const int32_t value = input_at(c, p.at[0], p.at[1], k);
        const int32_t record = input_at(c, p.at[0], p.at[1], best);
        best = (c->params->arg_max.smallest ? value < record : value > record) ? k : best;
    }
    return best;
}

static int32_t batch_matmul(const context *c, const builder_tensor *other, const int8_t *values, point p) {
    const nnq_batch_matmul_params *m = &c->params->batch_matmul;
    const int32_t depth = m->transpose_a ? c->in->width : c->in->channels;
    const int32_t batch_a = c->in->height == 1 ? 0 : p.at[0];
    const int32_t batch_b = other->height == 1 ? 0 : p.at[0];
    int64_t acc = 0;
    for (int32_t k = 0; k < depth; k++) {
        const point a = {{batch_a, m->transpose_a ? k : p.at[1], m->transpose_a ? p.at[1] : k}};
        const point b = {{batch_b, m->transpose_b ? p.at[2] : k, m->transpose_b ? k : p.at[2]}};
        acc += (c->input[index_of(c->in, a)] - c->in->zero_point) * (values[index_of(other, b)] - other->zero_point);
    }
    return reference_requantize(acc, m->rounding, 0, m->multiplier, m->shift, c->out->zero_point, m->act_min,
                                m->act_max);
}

/* The output's element; `*known` becomes 0 where the op is none of these. */
static int32_t one_element(const context *c, const builder_op *op, int8_t *const *tensors, point p, int *known) {
    switch (c->params->opcode) {
    case NNQ_OP_SLICE: return slice(c, p);
    case NNQ_OP_TRANSPOSE: return transpose(c, p);
    case NNQ_OP_RESIZE_NEAREST: return resize_nearest(c, p);
    case NNQ_OP_RESIZE_BILINEAR: return resize_bilinear(c, p);
    case NNQ_OP_GATHER: return gather(c, p);
    case NNQ_OP_ARG_MAX: return arg_max(c, p);
    case NNQ_OP_BATCH_MATMUL: return batch_matmul(c, &c->b->tensors[op->inputs[1]], tensors[op->inputs[1]], p);
    default: *known = 0; return 0;
    }
}

int reference_shapes(const builder *b, int32_t k, int8_t *const *tensors) {
    const builder_op *op = &b->ops[k];
    const int32_t output = b->input_count + k;
    const context c = {b, &op->params, &b->tensors[op->inputs[0]], &b->tensors[output], tensors[op->inputs[0]]};
    int known = 1;
    for (int32_t y = 0; y < c.out->height; y++) {
        for (int32_t x = 0; x < c.out->width; x++) {
            for (int32_t channel = 0; channel < c.out->channels; channel++) {
                const point p = {{y, x, channel}};
                const int32_t value = one_element(&c, op, tensors, p, &known);
                const int32_t at = index_of(c.out, p);
                if (known && c.out->type == NNQ_INT32) {
                    memcpy(tensors[output] + 4 * at, &value, sizeof value);
                } else if (known) {
                    tensors[output][at] = (int8_t)value;
                }
            }
        }
    }
    return known;
}
