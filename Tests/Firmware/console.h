/* SPDX-License-Identifier: Apache-2.0
 * What the test program needs of the world: text out, a file of inputs in. semihosting.c is the emulated board's, host.c
 * a workstation's.
 */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stddef.h>

void console_write(const char *text);

/* The next `size` bytes of the file inputs.bin in the current folder; 0 where it has fewer left. */
int console_read(void *bytes, size_t size);

#endif
