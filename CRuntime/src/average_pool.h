/* SPDX-License-Identifier: Apache-2.0
 * average_pool with any way of adding up eight channels, which is most of its work.
 */
#ifndef NNQ_AVERAGE_POOL_H
#define NNQ_AVERAGE_POOL_H

#include "kernel.h"

/* acc[n] += the sum of input[i * step + n] over i = 0 .. count - 1, for n = 0 .. NNQ_LANES - 1; count is 1 or more. */
typedef void nnq_add_lanes(const int8_t *input, int32_t step, int32_t count, int32_t *acc);

void nnq_average_pool_of(const nnq_call *call, int32_t first, int32_t count, nnq_add_lanes *add);

#endif
