/* SPDX-License-Identifier: Apache-2.0
 * The ops that rearrange tensors, resize them, or multiply two of them, as SPEC.md defines them.
 */
#ifndef REFERENCE_SHAPES_H
#define REFERENCE_SHAPES_H

#include "builder.h"

/* Computes op k's output from the tensors before it; returns 0 where the op is none of these. */
int reference_shapes(const builder *b, int32_t k, int8_t *const *tensors);

#endif
