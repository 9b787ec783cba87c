/* SPDX-License-Identifier: Apache-2.0
 * RV32: the first instructions, traps, and the semihosting breakpoint.
 */
#include "board.h"

__asm__(".section .vectors, \"ax\"\n"
        ".option arch, +zicsr\n"
        ".global reset\n"
        "reset:\n\t"
        ".option push\n\t"
        ".option norelax\n\t"
        "la   gp, __global_pointer$\n\t"
        ".option pop\n\t"
        "la   sp, stack_top\n\t"
        "la   t0, trap\n\t"
        "csrw mtvec, t0\n\t"
        "j    board_start\n\t"
        ".balign 4\n"
        "trap:\n\t"
        "csrr a0, mcause\n\t"
        "csrr a1, mepc\n\t"
        "j    board_fault\n");

/* The three instructions that a debugger looks for are not compressed and lie in one page. */
__asm__(".section .text.semihosting_call, \"ax\"\n"
        ".option push\n"
        ".option norvc\n"
        ".balign 16\n"
        ".global semihosting_call\n"
        "semihosting_call:\n\t"
        "slli zero, zero, 0x1f\n\t"
        "ebreak\n\t"
        "srai zero, zero, 7\n\t"
        "ret\n"
        ".option pop\n"
        ".text\n");
