/* SPDX-License-Identifier: Apache-2.0
 * What measured programs share: marks, the stack's depth, results in words.
 */
#ifndef MEASURED_H
#define MEASURED_H

#include "board.h"

/* A name for this place, without an instruction. */
#define MEASURE_MARK(name) __asm__ volatile("measure_" #name ":" ::: "memory")

/* Writes to the word below the stack pointer, so that a counter of stores sees where the stack is. */
#if defined(__arm__)
#define MEASURE_TOUCH_STACK() __asm__ volatile("push {r0}\n\tpop {r0}" ::: "memory")
#else
#define MEASURE_TOUCH_STACK() __asm__ volatile("sw zero, -4(sp)" ::: "memory")
#endif

/* An output, as two hexadecimal digits a byte. */
static inline void measure_write_output(const int8_t *output, size_t size) {
    console_write("output ");
    for (size_t i = 0; i < size; i++) {
        const uint8_t byte = (uint8_t)output[i];
        const char text[3] = {"0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15], 0};
        console_write(text);
    }
    console_write("\n");
}

#endif
