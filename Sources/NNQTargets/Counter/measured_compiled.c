/* SPDX-License-Identifier: Apache-2.0
 * Runs a compiled model once on inputs.bin and prints its outputs. model.h has MODEL_INPUTS and MODEL_OUTPUTS, which
 * apply a macro to the address and the size of each, MODEL_RESET and MODEL_RUN.
 */
#include "measured.h"
#include "model.h"

static void run_model(void) {
    MEASURE_MARK(touch);
    MEASURE_TOUCH_STACK();
    MEASURE_MARK(run);
    MODEL_RUN;
    MEASURE_MARK(done);
}

int main(void) {
#define READ_INPUT(address, size)                                                                                      \
    if (!console_read(address, size)) {                                                                                \
        return 2;                                                                                                      \
    }
#define WRITE_OUTPUT(address, size) measure_write_output((const int8_t *)address, size);
    MODEL_RESET;
    MODEL_INPUTS(READ_INPUT)
    run_model();
    MODEL_OUTPUTS(WRITE_OUTPUT)
    return 0;
}
