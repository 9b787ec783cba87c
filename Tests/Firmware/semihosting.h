/* SPDX-License-Identifier: Apache-2.0
 * Arm semihosting: the end of the program.
 */
#ifndef SEMIHOSTING_H
#define SEMIHOSTING_H

__attribute__((noreturn)) void semihosting_exit(int status);

#endif
