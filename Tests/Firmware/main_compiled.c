/* SPDX-License-Identifier: Apache-2.0
 * Runs a compiled model, model.c, on inputs.bin and prints its output in hexadecimal.
 */
#include "board.h"
#include "model.h"

int main(void) {
    if (!console_read(model_input(), MODEL_INPUT_SIZE)) {
        return 1;
    }
    model_run();
    for (int32_t i = 0; i < MODEL_OUTPUT_SIZE; i++) {
        const uint8_t byte = (uint8_t)model_output()[i];
        const char text[3] = {"0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15], 0};
        console_write(text);
    }
    console_write("\n");
    return 0;
}
