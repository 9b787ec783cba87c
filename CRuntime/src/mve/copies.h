/* SPDX-License-Identifier: Apache-2.0
 * Copying and filling for the kernels for Helium.
 */
#ifndef NNQ_MVE_COPIES_H
#define NNQ_MVE_COPIES_H

#include "../shape.h"

/* `bytes` bytes of `value` to `to`. */
void nnq_mve_fill(void *to, int32_t value, uint32_t bytes);

/* `bytes` bytes from `from` to `to`; fastest where both are at multiples of 4. */
void nnq_mve_copy(void *to, const void *from, uint32_t bytes);

#endif
