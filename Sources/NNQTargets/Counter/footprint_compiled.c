/* SPDX-License-Identifier: Apache-2.0
 * The least that a firmware has of a compiled model, to see how much the linker keeps.
 */
#include "model.h"

int footprint(void);

int footprint(void) {
    int sum = 0;
#define WRITE_INPUT(address, size) *(int8_t *)address = 1;
#define ADD_OUTPUT(address, size) sum += *(const int8_t *)address;
    MODEL_RESET;
    MODEL_INPUTS(WRITE_INPUT)
    MODEL_RUN;
    MODEL_OUTPUTS(ADD_OUTPUT)
    return sum;
}
