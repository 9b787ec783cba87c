/* SPDX-License-Identifier: Apache-2.0
 * Functions that are all assembly, and how they load what they multiply.
 */
#ifndef NNQ_MVE_NAKED_H
#define NNQ_MVE_NAKED_H

#define NNQ_MVE_NAKED __attribute__((naked, noinline, used))
#define NNQ_MVE_UNUSED __attribute__((unused))

/* 0: loads of several registers, the fewest instructions. 1: loads of one register between multiplications, which a
 * core overlaps with them: half as many instructions again, and fewer cycles. */
#ifndef NNQ_MVE_ALTERNATE
#define NNQ_MVE_ALTERNATE 0
#endif

#endif
