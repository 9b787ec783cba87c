/* SPDX-License-Identifier: Apache-2.0
 * Using a model: again, from read-only memory, in two threads at once, with a list of ops of one's own, stage by stage.
 */
#include "support/check.h"
#include "support/random_parts.h"
#include "support/reference.h"

#include <pthread.h>
#include <sys/mman.h>

enum {
    OP_COUNT = 0
#define NNQ_OP(code, name, NAME, min_inputs, max_inputs, in_place) +1
#include "nnq/ops.def"
};

/* Appends an op to one of the tensors, if it fits one of some. */
static void append(builder *b, rng *r, int32_t opcode) {
    for (int tries = 0; tries < 50; tries++) {
        if (random_op(b, r, opcode, rng_range(r, 0, b->tensor_count - 1)) >= 0) {
            return;
        }
    }
}

/* A random program of every op, or nearly so, one stage each. */
static void random_program(builder *b, rng *r) {
    do {
        builder_start(b);
        random_input(b, r, 9);
        /* Something for the ops on int16 to read. */
        for (int i = 0; i < 3; i++) {
            append(b, r, NNQ_OP_REQUANTIZE);
        }
        for (int32_t opcode = 1; opcode < NNQ_UNPACKED_OPCODE_LIMIT; opcode++) {
            append(b, r, opcode);
        }
    } while (b->op_count < OP_COUNT - 1);
    b->outputs[0] = b->tensor_count - 1;
    b->outputs[1] = b->tensor_count / 2;
    b->output_count = 2;
}

static void expect_outputs(const builder *b, const nnq_session *session, int8_t *const *tensors) {
    for (int32_t i = 0; i < b->output_count; i++) {
        assert_memory_equal(nnq_output(session, i), tensors[b->outputs[i]], tensor_bytes(&b->tensors[b->outputs[i]]));
    }
}

/* The same inputs give the same outputs, whatever the arena held before. */
static void again(void **state) {
    static builder b;
    rng r = rng_seeded("again");
    (void)state;
    for (int i = 0; i < 50; i++) {
        int8_t *tensors[BUILDER_TENSORS];
        nnq_model model;
        nnq_session session;
        random_program(&b, &r);
        const built file = builder_finish(&b);
        open_built(&model, &file);
        uint8_t *arena = start_session(&session, &model, 0x55);
        fill_inputs(&b, &r, tensors);
        reference_run(&b, tensors);
        for (int run = 0; run < 3; run++) {
            set_inputs(&b, &session, tensors);
            nnq_run(&session);
            expect_outputs(&b, &session, tensors);
        }
        free_tensors(&b, tensors);
        free(arena);
        free(file.file);
    }
}

/* The file is in pages that nobody may write to. */
static void read_only(void **state) {
    static builder b;
    rng r = rng_seeded("read only");
    int8_t *tensors[BUILDER_TENSORS];
    nnq_model model;
    nnq_session session;
    (void)state;
    random_program(&b, &r);
    built file = builder_finish(&b);
    void *pages = mmap(NULL, file.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(pages != MAP_FAILED);
    memcpy(pages, file.file, file.size);
    assert_int_equal(mprotect(pages, file.size, PROT_READ), 0);
    free(file.file);
    file.file = pages;
    open_built(&model, &file);
    uint8_t *arena = start_session(&session, &model, 0x55);
    fill_inputs(&b, &r, tensors);
    set_inputs(&b, &session, tensors);
    reference_run(&b, tensors);
    nnq_run(&session);
    expect_outputs(&b, &session, tensors);
    free_tensors(&b, tensors);
    free(arena);
    munmap(pages, file.size);
}

typedef struct worker {
    const builder *b;
    const nnq_model *model;
    int8_t *tensors[BUILDER_TENSORS];
    int32_t wrong;
} worker;

static void *work(void *argument) {
    worker *w = argument;
    nnq_session session;
    uint8_t *arena = start_session(&session, w->model, 0x55);
    for (int run = 0; run < 200; run++) {
        set_inputs(w->b, &session, w->tensors);
        nnq_run(&session);
        for (int32_t i = 0; i < w->b->output_count; i++) {
            const int32_t tensor = w->b->outputs[i];
            w->wrong += memcmp(nnq_output(&session, i), w->tensors[tensor], tensor_bytes(&w->b->tensors[tensor])) != 0;
        }
    }
    free(arena);
    return NULL;
}

static void two_threads(void **state) {
    static builder b;
    rng r = rng_seeded("two threads");
    worker workers[2];
    pthread_t threads[2];
    nnq_model model;
    (void)state;
    random_program(&b, &r);
    const built file = builder_finish(&b);
    open_built(&model, &file);
    for (int i = 0; i < 2; i++) {
        workers[i].b = &b;
        workers[i].model = &model;
        workers[i].wrong = 0;
        fill_inputs(&b, &r, workers[i].tensors);
        reference_run(&b, workers[i].tensors);
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(workers[i].wrong, 0);
        free_tensors(&b, workers[i].tensors);
    }
    free(file.file);
}

/* Stage by stage, every tensor is what the reference has, right after the stage that writes it; of those that a later op
 * updates, the reference has only the last values. */
static void stage_by_stage(void **state) {
    static builder b;
    rng r = rng_seeded("stage by stage");
    int8_t *tensors[BUILDER_TENSORS];
    nnq_model model;
    nnq_session session;
    (void)state;
    random_program(&b, &r);
    const built file = builder_finish(&b);
    open_built(&model, &file);
    uint8_t *arena = start_session(&session, &model, 0x55);
    fill_inputs(&b, &r, tensors);
    set_inputs(&b, &session, tensors);
    reference_run(&b, tensors);
    for (int32_t s = 0; s < b.op_count; s++) {
        const int32_t tensor = b.input_count + s;
        assert_int_equal(nnq_stage_op_count(&model, s), 1);
        nnq_run_stage(&session, s);
        if (!random_is_remembered(&b, tensor)) {
            assert_memory_equal(nnq_tensor_data(&session, tensor), tensors[tensor], tensor_bytes(&b.tensors[tensor]));
        }
    }
    free_tensors(&b, tensors);
    free(arena);
    free(file.file);
}

static void description(void **state) {
    static builder b;
    rng r = rng_seeded("description");
    nnq_model model;
    nnq_tensor_info info;
    (void)state;
    random_program(&b, &r);
    const built file = builder_finish(&b);
    open_built(&model, &file);
    assert_int_equal(nnq_input_count(&model), 1);
    assert_int_equal(nnq_output_count(&model), 2);
    for (int32_t t = 0; t < b.tensor_count; t++) {
        assert_int_equal(nnq_tensor_info_at(&model, t, &info), NNQ_OK);
        assert_int_equal(info.height, b.tensors[t].height);
        assert_int_equal(info.width, b.tensors[t].width);
        assert_int_equal(info.channels, b.tensors[t].channels);
        assert_int_equal(info.zero_point, b.tensors[t].zero_point);
        assert_int_equal(info.scale_bits, b.tensors[t].scale_bits);
    }
    assert_int_equal(nnq_output_info(&model, 1, &info), NNQ_OK);
    assert_int_equal(info.channels, b.tensors[b.outputs[1]].channels);
    free(file.file);
}

/* A program that lists dense only: it runs a dense model, and refuses one with another op. */
static void own_ops(void **state) {
    static const nnq_op *const mine[NNQ_OPCODE_LIMIT] = {[NNQ_OP_DENSE] = &nnq_op_dense};
    static builder b;
    rng r = rng_seeded("own ops");
    int8_t *tensors[BUILDER_TENSORS];
    nnq_model model;
    nnq_session session;
    nnq_diagnostic at;
    (void)state;
    builder_start(&b);
    const int32_t input = random_input(&b, &r, 5);
    const int32_t dense = random_op(&b, &r, NNQ_OP_DENSE, input);
    assert_true(dense >= 0);
    built file = builder_finish(&b);
    assert_int_equal(nnq_open(&model, file.file, file.size, mine, NULL), NNQ_OK);
    uint8_t *arena = start_session(&session, &model, 0x55);
    fill_inputs(&b, &r, tensors);
    set_inputs(&b, &session, tensors);
    reference_run(&b, tensors);
    nnq_run(&session);
    assert_memory_equal(nnq_output(&session, 0), tensors[dense], tensor_bytes(&b.tensors[dense]));
    free_tensors(&b, tensors);
    free(arena);
    free(file.file);
    random_op(&b, &r, NNQ_OP_TABLE, dense);
    file = builder_finish(&b);
    assert_int_equal(nnq_open(&model, file.file, file.size, mine, &at), NNQ_ERROR_OPCODE);
    assert_int_equal(at.op, 1);
    assert_int_equal(at.byte, file.op_records[1]);
    free(file.file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(again),       cmocka_unit_test(read_only),   cmocka_unit_test(two_threads),
        cmocka_unit_test(stage_by_stage), cmocka_unit_test(description), cmocka_unit_test(own_ops),
    };
    return cmocka_run_group_tests_name("sessions", tests, NULL, NULL);
}
