/* SPDX-License-Identifier: Apache-2.0
 * Stages and rings as SPEC.md, section 3, defines them, with a label on every slot.
 */
#include "simulation.h"

op_rows op_rows_of(const builder_op *op) {
    const nnq_params *p = &op->params;
    switch (p->opcode) {
    case NNQ_OP_CONV2D:
        return (op_rows){p->conv2d.stride_height, p->conv2d.kernel_height, p->conv2d.dilation_height, p->conv2d.pad_top,
                      0};
    case NNQ_OP_DEPTHWISE_CONV2D:
        return (op_rows){p->depthwise_conv2d.stride_height, p->depthwise_conv2d.kernel_height,
                      p->depthwise_conv2d.dilation_height, p->depthwise_conv2d.pad_top, 0};
    case NNQ_OP_MAX_POOL:
        return (op_rows){p->max_pool.stride_height, p->max_pool.kernel_height, 1, p->max_pool.pad_top, 0};
    case NNQ_OP_AVERAGE_POOL:
        return (op_rows){p->average_pool.stride_height, p->average_pool.kernel_height, 1, p->average_pool.pad_top, 0};
    case NNQ_OP_CONV2D_INT16:
        return (op_rows){p->conv2d_int16.stride_height, p->conv2d_int16.kernel_height, p->conv2d_int16.dilation_height,
                      p->conv2d_int16.pad_top, 0};
    case NNQ_OP_DEPTHWISE_CONV2D_INT16:
        return (op_rows){p->depthwise_conv2d_int16.stride_height, p->depthwise_conv2d_int16.kernel_height,
                      p->depthwise_conv2d_int16.dilation_height, p->depthwise_conv2d_int16.pad_top, 0};
    case NNQ_OP_MAX_POOL_INT16:
        return (op_rows){p->max_pool_int16.stride_height, p->max_pool_int16.kernel_height, 1,
                      p->max_pool_int16.pad_top, 0};
    case NNQ_OP_AVERAGE_POOL_INT16:
        return (op_rows){p->average_pool_int16.stride_height, p->average_pool_int16.kernel_height, 1,
                      p->average_pool_int16.pad_top, 0};
    case NNQ_OP_PAD: return (op_rows){1, 1, 1, p->pad.pad_top, 0};
    case NNQ_OP_DENSE:
    case NNQ_OP_DENSE_INT16:
    case NNQ_OP_LSTM:
    case NNQ_OP_GRU:
    case NNQ_OP_SVDF:
    case NNQ_OP_RESHAPE: return (op_rows){0, 0, 0, 0, 1};
    case NNQ_OP_RESIZE_NEAREST:
    case NNQ_OP_RESIZE_BILINEAR:
    case NNQ_OP_GATHER:
    case NNQ_OP_TRANSPOSE_CONV2D:
    case NNQ_OP_BATCH_MATMUL: return (op_rows){0, 0, 0, 0, 1};
    case NNQ_OP_SLICE:
        return (op_rows){p->slice.step_height, 1, 1, -p->slice.begin_height, p->slice.step_height < 0};
    case NNQ_OP_TRANSPOSE: return (op_rows){1, 1, 1, 0, p->transpose.axis_height != 0};
    case NNQ_OP_REDUCE: return (op_rows){1, 1, 1, 0, p->reduce.axes & 1};
    case NNQ_OP_CONCAT: return (op_rows){1, 1, 1, 0, p->concat.axis == 0};
    default: return (op_rows){1, 1, 1, 0, 0};
    }
}

/* One past the last row of an input that output rows 0 .. end - 1 reach for, as far as it exists. */
static int32_t reach(op_rows r, int32_t end, int32_t height) {
    if (end == 0 || r.whole) {
        return end == 0 ? 0 : height;
    }
    const int32_t last = (end - 1) * r.stride - r.pad + (r.kernel - 1) * r.dilation;
    return last < 0 ? 0 : last + 1 < height ? last + 1 : height;
}

typedef struct simulation {
    const builder *b;
    int32_t done[BUILDER_OPS];
    int32_t held[BUILDER_TENSORS][512]; /* the row in each slot */
} simulation;

int32_t builder_rows_held(const builder_tensor *t) {
    return t->rows_held != 0 ? t->rows_held : t->height;
}

/* Whether every row that op k touches for output row y is where it is looked for. */
static int row_is_there(const simulation *s, int32_t k, int32_t y) {
    const builder_op *op = &s->b->ops[k];
    const op_rows r = op_rows_of(op);
    for (int32_t i = 0; i < op->input_count; i++) {
        const builder_tensor *in = &s->b->tensors[op->inputs[i]];
        for (int32_t tap = 0; tap < (r.whole ? in->height : r.kernel); tap++) {
            const int32_t row = r.whole ? tap : y * r.stride - r.pad + tap * r.dilation;
            if (row >= 0 && row < in->height && s->held[op->inputs[i]][row % builder_rows_held(in)] != row) {
                return 0;
            }
        }
    }
    return 1;
}

/* One band of the stage of ops a .. b; returns 0 where a row is gone. */
static int simulate_band(simulation *s, int32_t a, int32_t b, int32_t band_rows) {
    const int32_t inputs = s->b->input_count;
    int32_t need[BUILDER_OPS] = {0};
    const int32_t height = s->b->tensors[inputs + b].height;
    const int last_band = s->done[b] + band_rows >= height;
    need[b] = last_band ? height : s->done[b] + band_rows;
    for (int32_t k = b - 1; k >= a; k--) {
        const builder_tensor *t = &s->b->tensors[inputs + k];
        for (int32_t c = k + 1; c <= b; c++) {
            for (int32_t i = 0; i < s->b->ops[c].input_count; i++) {
                if (s->b->ops[c].inputs[i] == inputs + k) {
                    const int32_t end = reach(op_rows_of(&s->b->ops[c]), need[c], t->height);
                    need[k] = end > need[k] ? end : need[k];
                }
            }
        }
        if (last_band && builder_rows_held(t) == t->height) {
            need[k] = t->height;
        }
    }
    for (int32_t k = a; k <= b; k++) {
        const int32_t first = s->done[k];
        for (int32_t y = first; y < need[k]; y++) {
            if (!row_is_there(s, k, y)) {
                return 0;
            }
        }
        for (int32_t y = first; y < need[k]; y++) {
            const builder_tensor *t = &s->b->tensors[inputs + k];
            s->held[inputs + k][y % builder_rows_held(t)] = y;
            s->done[k] = y + 1;
        }
    }
    return 1;
}

int simulate(const builder *b) {
    static simulation s;
    memset(&s, 0, sizeof s);
    memset(s.held, 0xff, sizeof s.held);
    s.b = b;
    for (int32_t t = 0; t < b->input_count; t++) {
        for (int32_t y = 0; y < b->tensors[t].height; y++) {
            s.held[t][y] = y;
        }
    }
    int32_t a = 0;
    for (int32_t stage = 0; stage < b->stage_count; stage++) {
        const int32_t last = a + b->stages[stage].op_count - 1;
        while (s.done[last] < b->tensors[b->input_count + last].height) {
            if (!simulate_band(&s, a, last, b->stages[stage].band_rows)) {
                return 0;
            }
        }
        a = last + 1;
    }
    return 1;
}
