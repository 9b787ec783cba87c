/* SPDX-License-Identifier: Apache-2.0
 * cmocka, and steps that every test takes.
 */
#ifndef CHECK_H
#define CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "builder.h"
#include "rng.h"

/* Opens with every op and expects NNQ_OK; a failure names the error and its place. */
static inline void open_built(nnq_model *model, const built *file) {
    nnq_diagnostic at;
    const int32_t error = nnq_open(model, file->file, file->size, nnq_all_ops, &at);
    if (error != NNQ_OK) {
        fail_msg("%s, op %d, byte %u", nnq_error_name(error), (int)at.op, (unsigned)at.byte);
    }
}

/* An arena of exactly the model's size, filled with `fill`. */
static inline uint8_t *start_session(nnq_session *session, const nnq_model *model, int fill) {
    uint8_t *arena = aligned_block(nnq_arena_size(model));
    assert_non_null(arena);
    memset(arena, fill, nnq_arena_size(model));
    assert_int_equal(nnq_start(session, model, arena, nnq_arena_size(model)), NNQ_OK);
    return arena;
}

static inline size_t tensor_bytes(const builder_tensor *t) {
    return (size_t)t->height * builder_row_bytes(t);
}

/* Room for every tensor of a builder, inputs filled at random and states as they are at the start. */
static inline void fill_inputs(const builder *b, rng *r, int8_t **tensors) {
    for (int32_t i = 0; i < b->tensor_count; i++) {
        tensors[i] = calloc(tensor_bytes(&b->tensors[i]), 1);
        if (i < b->input_count && i >= b->input_count - b->state_count) {
            memset(tensors[i], b->tensors[i].zero_point, tensor_bytes(&b->tensors[i]));
            continue;
        }
        for (size_t n = 0; i < b->input_count && n < tensor_bytes(&b->tensors[i]); n++) {
            tensors[i][n] = (int8_t)(rng_once_in(r, 10) ? rng_range(r, 0, 1) * 255 - 128 : rng_range(r, -128, 127));
        }
    }
}

static inline void free_tensors(const builder *b, int8_t **tensors) {
    for (int32_t i = 0; i < b->tensor_count; i++) {
        free(tensors[i]);
    }
}

/* Gives a session its inputs. */
static inline void set_inputs(const builder *b, const nnq_session *session, int8_t *const *tensors) {
    for (int32_t i = 0; i < b->input_count - b->state_count; i++) {
        memcpy(nnq_input(session, i), tensors[i], tensor_bytes(&b->tensors[i]));
    }
}

#endif
