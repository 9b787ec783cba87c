/* SPDX-License-Identifier: Apache-2.0
 * What a program on a board has of the world: text out, a file of inputs in, and an end. On an emulated board that is
 * semihosting; on your own, write these functions for its serial port.
 */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

int main(void);

void console_write(const char *text);

/* In decimal; in hexadecimal with 8 digits. */
void console_number(uint32_t value);
void console_hex(uint32_t value);

/* The next `size` bytes of the file inputs.bin in the emulator's folder; 0 where it has fewer left. */
int console_read(void *bytes, size_t size);

/* Ends the program; the emulator's exit code is `status`. */
__attribute__((noreturn)) void board_exit(int status);

/* --- Of the board's own files --- */

/* A semihosting call: what the debugger, here the emulator, does for the program. */
int32_t semihosting_call(uint32_t operation, const void *argument);

/* Static memory as C expects it, then main, then the end. */
__attribute__((noreturn)) void board_start(void);

/* Says what happened, and where. */
__attribute__((noreturn)) void board_fault(uint32_t cause, uint32_t address);

#endif
