/* SPDX-License-Identifier: Apache-2.0
 * Rows of a padded map in scratch, for the kernels for Helium.
 */
#ifndef NNQ_MVE_ROWS_H
#define NNQ_MVE_ROWS_H

#include "../shape.h"

/* Columns of the padded map that the windows of a row of outputs cover. */
static inline uint32_t nnq_padded_width(const nnq_shape *shape) {
    return (uint32_t)(shape->out_width - 1) * shape->stride_width + shape->kernel_width;
}

/* Bytes of such a row, a multiple of 4. */
static inline uint32_t nnq_padded_row(const nnq_shape *shape) {
    return (nnq_padded_width(shape) * shape->in_channels + 3) / 4 * 4;
}

/* Bytes of a row of the input that lie under windows. */
static inline uint32_t nnq_row_under_windows(const nnq_shape *shape) {
    const uint32_t columns = nnq_padded_width(shape) - shape->pad_left;
    return (columns < shape->in_width ? columns : shape->in_width) * shape->in_channels;
}

/* Writes `count` rows of the padded map from row `row` of the input on, which may lie beside it, one behind the other to
 * `padded`; cut into planes of 16 channels where `planes` says so. What lies left and right of the map stays as it is. */
void nnq_mve_load_rows(const nnq_shape *shape, const int8_t *input, int32_t row, int32_t count, int8_t *padded,
                       int32_t planes);

#endif
