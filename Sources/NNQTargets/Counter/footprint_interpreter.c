/* SPDX-License-Identifier: Apache-2.0
 * The least that a firmware has of the interpreter, to see how much the linker keeps: opens a file, runs it.
 */
#include "model.h"
#include "nnq/nnq.h"

int footprint(void);

static const nnq_op *const ops[NNQ_OPCODE_LIMIT] = {MODEL_OPS};
static nnq_model model;
static nnq_session session;
extern const uint8_t model_file[];
extern uint8_t model_arena[];
extern uint32_t model_file_size;

int footprint(void) {
    if (nnq_open(&model, model_file, model_file_size, ops, NULL) != NNQ_OK ||
        nnq_start(&session, &model, model_arena, MODEL_ARENA) != NNQ_OK) {
        return -1;
    }
    *nnq_input(&session, 0) = 1;
    nnq_run(&session);
    return *nnq_output(&session, 0);
}
