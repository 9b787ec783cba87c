/* SPDX-License-Identifier: Apache-2.0
 * The ops on int16 activations as SPEC.md defines them.
 */
#ifndef REFERENCE_INT16_H
#define REFERENCE_INT16_H

#include "builder.h"

/* Computes op k's output if it is such an op; returns whether it is. */
int reference_int16(const builder *b, int32_t k, int8_t *const *tensors);

#endif
