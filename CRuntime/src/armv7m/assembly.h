/* SPDX-License-Identifier: Apache-2.0
 * Functions of kernels for Armv7-M that are written in assembly.
 */
#ifndef NNQ_ARMV7M_ASSEMBLY_H
#define NNQ_ARMV7M_ASSEMBLY_H

/* A function whose body is one __asm__; `used` keeps compilers from dropping arguments that they see nobody read. */
#define NNQ_ASSEMBLY static __attribute__((naked, noinline, used))

/* An argument that only assembly reads. */
#define NNQ_REGISTER __attribute__((unused))

#endif
