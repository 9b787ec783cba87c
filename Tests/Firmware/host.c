/* SPDX-License-Identifier: Apache-2.0
 * A board's console on a workstation.
 */
#include "board.h"

#include <inttypes.h>
#include <stdio.h>

void console_write(const char *text) {
    fputs(text, stdout);
}

void console_number(uint32_t value) {
    printf("%" PRIu32, value);
}

void console_hex(uint32_t value) {
    printf("%08" PRIx32, value);
}

int console_read(void *bytes, size_t size) {
    static FILE *file;
    if (file == NULL) {
        file = fopen("inputs.bin", "rb");
    }
    return file != NULL && fread(bytes, 1, size, file) == size;
}
