/* SPDX-License-Identifier: Apache-2.0
 * lstm: a long short-term memory over a sequence, with the arithmetic of TensorFlow Lite Micro's int8 kernel.
 */
#include "../gates.h"

enum { INPUT_GATE, FORGET_GATE, CELL_GATE, OUTPUT_GATE, GATES };

/* cell * 2^cell_exponent, in 1/12288. 3 * 2^15 * 2^14 < 2^31. */
static int32_t cell_argument(int32_t cell, int32_t cell_exponent) {
    const int32_t right = -12 - cell_exponent;
    return right <= 0 ? 3 * cell * ((int32_t)1 << -right) : (3 * cell + ((int32_t)1 << (right - 1))) >> right;
}

/* One unit at one step: updates its cell and returns its hidden state. Gates and tanh are below 2^15, so that every
 * product is at most 2^30. */
static int32_t step(const nnq_gates *gates, const nnq_lstm_params *p, int32_t unit, const int8_t *input,
                    const int8_t *hidden, int16_t *cell) {
    int32_t gate[GATES];
    for (int32_t g = 0; g < GATES; g++) {
        const int32_t sum = nnq_gate_input(gates, unit, g, input) + nnq_gate_hidden(gates, unit, g, hidden);
        gate[g] = g == CELL_GATE ? nnq_tanh(3 * nnq_clamp_s16(sum)) : nnq_sigmoid(3 * nnq_clamp_s16(sum));
    }
    const int32_t kept = nnq_scale_twice(gate[FORGET_GATE] * *cell, (int32_t)1 << 30, 45);
    const int32_t added = nnq_scale_twice(gate[INPUT_GATE] * gate[CELL_GATE], p->cell_multiplier, p->cell_shift);
    const int32_t next = nnq_clamp(kept + nnq_clamp_s16(added), -p->cell_clip, nnq_min(p->cell_clip, INT16_MAX));
    *cell = (int16_t)next;
    return nnq_scale_twice(nnq_tanh(cell_argument(next, p->cell_exponent)) * gate[OUTPUT_GATE], p->hidden_multiplier,
                           p->hidden_shift);
}

static int32_t check(nnq_check *check) {
    return nnq_check_recurrent(check, NNQ_FIELD_INDEX(lstm, filter), GATES, 1);
}

/* Step t reads the hidden state from the output's column t - 1, the first one from input 1, which keeps the last. */
void nnq_lstm_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_lstm_params *p = &call->params.lstm;
    const nnq_gates gates = nnq_gates_open(call, GATES, p->filter);
    const int8_t *input = nnq_row(call, &call->in, first);
    int8_t *state = nnq_input_row(call, 1);
    int16_t *cell = (int16_t *)(void *)nnq_input_row(call, 2);
    int8_t *output = nnq_row(call, &call->out, first);
    const int8_t *hidden = state;
    (void)count;
    for (int32_t t = 0; t < call->in.width; t++) {
        for (int32_t unit = 0; unit < gates.units; unit++) {
            const int32_t value = call->out.zero_point + step(&gates, p, unit, input, hidden, cell + unit);
            output[unit] = (int8_t)nnq_clamp(value, INT8_MIN, INT8_MAX);
        }
        hidden = output;
        output += gates.units;
        input += gates.in;
    }
    memcpy(state, hidden, (size_t)gates.units);
}

NNQ_DEFINE_TYPED_OP(lstm, check, nnq_rows_all, 1, 6);
