/* SPDX-License-Identifier: Apache-2.0
 * The gates of recurrent ops (SPEC.md, section 5): sums over the input and over the hidden state, and the sigmoid and
 * the tanh of them, as TensorFlow Lite Micro computes both.
 */
#ifndef NNQ_GATES_H
#define NNQ_GATES_H

#include "kernel.h"
#include "verify.h"

/* The gates of an op, at its DATA field. */
typedef struct nnq_gates {
    const int8_t *filter;      /* [units, gates, in + units] */
    const uint8_t *multiplier; /* I32 [gates, 2]: of the sums over the input and over the hidden state */
    const uint8_t *bias;       /* I32 [units, gates, 2] */
    const uint8_t *shift;      /* U8 [gates, 2] */
    int32_t gates;
    int32_t in;
    int32_t units;
} nnq_gates;

/* Sets the pointers from `filter`, the bytes of the DATA field; the numbers of gates, inputs and units are set. */
void nnq_gates_place(nnq_gates *gates, const uint8_t *filter);
/* The gates of a call whose DATA field is at file offset `filter`. */
nnq_gates nnq_gates_open(const nnq_call *call, int32_t count, int32_t filter);

/* Where a call's input begins in the arena. */
static inline int8_t *nnq_input_row(const nnq_call *call, int32_t index) {
    nnq_tensor tensor;
    nnq_load_input(&tensor, call, index);
    return nnq_row(call, &tensor, 0);
}

/* The check of an op with `gates` gates at its DATA field `field`: input 0 is int8 1 x T x in, input 1 the hidden state,
 * int8 1 x columns x units, input 2 int16 1 x 1 x units, and the output int8 1 x T x units with the hidden state's zero
 * point; every sum has its overflow certificate. */
int32_t nnq_check_recurrent(nnq_check *check, int32_t field, int32_t gates, int32_t columns);

static inline int32_t nnq_clamp_s16(int32_t value) {
    return nnq_clamp(value, INT16_MIN, INT16_MAX);
}

/* The two sums of one gate of one unit, in 1/4096, saturated to int16. */
int32_t nnq_gate_input(const nnq_gates *gates, int32_t unit, int32_t gate, const int8_t *input);
int32_t nnq_gate_hidden(const nnq_gates *gates, int32_t unit, int32_t gate, const int8_t *hidden);

/* sigmoid and tanh of `a / 12288`, in 1/32768; the result is in [1, 32767] and in [-32767, 32767].
 * Requires |a| <= 3 * 2^29. */
int32_t nnq_sigmoid(int32_t a);
int32_t nnq_tanh(int32_t a);

#endif
