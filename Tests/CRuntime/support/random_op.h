/* SPDX-License-Identifier: Apache-2.0
 * Ops with random, legal parameters, shapes and constants.
 */
#ifndef RANDOM_OP_H
#define RANDOM_OP_H

#include "builder.h"
#include "rng.h"

/* Appends an op that reads tensor `input` (for add and concat, others of fitting shapes too). Returns its output, or -1
 * where no such op fits the input. */
int32_t random_op(builder *b, rng *r, int32_t opcode, int32_t input);
/* An input of the model with a random shape, at most `size` high and wide. */
int32_t random_input(builder *b, rng *r, int32_t size);

#endif
