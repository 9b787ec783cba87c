/* SPDX-License-Identifier: Apache-2.0
 * Random ops that remember: their states are inputs of the model, so that only the first op of a program can be one.
 */
#ifndef RANDOM_RECURRENT_H
#define RANDOM_RECURRENT_H

#include "builder.h"
#include "rng.h"

/* Each appends an op that reads tensor `input` and returns its output, or -1 where none fits. */
int32_t random_lstm(builder *b, rng *r, int32_t input);
int32_t random_gru(builder *b, rng *r, int32_t input);
int32_t random_svdf(builder *b, rng *r, int32_t input);

#endif
