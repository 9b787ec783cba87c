/* SPDX-License-Identifier: Apache-2.0
 * What the makers of random ops share.
 */
#ifndef RANDOM_PARTS_H
#define RANDOM_PARTS_H

#include "random_op.h"

/* 1 .. high, often 1. */
int32_t random_small(rng *r, int32_t high);
int32_t random_zero_point(rng *r);
/* Usually all of int8. */
void random_clamp(rng *r, int32_t *act_min, int32_t *act_max);
/* A multiplier and a shift that bring values up to about `bound` into int8's range, now and then any that an
 * overflow certificate for `bound` allows. */
void random_scale(rng *r, int32_t bound, int32_t least_shift, int32_t *multiplier, int32_t *shift);

/* Whether an op remembers in that tensor: a state, or what an op updates. Nothing else may read it. */
int random_is_remembered(const builder *b, int32_t tensor);

/* random_<op> of every op: as random_op. */
#define NNQ_OP(code, name, NAME, min_inputs, max_inputs, in_place)                                                     \
    int32_t random_##name(builder *b, rng *r, int32_t input);
#include "nnq/ops.def"

#endif
