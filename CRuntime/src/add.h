/* SPDX-License-Identifier: Apache-2.0
 * add on any run of elements, which kernels of instruction sets leave the rest to.
 */
#ifndef NNQ_ADD_H
#define NNQ_ADD_H

#include "broadcast.h"

void nnq_add_pair(const nnq_call *call, const nnq_pair *pair);

#endif
