/* SPDX-License-Identifier: Apache-2.0
 * What the runtime takes of the C library; memory.c has the functions.
 */
#ifndef BOARD_STRING_H
#define BOARD_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);

#endif
