/* SPDX-License-Identifier: Apache-2.0
 * Arm semihosting (Arm's "Semihosting for AArch32 and AArch64"): a breakpoint with an operation and its argument.
 */
#include "semihosting.h"

#include "console.h"

#include <stdint.h>

enum { SYS_OPEN = 0x01, SYS_WRITE0 = 0x04, SYS_READ = 0x06, SYS_EXIT_EXTENDED = 0x20, APPLICATION_EXIT = 0x20026 };

/* SYS_OPEN's mode for reading bytes. */
enum { READ_BINARY = 1 };

static int32_t call(uint32_t operation, const void *argument) {
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return (int32_t)r0;
}

void console_write(const char *text) {
    call(SYS_WRITE0, text);
}

int console_read(void *bytes, size_t size) {
    static const char name[] = "inputs.bin";
    static int32_t file;
    if (file == 0) {
        const uint32_t arguments[3] = {(uint32_t)name, READ_BINARY, sizeof name - 1};
        file = call(SYS_OPEN, arguments);
    }
    const uint32_t arguments[3] = {(uint32_t)file, (uint32_t)bytes, size};
    /* It answers with the number of bytes that were not read. */
    return file > 0 && call(SYS_READ, arguments) == 0;
}

void semihosting_exit(int status) {
    const uint32_t arguments[2] = {APPLICATION_EXIT, (uint32_t)status};
    for (;;) {
        call(SYS_EXIT_EXTENDED, arguments);
    }
}
