/* SPDX-License-Identifier: Apache-2.0
 * The list of all ops. It has a file of its own: a program with a list of its own does not link this one, nor the
 * kernels that it leaves out.
 */
#include "internal.h"

const nnq_op *const nnq_all_ops[NNQ_OPCODE_LIMIT] = {
#define NNQ_OP(code, name, NAME, min_inputs, max_inputs, in_place) [code] = &nnq_op_##name,
#include "nnq/ops.def"
};
