/* SPDX-License-Identifier: Apache-2.0
 * Functions that are all assembly.
 */
#ifndef NNQ_MVE_NAKED_H
#define NNQ_MVE_NAKED_H

/* Aligned, since adr counts from the word that it is in: functions for size may begin between words. */
#define NNQ_MVE_NAKED __attribute__((naked, noinline, used, aligned(4)))
#define NNQ_MVE_UNUSED __attribute__((unused))

#endif
