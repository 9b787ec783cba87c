/* SPDX-License-Identifier: Apache-2.0
 * The form of dense with weights of 4 bits; rows_int4_layout.c has its constants.
 */
#include "layout_int4.h"

int32_t nnq_pack_dense_int4(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                             uint8_t *constants) {
    return nnq_int4_rows_pack(shape, filter, channels, constants);
}

NNQ_DEFINE_PACKED(dense_int4, DENSE, INT4, nnq_int4_rows_size, nnq_int4_rows_scratch, nnq_int4_rows_weight,
                  nnq_int4_rows_load, nnq_int4_rows_valid);
