/* SPDX-License-Identifier: Apache-2.0
 * The test program's console on a workstation.
 */
#include "console.h"

#include <stdio.h>

void console_write(const char *text) {
    fputs(text, stdout);
}

int console_read(void *bytes, size_t size) {
    static FILE *file;
    if (file == NULL) {
        file = fopen("inputs.bin", "rb");
    }
    return file != NULL && fread(bytes, 1, size, file) == size;
}
