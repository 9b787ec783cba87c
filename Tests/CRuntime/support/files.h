/* SPDX-License-Identifier: Apache-2.0
 * Reading a whole file.
 */
#ifndef FILES_H
#define FILES_H

#include <stddef.h>
#include <stdint.h>

/* The file's bytes in a block of exactly their number, at a multiple of 16; exits with a message where it cannot be
 * read. */
uint8_t *read_file(const char *path, size_t *size);

#endif
