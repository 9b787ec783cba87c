/* SPDX-License-Identifier: Apache-2.0
 * From reset to main on a Cortex-M, and the C library's memory functions, so that no library is needed.
 */
#include <stddef.h>
#include <stdint.h>

#include "console.h"
#include "semihosting.h"

extern uint32_t data_start[], data_end[], data_source[], bss_start[], bss_end[], stack_top[];

int main(void);
void reset(void);

static void fault(void) {
    console_write("fault\n");
    semihosting_exit(1);
}

void reset(void) {
    const uint32_t *source = data_source;
    for (uint32_t *at = data_start; at < data_end; at++) {
        *at = *source++;
    }
    for (uint32_t *at = bss_start; at < bss_end; at++) {
        *at = 0;
    }
    semihosting_exit(main());
}

typedef void (*handler)(void);

/* The stack, then the handlers: reset, NMI, hard fault, memory management, bus and usage fault. */
__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    handler handlers[6];
} vectors = {stack_top, {reset, fault, fault, fault, fault, fault}};

void *memcpy(void *restrict to, const void *restrict from, size_t size) {
    uint8_t *t = to;
    const uint8_t *f = from;
    while (size-- > 0) {
        *t++ = *f++;
    }
    return to;
}

void *memmove(void *to, const void *from, size_t size) {
    uint8_t *t = to;
    const uint8_t *f = from;
    if ((uintptr_t)t < (uintptr_t)f) {
        return memcpy(to, from, size);
    }
    while (size-- > 0) {
        t[size] = f[size];
    }
    return to;
}

void *memset(void *to, int value, size_t size) {
    uint8_t *t = to;
    while (size-- > 0) {
        *t++ = (uint8_t)value;
    }
    return to;
}
