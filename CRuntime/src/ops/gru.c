/* SPDX-License-Identifier: Apache-2.0
 * gru: gated recurrent units over a sequence (Cho et al., 2014), with lstm's gates. Its memory is the hidden state in
 * int16: kept in int8, small changes of it would be lost.
 */
#include "../gates.h"

enum { UPDATE_GATE, RESET_GATE, NEW_GATE, GATES };

/* Scales as IEEE 754 binary32: of the hidden state and the output, and of the memory. */
#define HIDDEN_SCALE_BITS 0x3c000000u /* 2^-7 */
#define MEMORY_SCALE_BITS 0x38000000u /* 2^-15 */

typedef struct gru {
    nnq_gates gates;
    const int8_t *input;
    const int8_t *hidden;
    int8_t *reset; /* the hidden state times the reset gate */
    int16_t *memory;
} gru;

static uint32_t scale_bits(const nnq_check *check, int32_t tensor) {
    return nnq_load_u32(check->call.model->file + nnq_tensor_record(tensor) + 12);
}

static int32_t check(nnq_check *check) {
    const nnq_call *call = &check->call;
    const int32_t columns = call->params.gru.reset_after ? 1 : 2;
    if (call->out.zero_point != 0 || scale_bits(check, call->output) != HIDDEN_SCALE_BITS ||
        scale_bits(check, nnq_input_index(call, 1)) != HIDDEN_SCALE_BITS ||
        scale_bits(check, nnq_input_index(call, 2)) != MEMORY_SCALE_BITS) {
        return nnq_fail_shape(check);
    }
    return nnq_check_recurrent(check, NNQ_FIELD_INDEX(gru, filter), GATES, columns);
}

/* The update or the reset gate of a unit. */
static int32_t gate(const gru *op, int32_t unit, int32_t gate) {
    const int32_t sum =
        nnq_gate_input(&op->gates, unit, gate, op->input) + nnq_gate_hidden(&op->gates, unit, gate, op->hidden);
    return nnq_sigmoid(3 * nnq_clamp_s16(sum));
}

/* What the new gate adds to its sum over the input: reset * (sum over the hidden state), or the sum over the hidden
 * state that was reset before. |reset * sum| < 2^30. */
static int32_t remembered(const gru *op, int32_t unit, int32_t reset_after) {
    if (!reset_after) {
        return nnq_gate_hidden(&op->gates, unit, NEW_GATE, op->reset);
    }
    const int32_t sum = nnq_gate_hidden(&op->gates, unit, NEW_GATE, op->hidden);
    return (gate(op, unit, RESET_GATE) * sum + (1 << 14)) >> 15;
}

/* Updates a unit's memory and returns its hidden state. The weights of the new value and of the memory add up to 2^15,
 * so that their sum is within 2^30. */
static int8_t step(const gru *op, int32_t unit, int32_t reset_after) {
    const int32_t update = gate(op, unit, UPDATE_GATE);
    const int32_t sum = nnq_gate_input(&op->gates, unit, NEW_GATE, op->input) + remembered(op, unit, reset_after);
    const int32_t value = nnq_tanh(3 * nnq_clamp_s16(sum));
    const int32_t next = (((1 << 15) - update) * value + update * op->memory[unit] + (1 << 14)) >> 15;
    op->memory[unit] = (int16_t)next;
    return (int8_t)nnq_min((next + 128) >> 8, INT8_MAX);
}

/* The reset gate of all units comes first, since the new gate of each needs the product of all. */
static void reset(const gru *op) {
    for (int32_t unit = 0; unit < op->gates.units; unit++) {
        const int32_t product = gate(op, unit, RESET_GATE) * op->memory[unit];
        op->reset[unit] = (int8_t)nnq_min((product + (1 << 22)) >> 23, INT8_MAX);
    }
}

/* Step t reads the hidden state from the output's column t - 1, the first one from input 1, which keeps the last. */
void nnq_gru_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_gru_params *p = &call->params.gru;
    int8_t *state = nnq_input_row(call, 1);
    int8_t *output = nnq_row(call, &call->out, first);
    const size_t units = call->out.channels;
    gru op = {
        .gates = nnq_gates_open(call, GATES, p->filter),
        .input = nnq_row(call, &call->in, first),
        .hidden = state,
        .reset = state + units,
        .memory = (int16_t *)(void *)nnq_input_row(call, 2),
    };
    (void)count;
    for (int32_t t = 0; t < call->in.width; t++) {
        if (!p->reset_after) {
            reset(&op);
        }
        for (int32_t unit = 0; unit < op.gates.units; unit++) {
            output[unit] = step(&op, unit, p->reset_after);
        }
        op.hidden = output;
        output += units;
        op.input += op.gates.in;
    }
    memcpy(state, op.hidden, units);
}

NNQ_DEFINE_TYPED_OP(gru, check, nnq_rows_all, 1, 6);
