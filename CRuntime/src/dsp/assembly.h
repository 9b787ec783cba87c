/* SPDX-License-Identifier: Apache-2.0
 * Functions in assembly, for kernels that are their own calling convention inside.
 */
#ifndef NNQ_ASSEMBLY_H
#define NNQ_ASSEMBLY_H

/* A function whose body is one __asm__; `used` keeps compilers from dropping arguments that they see nobody read. */
#define NNQ_ASSEMBLY static __attribute__((naked, noinline, used))

/* An argument that only assembly reads. */
#define NNQ_REGISTER __attribute__((unused))

#endif
