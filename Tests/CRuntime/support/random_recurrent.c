/* SPDX-License-Identifier: Apache-2.0
 * Random ops that remember, and their states.
 */
#include "random_parts.h"

#include <math.h>

enum { MOST_UNITS = 6, MOST_GATES = 4, MOST_IN = 24 };

#define SCALE_HIDDEN 0x3c000000u /* 2^-7 */
#define SCALE_MEMORY 0x38000000u /* 2^-15 */

int random_is_remembered(const builder *b, int32_t tensor) {
    if (tensor < b->input_count && tensor >= b->input_count - b->state_count) {
        return 1;
    }
    for (int32_t k = 0; k < b->op_count; k++) {
        const int32_t opcode = b->ops[k].params.opcode;
        const int32_t *inputs = b->ops[k].inputs;
        const int32_t has_gates = opcode == NNQ_OP_LSTM || opcode == NNQ_OP_GRU;
        if (((has_gates || opcode == NNQ_OP_SVDF) && inputs[1] == tensor) || (has_gates && inputs[2] == tensor)) {
            return 1;
        }
    }
    return 0;
}

/* What an op updates, 1 x width x channels: a state of the model before there are ops, else a constant. */
static int32_t memory(builder *b, rng *r, int32_t width, int32_t channels, int32_t type, int32_t zero_point,
                      uint32_t scale) {
    uint8_t values[2 * 128];
    int32_t tensor;
    if (b->op_count == 0) {
        tensor = builder_input(b, 1, width, channels, zero_point);
        b->state_count++;
    } else {
        const int32_t bytes = width * channels << type;
        for (int32_t i = 0; i < bytes; i++) {
            values[i] = (uint8_t)rng_range(r, 0, 255);
        }
        const nnq_params params = {.constant = {NNQ_OP_CONSTANT, builder_data(b, values, (size_t)bytes)}};
        tensor = builder_op_add(b, &params, &bytes, 0, 1, width, channels, zero_point);
    }
    b->tensors[tensor].type = type;
    b->tensors[tensor].scale_bits = scale;
    return tensor;
}

/* Whether `input` is a sequence, or a vector; an input of the model that nothing reads yet is made one. */
static int is_sequence(builder *b, int32_t input, int32_t most_width) {
    builder_tensor *t = &b->tensors[input];
    if (b->op_count == 0) {
        t->height = 1;
        t->width = t->width > most_width ? most_width : t->width;
    }
    return t->type == NNQ_INT8 && t->height == 1 && t->width <= most_width && t->channels <= MOST_IN;
}

static int32_t random_multiplier(rng *r) {
    return rng_once_in(r, 8) ? rng_range(r, 0, INT32_MAX) : rng_range(r, 1 << 30, INT32_MAX);
}

/* A shift that brings sums of `taps` products to `target`, or any that the certificate allows. */
static int32_t random_shift(rng *r, int32_t taps, double target) {
    const int32_t room = (int32_t)log2(INT32_MAX / (2.0 * 128 * 128 * taps));
    const int32_t usual = 31 + (int32_t)floor(log2(5000 * sqrt((double)taps) / target)) + rng_range(r, -1, 2);
    const int32_t chosen = rng_once_in(r, 8) ? rng_range(r, 31 - room, 62) : usual;
    return chosen < 31 - room ? 31 - room : chosen > 62 ? 62 : chosen;
}

/* A bias that the certificate allows; now and then a large one. */
static int32_t random_bias(rng *r, int32_t taps, int32_t shift) {
    const int32_t most = (INT32_MAX >> (shift < 31 ? 31 - shift : 0)) - 128 * 128 * taps;
    const int32_t usual = most < 20000 ? most : 20000;
    return rng_once_in(r, 8) ? rng_range(r, -most, most) : rng_range(r, -usual, usual);
}

/* The DATA field of an op with gates. */
static int32_t random_gates(builder *b, rng *r, int32_t gates, int32_t in, int32_t units) {
    int8_t filter[MOST_UNITS * MOST_GATES * (MOST_IN + MOST_UNITS)];
    uint8_t block[MOST_GATES * 10 + MOST_UNITS * MOST_GATES * 8];
    const int32_t rows = units * gates;
    uint8_t *bias = block + 8 * gates;
    uint8_t *shift = bias + 8 * rows;
    for (int32_t i = 0; i < rows * (in + units); i++) {
        filter[i] = (int8_t)rng_range(r, -128, 127);
    }
    for (int32_t i = 0; i < 2 * gates; i++) {
        const int32_t taps = i % 2 == 0 ? in : units;
        shift[i] = (uint8_t)random_shift(r, taps, 5000);
        put_u32(block + 4 * i, (uint32_t)random_multiplier(r));
        for (int32_t unit = 0; unit < units; unit++) {
            put_u32(bias + 8 * unit * gates + 4 * i, (uint32_t)random_bias(r, taps, shift[i]));
        }
    }
    const int32_t offset = builder_data(b, filter, (size_t)(rows * (in + units)));
    builder_data(b, block, (size_t)(10 * gates + 8 * rows));
    return offset;
}

int32_t random_lstm(builder *b, rng *r, int32_t input) {
    const int32_t units = rng_range(r, 1, MOST_UNITS);
    const int32_t zero_point = random_zero_point(r);
    nnq_lstm_params p = {.opcode = NNQ_OP_LSTM};
    if (!is_sequence(b, input, 40)) {
        return -1;
    }
    const builder_tensor in = b->tensors[input];
    const int32_t inputs[3] = {input, memory(b, r, 1, units, NNQ_INT8, zero_point, SCALE_ONE),
                               memory(b, r, 1, units, NNQ_INT16, 0, SCALE_ONE)};
    p.cell_exponent = rng_once_in(r, 4) ? rng_range(r, -42, 2) : rng_range(r, -16, -9);
    p.cell_clip = rng_once_in(r, 2) ? 32768 : rng_range(r, 0, 32767);
    p.cell_multiplier = random_multiplier(r);
    p.cell_shift = rng_once_in(r, 8) ? rng_range(r, 31, 62) : 46 + rng_range(r, -2, 6);
    p.hidden_multiplier = random_multiplier(r);
    p.hidden_shift = rng_once_in(r, 8) ? rng_range(r, 31, 62) : 53 + rng_range(r, -1, 2);
    p.filter = random_gates(b, r, 4, in.channels, units);
    const nnq_params params = {.lstm = p};
    return builder_op_add(b, &params, inputs, 3, 1, in.width, units, zero_point);
}

int32_t random_gru(builder *b, rng *r, int32_t input) {
    const int32_t units = rng_range(r, 1, MOST_UNITS);
    const int32_t reset_after = rng_range(r, 0, 1);
    if (!is_sequence(b, input, 40)) {
        return -1;
    }
    const builder_tensor in = b->tensors[input];
    const int32_t inputs[3] = {input, memory(b, r, 2 - reset_after, units, NNQ_INT8, 0, SCALE_HIDDEN),
                               memory(b, r, 1, units, NNQ_INT16, 0, SCALE_MEMORY)};
    const nnq_params params = {.gru = {NNQ_OP_GRU, reset_after, random_gates(b, r, 3, in.channels, units)}};
    const int32_t output = builder_op_add(b, &params, inputs, 3, 1, in.width, units, 0);
    b->tensors[output].scale_bits = SCALE_HIDDEN;
    return output;
}

enum { MOST_FILTERS = 12, MOST_MEMORY = 9 };

int32_t random_svdf(builder *b, rng *r, int32_t input) {
    const int32_t units = rng_range(r, 1, MOST_FILTERS / 3);
    const int32_t rank = rng_range(r, 1, 3);
    const int32_t filters = units * rank;
    const int32_t steps = rng_range(r, 1, MOST_MEMORY);
    const int32_t type = rng_range(r, NNQ_INT8, NNQ_INT16);
    int8_t weights[MOST_FILTERS * MOST_IN];
    uint8_t block[8 * MOST_FILTERS + 2 * MOST_FILTERS * MOST_MEMORY];
    if (!is_sequence(b, input, 1)) {
        return -1;
    }
    const int32_t in = b->tensors[input].channels;
    const int32_t inputs[2] = {
        input, memory(b, r, filters, steps, type, type == NNQ_INT8 ? random_zero_point(r) : 0, SCALE_ONE)};
    nnq_svdf_params p = {NNQ_OP_SVDF, rank, random_multiplier(r), random_shift(r, in, type == NNQ_INT8 ? 60 : 10000),
                         random_multiplier(r), rng_once_in(r, 8) ? rng_range(r, 31, 62) : 0, 0};
    const double typical = sqrt((double)rank * steps) * (type == NNQ_INT8 ? 60.0 * 73 : 10000.0 * 18000);
    p.shift = p.shift > 0 ? p.shift : 31 + (int32_t)log2(typical / 60) + rng_range(r, -1, 2);
    for (int32_t i = 0; i < filters * in; i++) {
        weights[i] = (int8_t)rng_range(r, -128, 127);
    }
    for (int32_t f = 0; f < filters; f++) {
        put_u32(block + 4 * f, (uint32_t)random_bias(r, in, p.state_shift));
    }
    for (int32_t u = 0; u < units; u++) {
        put_u32(block + 4 * (filters + u), (uint32_t)rng_range(r, -20000, 20000));
    }
    uint8_t *time = block + 4 * (filters + units);
    for (int32_t i = 0; i < filters * steps << type; i++) {
        time[i] = (uint8_t)rng_range(r, 0, 255);
    }
    p.filter = builder_data(b, weights, (size_t)(filters * in));
    builder_data(b, block, (size_t)(4 * (filters + units) + (filters * steps << type)));
    const nnq_params params = {.svdf = p};
    return builder_op_add(b, &params, inputs, 2, 1, 1, units, random_zero_point(r));
}
