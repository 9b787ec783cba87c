/* SPDX-License-Identifier: Apache-2.0
 * Functions that are all assembly.
 */
#ifndef NNQ_MVE_NAKED_H
#define NNQ_MVE_NAKED_H

#define NNQ_MVE_NAKED __attribute__((naked, noinline, used))
#define NNQ_MVE_UNUSED __attribute__((unused))

#endif
