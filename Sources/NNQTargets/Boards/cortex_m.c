/* SPDX-License-Identifier: Apache-2.0
 * Cortex-M: vectors, reset, faults, and the semihosting breakpoint.
 */
#include "board.h"

extern uint32_t stack_top[];

__attribute__((noreturn)) void reset(void);
void fault(void);

void reset(void) {
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
    volatile uint32_t *const coprocessor_access = (volatile uint32_t *)0xE000ED88;
    *coprocessor_access |= 0xFu << 20; /* floating point and Helium */
#if defined(__ARM_FEATURE_MVE)
    volatile uint32_t *const configuration = (volatile uint32_t *)0xE000ED14;
    *configuration |= 1u << 19; /* loops and branches are remembered */
#endif
    __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
    board_start();
}

/* The processor has stacked r0-r3, r12, lr, pc, psr: cause is the exception's number, address the stacked pc. */
__attribute__((naked)) void fault(void) {
    __asm__ volatile("mrs r0, ipsr\n\t"
                     "ldr r1, [sp, #24]\n\t"
                     "ldr r2, =board_fault\n\t"
                     "bx  r2\n\t"
                     ".ltorg");
}

typedef void (*handler)(void);

/* The stack, then the handlers: reset, NMI, hard fault, memory management, bus, usage and secure fault. */
__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    handler handlers[7];
} vectors = {stack_top, {reset, fault, fault, fault, fault, fault, fault}};

int32_t semihosting_call(uint32_t operation, const void *argument) {
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return (int32_t)r0;
}
