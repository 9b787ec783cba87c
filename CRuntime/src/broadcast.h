/* SPDX-License-Identifier: Apache-2.0
 * Ops on the elements of two inputs, where an input may repeat along any axis.
 */
#ifndef NNQ_BROADCAST_H
#define NNQ_BROADCAST_H

#include "internal.h"

/* Elements that lie side by side: output[i] comes from a[i * step_a] and b[i * step_b]. The output may lie on an input
 * whose step is 1. */
typedef struct nnq_pair {
    const int8_t *a;
    const int8_t *b;
    int8_t *output;
    int32_t step_a; /* 1, or 0 where one element stands for all */
    int32_t step_b;
    int32_t count;
    int32_t zero_point_a;
    int32_t zero_point_b;
} nnq_pair;

/* Whether each extent of both inputs is the output's or 1: NNQ_OK or an error. */
int32_t nnq_check_broadcast(nnq_check *check);
/* That, and equal zero points of all three: for ops that choose between elements. */
int32_t nnq_check_choice(nnq_check *check);

/* Computes output rows first .. first + count - 1 by as few calls of `function` as the shapes allow: one where all rows
 * of the tensors follow each other, one a row where each input fills its row or is one element, else one a pixel. */
void nnq_broadcast(const nnq_call *call, int32_t first, int32_t count,
                   void (*function)(const nnq_call *call, const nnq_pair *pair));

/* Clamps what is already int8; most often it is all that act_min and act_max let through. */
void nnq_clamp_run(int8_t *output, int32_t count, int32_t act_min, int32_t act_max);

#endif
