/* SPDX-License-Identifier: Apache-2.0
 * Replays a builder's stages row by row and labels every row slot of every tensor with the row that it holds.
 */
#ifndef SIMULATION_H
#define SIMULATION_H

#include "builder.h"

/* The rows that an output row needs of each input: `kernel` of them, `dilation` apart, or all. */
typedef struct op_rows {
    int32_t stride, kernel, dilation, pad;
    int whole;
} op_rows;

op_rows op_rows_of(const builder_op *op);
int32_t builder_rows_held(const builder_tensor *tensor);

/* Whether every row that an op touches is in its slot when it is touched. The builder's stages are given. */
int simulate(const builder *b);

#endif
