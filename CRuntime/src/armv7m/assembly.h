/* SPDX-License-Identifier: Apache-2.0
 * Functions of kernels for Armv7-M that are written in assembly.
 */
#ifndef NNQ_ARMV7M_ASSEMBLY_H
#define NNQ_ARMV7M_ASSEMBLY_H

/* A function whose body is one __asm__; `used` keeps compilers from dropping arguments that they see nobody read.
 * Aligned, since adr counts from the word that it is in: functions for size may begin between words. */
#define NNQ_ASSEMBLY static __attribute__((naked, noinline, used, aligned(4)))

/* An argument that only assembly reads. */
#define NNQ_REGISTER __attribute__((unused))

#endif
