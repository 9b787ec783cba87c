/* SPDX-License-Identifier: Apache-2.0
 * The ops that remember, as SPEC.md defines them: whole vectors of gates first, in 64 bits.
 */
#include "reference_recurrent.h"

#include "reference.h"

#include <math.h>

enum { MOST_UNITS = 64, MOST_GATES = 4 };

static int64_t saturate(int64_t value, int64_t low, int64_t high) {
    return value < low ? low : value > high ? high : value;
}

/* Scaled with two roundings, then saturated to int16. */
static int32_t scale_s16(int64_t acc, int32_t multiplier, int32_t shift) {
    return reference_requantize(acc, 1, 0, multiplier, shift, 0, INT16_MIN, INT16_MAX);
}

/* Entry i of the table: sigmoid(i / 24) in 1/65536, and in some places one more. */
static int64_t sigmoid_entry(int64_t i) {
    static const uint8_t raised[] = {4,  8,  12, 14, 15, 16, 17, 19, 20, 21, 22, 25, 27, 28, 29,
                                     30, 31, 33, 34, 35, 37, 39, 40, 41, 43, 44, 45, 46, 49, 50,
                                     54, 62, 63, 64, 66, 82, 86, 93, 100, 103, 112, 116, 135, 255};
    int64_t entry = llround(65536 / (1 + exp(-(double)i / 24)));
    for (size_t k = 0; k < sizeof raised; k++) {
        entry += raised[k] == i;
    }
    return entry;
}

/* sigmoid(|a| / 2^bits / 24) in 1 / 2^(16 + bits). */
static int64_t curve(int64_t a, int32_t bits, int64_t most) {
    const int64_t one = (int64_t)1 << bits;
    const int64_t magnitude = a < 0 ? -a : a;
    const int64_t i = magnitude / one;
    if (i >= 255) {
        return most * one;
    }
    return sigmoid_entry(i) * one + magnitude % one * (sigmoid_entry(i + 1) - sigmoid_entry(i));
}

static int32_t sigmoid(int64_t a) {
    const int64_t value = curve(a, 9, 65534);
    return (int32_t)((a >= 0 ? value + 512 : (1 << 25) - value + 511) / 1024);
}

static int32_t hyperbolic(int64_t a) {
    const int64_t value = curve(a, 8, 65535) - (1 << 23);
    return (int32_t)floor((double)(a >= 0 ? value + 128 : 127 - value) / 256);
}

/* The constants of gates, and the two sums of each gate of each unit. */
typedef struct gates {
    const uint8_t *data;
    int32_t count, in, units;
} gates;

static int32_t gate_sum(const gates *g, int32_t unit, int32_t gate, int32_t part, const int8_t *values) {
    const int32_t row = unit * g->count + gate;
    const int32_t length = g->in + g->units;
    const uint8_t *block = g->data + (g->units * g->count * length + 3) / 4 * 4;
    const uint8_t *bias = block + 8 * g->count;
    const uint8_t *shift = bias + 8 * g->units * g->count;
    int64_t acc = (int32_t)get_u32(bias + 8 * row + 4 * part);
    for (int32_t i = 0; i < (part ? g->units : g->in); i++) {
        acc += (int8_t)g->data[row * length + (part ? g->in : 0) + i] * values[i];
    }
    return scale_s16(acc, (int32_t)get_u32(block + 8 * gate + 4 * part), shift[2 * gate + part]);
}

/* Both sums together, in the units of sigmoid and hyperbolic. */
static int64_t joined(int32_t a, int32_t b) {
    return 3 * saturate((int64_t)a + b, INT16_MIN, INT16_MAX);
}

static void lstm_step(const nnq_lstm_params *p, const gates *g, int32_t zero_point, const int8_t *x,
                      const int8_t *hidden, int16_t *cell, int8_t *out) {
    for (int32_t u = 0; u < g->units; u++) {
        int64_t gate[MOST_GATES];
        for (int32_t k = 0; k < 4; k++) {
            const int64_t a = joined(gate_sum(g, u, k, 0, x), gate_sum(g, u, k, 1, hidden));
            gate[k] = k == 2 ? hyperbolic(a) : sigmoid(a);
        }
        const int64_t sum = scale_s16(gate[1] * cell[u], 1 << 30, 45) +
                            scale_s16(gate[0] * gate[2], p->cell_multiplier, p->cell_shift);
        cell[u] = (int16_t)saturate(saturate(sum, INT16_MIN, INT16_MAX), -p->cell_clip, p->cell_clip);
        /* cell * 2^exponent in 1/12288, half up; 43 bits are enough for every exponent. */
        const double argument = floor(ldexp(3.0 * cell[u], p->cell_exponent + 12) + 0.5);
        out[u] = (int8_t)reference_requantize(hyperbolic((int64_t)argument) * gate[3], 1, 0, p->hidden_multiplier,
                                              p->hidden_shift, zero_point, -128, 127);
    }
}

static int64_t divide_floor(int64_t a, int64_t b) {
    return a / b - (a % b != 0 && a < 0);
}

static void gru_step(int reset_after, const gates *g, const int8_t *x, const int8_t *hidden, int16_t *memory,
                     int8_t *reset, int8_t *out) {
    int64_t update[MOST_UNITS], forget[MOST_UNITS];
    for (int32_t u = 0; u < g->units; u++) {
        update[u] = sigmoid(joined(gate_sum(g, u, 0, 0, x), gate_sum(g, u, 0, 1, hidden)));
        forget[u] = sigmoid(joined(gate_sum(g, u, 1, 0, x), gate_sum(g, u, 1, 1, hidden)));
        if (!reset_after) {
            reset[u] = (int8_t)saturate(divide_floor(forget[u] * memory[u] + (1 << 22), 1 << 23), -128, 127);
        }
    }
    for (int32_t u = 0; u < g->units; u++) {
        int64_t past = gate_sum(g, u, 2, 1, reset_after ? hidden : reset);
        past = reset_after ? divide_floor(forget[u] * past + (1 << 14), 1 << 15) : past;
        const int64_t value = hyperbolic(joined(gate_sum(g, u, 2, 0, x), (int32_t)past));
        memory[u] = (int16_t)divide_floor((32768 - update[u]) * value + update[u] * memory[u] + (1 << 14), 1 << 15);
        out[u] = (int8_t)saturate(divide_floor(memory[u] + 128, 256), -128, 127);
    }
}

static void sequence(const builder *b, const builder_op *op, int8_t *const *tensors, int8_t *output) {
    const builder_tensor *in = &b->tensors[op->inputs[0]];
    const builder_tensor *state = &b->tensors[op->inputs[1]];
    const int is_lstm = op->params.opcode == NNQ_OP_LSTM;
    const int32_t filter = is_lstm ? op->params.lstm.filter : op->params.gru.filter;
    const gates g = {b->data + filter, is_lstm ? 4 : 3, in->channels, state->channels};
    int8_t *hidden = tensors[op->inputs[1]];
    int16_t *memory = (int16_t *)(void *)tensors[op->inputs[2]];
    for (int32_t t = 0; t < in->width; t++) {
        const int8_t *x = tensors[op->inputs[0]] + t * in->channels;
        int8_t *out = output + t * g.units;
        if (is_lstm) {
            lstm_step(&op->params.lstm, &g, state->zero_point, x, hidden, memory, out);
        } else {
            gru_step(op->params.gru.reset_after, &g, x, hidden, memory, hidden + g.units, out);
        }
        memcpy(hidden, out, (size_t)g.units);
    }
}

/* Element i of an array of int8 or int16, in the file's byte order or in the machine's. */
static int64_t from_file(const uint8_t *bytes, int32_t type, int32_t i) {
    return type == NNQ_INT8 ? (int8_t)bytes[i] : (int16_t)get_u16(bytes + 2 * i);
}

static int64_t from_memory(const int8_t *bytes, int32_t type, int32_t i) {
    return type == NNQ_INT8 ? bytes[i] : ((const int16_t *)(const void *)bytes)[i];
}

static void svdf(const builder *b, const builder_op *op, int32_t zero_point, int8_t *const *tensors,
                 int8_t *output) {
    const nnq_svdf_params *p = &op->params.svdf;
    const builder_tensor *state = &b->tensors[op->inputs[1]];
    const int32_t in = b->tensors[op->inputs[0]].channels;
    const int32_t filters = state->width;
    const int32_t memory = state->channels;
    const uint8_t *block = b->data + p->filter + (filters * in + 3) / 4 * 4;
    const uint8_t *time = block + 4 * filters + 4 * (filters / p->rank);
    const size_t size = (size_t)1 << state->type;
    int8_t *past = tensors[op->inputs[1]];
    memmove(past, past + size, ((size_t)(filters * memory) - 1) * size);
    for (int32_t f = 0; f < filters; f++) {
        int64_t acc = (int32_t)get_u32(block + 4 * f);
        for (int32_t i = 0; i < in; i++) {
            acc += (int8_t)b->data[p->filter + f * in + i] * tensors[op->inputs[0]][i];
        }
        const int32_t limit = (1 << (8 * size - 1)) - 1;
        const int32_t newest = reference_requantize(acc, 1, 0, p->state_multiplier, p->state_shift, state->zero_point,
                                                    -limit - 1, limit);
        const int32_t last = f * memory + memory - 1;
        if (state->type == NNQ_INT8) {
            past[last] = (int8_t)newest;
        } else {
            ((int16_t *)(void *)past)[last] = (int16_t)newest;
        }
    }
    for (int32_t u = 0; u < filters / p->rank; u++) {
        int64_t acc = (int32_t)get_u32(block + 4 * (filters + u));
        for (int32_t i = u * p->rank * memory; i < (u + 1) * p->rank * memory; i++) {
            acc += from_file(time, state->type, i) * from_memory(past, state->type, i);
        }
        output[u] = (int8_t)reference_requantize(saturate(acc, -INT32_MAX, INT32_MAX), 1, 0, p->multiplier, p->shift,
                                                 zero_point, -128, 127);
    }
}

int reference_recurrent(const builder *b, int32_t k, int8_t *const *tensors) {
    const builder_op *op = &b->ops[k];
    const int32_t output = b->input_count + k;
    switch (op->params.opcode) {
    case NNQ_OP_LSTM:
    case NNQ_OP_GRU: sequence(b, op, tensors, tensors[output]); return 1;
    case NNQ_OP_SVDF: svdf(b, op, b->tensors[output].zero_point, tensors, tensors[output]); return 1;
    default: return 0;
    }
}
