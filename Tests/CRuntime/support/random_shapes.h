/* SPDX-License-Identifier: Apache-2.0
 * Random ops that rearrange tensors, resize them, or multiply two of them.
 */
#ifndef RANDOM_SHAPES_H
#define RANDOM_SHAPES_H

#include "builder.h"
#include "rng.h"

/* Each appends an op that reads tensor `input` and returns its output, or -1 where none fits. */
int32_t random_slice(builder *b, rng *r, int32_t input);
int32_t random_transpose(builder *b, rng *r, int32_t input);
int32_t random_resize_nearest(builder *b, rng *r, int32_t input);
int32_t random_resize_bilinear(builder *b, rng *r, int32_t input);
int32_t random_batch_matmul(builder *b, rng *r, int32_t input);

#endif
