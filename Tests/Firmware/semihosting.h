/* SPDX-License-Identifier: Apache-2.0
 * Arm semihosting: text to the debugger's or emulator's console, and the end of the program.
 */
#ifndef SEMIHOSTING_H
#define SEMIHOSTING_H

void semihosting_write(const char *text);
__attribute__((noreturn)) void semihosting_exit(int status);

#endif
