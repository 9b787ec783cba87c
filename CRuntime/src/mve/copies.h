/* SPDX-License-Identifier: Apache-2.0
 * Copying and filling for the kernels for Helium.
 */
#ifndef NNQ_MVE_COPIES_H
#define NNQ_MVE_COPIES_H

#include "../shape.h"

/* `bytes` bytes of `value` to `to`. */
void nnq_mve_fill(void *to, int32_t value, uint32_t bytes);

/* Bytes of a row of the input that lie under windows. */
uint32_t nnq_mve_row_under_windows(const nnq_shape *shape);

/* Writes `count` rows of the padded map from row `row` of the input on, which may lie beside it, one behind the other
 * to `padded`; cut into planes of 16 channels where `planes` says so. What lies left and right of the map stays as it
 * is. */
void nnq_mve_load_rows(const nnq_shape *shape, const int8_t *input, int32_t row, int32_t count, int8_t *padded,
                       int32_t planes);

#endif
