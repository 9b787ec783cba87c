/* SPDX-License-Identifier: Apache-2.0
 * The model and its arena.
 */
#include "firmware.h"

#include "nnq/nnq.h"

#include "model.h"

static uint8_t arena[MODEL_ARENA_SIZE] NNQ_ALIGNED;

const void *firmware_model(void) {
    return model_file;
}

size_t firmware_model_size(void) {
    return sizeof model_file;
}

void *firmware_arena(void) {
    return arena;
}

size_t firmware_arena_size(void) {
    return sizeof arena;
}
