/* SPDX-License-Identifier: Apache-2.0
 * What the Swift firmware gets from C: the model in flash, its arena, and the board's console.
 */
#ifndef FIRMWARE_H
#define FIRMWARE_H

#include "board.h"

/* The model's file, and memory for one session of it. */
const void *firmware_model(void);
size_t firmware_model_size(void);
void *firmware_arena(void);
size_t firmware_arena_size(void);

#endif
