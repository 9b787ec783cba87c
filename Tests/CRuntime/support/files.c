/* SPDX-License-Identifier: Apache-2.0
 * Reading a whole file.
 */
#include "files.h"

#include "builder.h"

#include <stdio.h>
#include <stdlib.h>

uint8_t *read_file(const char *path, size_t *size) {
    FILE *stream = fopen(path, "rb");
    uint8_t *bytes = NULL;
    long length = -1;
    if (stream != NULL && fseek(stream, 0, SEEK_END) == 0 && (length = ftell(stream)) >= 0) {
        rewind(stream);
        bytes = aligned_block((size_t)length);
        if (bytes != NULL && fread(bytes, 1, (size_t)length, stream) != (size_t)length) {
            free(bytes);
            bytes = NULL;
        }
    }
    if (bytes == NULL) {
        perror(path);
        exit(1);
    }
    fclose(stream);
    *size = (size_t)length;
    return bytes;
}
