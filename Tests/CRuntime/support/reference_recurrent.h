/* SPDX-License-Identifier: Apache-2.0
 * The ops that remember, as SPEC.md defines them.
 */
#ifndef REFERENCE_RECURRENT_H
#define REFERENCE_RECURRENT_H

#include "builder.h"

/* Computes op k's output and its states from the tensors before it; returns 0 where the op is none of these. */
int reference_recurrent(const builder *b, int32_t k, int8_t *const *tensors);

#endif
