/* SPDX-License-Identifier: Apache-2.0
 * The list of all ops. It has a file of its own: a program with a list of its own does not link this one, nor the
 * kernels that it leaves out.
 */
#include "packed.h"

/* Packed ops of other instruction sets than the build's own are for hosts, which have none of them. */
#define NNQ_LISTED(ISA, op) NNQ_CHOOSE(NNQ_ISA_OTHER, op, NNQ_NATIVE(ISA, op, NULL))

const nnq_op *const nnq_all_ops[NNQ_OPCODE_LIMIT] = {
#define NNQ_OP(code, name, NAME, min_inputs, max_inputs, in_place) [code] = &nnq_op_##name,
#include "nnq/ops.def"
#define NNQ_PACKED(code, op, name, NAME, ISA) [code] = NNQ_LISTED(ISA, &nnq_op_##name),
#include "nnq/kernels.def"
};
