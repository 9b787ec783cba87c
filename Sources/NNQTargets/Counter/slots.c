/* SPDX-License-Identifier: Apache-2.0
 * Where pointers to functions lie in the runtime's tables: the size of each array is an offset, plus 1.
 */
#include "packed.h"

char slot_op_check[offsetof(nnq_op, check) + 1];
char slot_op_rows[offsetof(nnq_op, rows) + 1];
char slot_op_run[offsetof(nnq_op, run) + 1];
char slot_packed_size[offsetof(nnq_packed, size) + 1];
char slot_packed_scratch[offsetof(nnq_packed, scratch) + 1];
char slot_packed_weight[offsetof(nnq_packed, weight) + 1];
char slot_packed_channel[offsetof(nnq_packed, channel) + 1];
char slot_packed_valid[offsetof(nnq_packed, valid) + 1];
char slot_packed_kernel[offsetof(nnq_packed, kernel) + 1];
char slot_packed_run[offsetof(nnq_packed, run) + 1];
