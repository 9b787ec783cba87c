/* SPDX-License-Identifier: Apache-2.0
 * From the processor's start to main, and the console by semihosting (Arm's "Semihosting for AArch32 and AArch64", which
 * RISC-V shares).
 */
#include "board.h"

enum { SYS_OPEN = 0x01, SYS_WRITE0 = 0x04, SYS_READ = 0x06, SYS_EXIT_EXTENDED = 0x20, APPLICATION_EXIT = 0x20026 };

/* SYS_OPEN's mode for reading bytes. */
enum { READ_BINARY = 1 };

/* The linker script's. */
extern uint32_t data_start[], data_end[], data_source[], bss_start[], bss_end[];

void board_start(void) {
    const uint32_t *source = data_source;
    for (uint32_t *at = data_start; at < data_end; at++) {
        *at = *source++;
    }
    for (uint32_t *at = bss_start; at < bss_end; at++) {
        *at = 0;
    }
    board_exit(main());
}

void board_fault(uint32_t cause, uint32_t address) {
    console_write("fault ");
    console_number(cause);
    console_write(" at 0x");
    console_hex(address);
    console_write("\n");
    board_exit(1);
}

void board_exit(int status) {
    const uint32_t arguments[2] = {APPLICATION_EXIT, (uint32_t)status};
    for (;;) {
        semihosting_call(SYS_EXIT_EXTENDED, arguments);
    }
}

void console_write(const char *text) {
    semihosting_call(SYS_WRITE0, text);
}

void console_number(uint32_t value) {
    char text[11];
    char *at = text + sizeof text - 1;
    *at = 0;
    do {
        *--at = (char)('0' + value % 10);
    } while ((value /= 10) != 0);
    console_write(at);
}

void console_hex(uint32_t value) {
    char text[9];
    for (int32_t i = 0; i < 8; i++) {
        text[i] = "0123456789abcdef"[value >> (28 - 4 * i) & 15];
    }
    text[8] = 0;
    console_write(text);
}

int console_read(void *bytes, size_t size) {
    static const char name[] = "inputs.bin";
    static int32_t file;
    if (file == 0) {
        const uint32_t arguments[3] = {(uint32_t)name, READ_BINARY, sizeof name - 1};
        file = semihosting_call(SYS_OPEN, arguments);
    }
    const uint32_t arguments[3] = {(uint32_t)file, (uint32_t)bytes, size};
    /* It answers with the number of bytes that were not read. */
    return file > 0 && semihosting_call(SYS_READ, arguments) == 0;
}
