/* SPDX-License-Identifier: Apache-2.0
 * Plans: whatever stages, bands, rings and offsets the verifier accepts compute what the plain program computes, and
 * what it refuses would not have. The judge is a simulation that labels every row slot with the row it holds.
 */
#include "support/check.h"
#include "support/random_op.h"
#include "support/reference.h"
#include "support/simulation.h"

/* --- Random plans --- */

static const int32_t streaming[] = {NNQ_OP_CONV2D, NNQ_OP_DEPTHWISE_CONV2D, NNQ_OP_MAX_POOL,
                                    NNQ_OP_AVERAGE_POOL, NNQ_OP_ADD, NNQ_OP_CONCAT,
                                    NNQ_OP_PAD, NNQ_OP_TABLE, NNQ_OP_SOFTMAX,
                                    NNQ_OP_SLICE, NNQ_OP_TRANSPOSE, NNQ_OP_REQUANTIZE,
                                    NNQ_OP_CONV2D_INT16, NNQ_OP_DEPTHWISE_CONV2D_INT16, NNQ_OP_MAX_POOL_INT16,
                                    NNQ_OP_AVERAGE_POOL_INT16, NNQ_OP_ADD_INT16, NNQ_OP_SOFTMAX_INT16};
enum { STREAMING = sizeof streaming / sizeof *streaming };

static int32_t random_kind(rng *r, int all_kinds) {
    return all_kinds ? rng_range(r, 1, NNQ_UNPACKED_OPCODE_LIMIT - 1) : streaming[rng_range(r, 0, STREAMING - 1)];
}

/* A program of some ops, each reading the one before or, seldom, any tensor. Returns 0 where it grew too tall. */
static int random_program(builder *b, rng *r, int32_t ops, int all_kinds) {
    builder_start(b);
    int32_t input = random_input(b, r, 12);
    while (b->op_count < ops) {
        const int32_t kind = random_kind(r, all_kinds);
        const int32_t from = rng_once_in(r, 5) ? rng_range(r, 0, b->tensor_count - 1) : input;
        const int32_t output = random_op(b, r, kind, from);
        input = output >= 0 ? output : input;
        if (b->tensors[input].height > 500 || tensor_bytes(&b->tensors[input]) > 4096) {
            return 0;
        }
    }
    return 1;
}

static void random_stages(builder *b, rng *r) {
    int32_t left = b->op_count;
    for (b->stage_count = 0; left > 0; b->stage_count++) {
        const int32_t count = rng_range(r, 1, left);
        b->stages[b->stage_count] = (builder_stage){count, rng_once_in(r, 4) ? 65535 : rng_range(r, 1, 4), 0};
        left -= count;
    }
}

static void random_rings(builder *b, rng *r) {
    for (int32_t t = b->input_count; t < b->tensor_count - 1; t++) {
        if (rng_once_in(r, 2)) {
            b->tensors[t].rows_held = rng_range(r, 1, b->tensors[t].height);
        }
    }
}

/* Runs an accepted file over an arena of exactly its size and compares every output. */
static void compare(const builder *b, const built *file, const nnq_model *model, rng *r) {
    int8_t *tensors[BUILDER_TENSORS];
    nnq_session session;
    (void)file;
    uint8_t *arena = start_session(&session, model, 0x55);
    fill_inputs(b, r, tensors);
    set_inputs(b, &session, tensors);
    reference_run(b, tensors);
    nnq_run(&session);
    const int32_t outputs = b->output_count != 0 ? b->output_count : 1;
    for (int32_t i = 0; i < outputs; i++) {
        const int32_t tensor = b->output_count != 0 ? b->outputs[i] : b->tensor_count - 1;
        assert_memory_equal(nnq_output(&session, i), tensors[tensor], tensor_bytes(&b->tensors[tensor]));
    }
    free_tensors(b, tensors);
    free(arena);
}

/* Where the verifier's rule is exact: the first row of a window's range is one that the window touches. */
static int is_exact(const builder *b) {
    for (int32_t k = 0; k < b->op_count; k++) {
        const op_rows r = op_rows_of(&b->ops[k]);
        if (!r.whole && (r.dilation > 1 || (r.pad >= r.kernel && b->ops[k].params.opcode != NNQ_OP_PAD))) {
            return 0;
        }
    }
    return 1;
}

/* A ring that dense or the like reads, or an op of another stage, is refused whatever it holds. */
static int rings_stay_in_their_stage(const builder *b) {
    int32_t a = 0;
    for (int32_t stage = 0; stage < b->stage_count; stage++) {
        for (int32_t k = a; k < a + b->stages[stage].op_count; k++) {
            for (int32_t i = 0; i < b->ops[k].input_count; i++) {
                const int32_t t = b->ops[k].inputs[i];
                const int ring = builder_rows_held(&b->tensors[t]) < b->tensors[t].height;
                if (ring && (t < b->input_count + a || op_rows_of(&b->ops[k]).whole)) {
                    return 0;
                }
            }
        }
        a += b->stages[stage].op_count;
    }
    return 1;
}

static void rings(void **state) {
    static builder b;
    rng r = rng_seeded("rings");
    int accepted = 0;
    int refused = 0;
    (void)state;
    for (int i = 0; i < 12000; i++) {
        if (!random_program(&b, &r, rng_range(&r, 2, 6), 0)) {
            continue;
        }
        random_stages(&b, &r);
        random_rings(&b, &r);
        nnq_model model;
        const built file = builder_finish(&b);
        const int32_t error = nnq_open(&model, file.file, file.size, nnq_all_ops, NULL);
        const int sound = simulate(&b);
        if (error == NNQ_OK) {
            assert_true(sound);
            compare(&b, &file, &model, &r);
            accepted++;
        } else {
            assert_int_equal(error, NNQ_ERROR_RING);
            assert_true(!sound || !is_exact(&b) || !rings_stay_in_their_stage(&b));
            refused++;
        }
        free(file.file);
    }
    printf("rings: %d plans accepted, %d refused\n", accepted, refused);
    assert_true(accepted > 500 && refused > 500);
}

/* Tensors anywhere, also over each other: what is accepted computes what the plain program computes. */
static void overlaps(void **state) {
    static builder b;
    rng r = rng_seeded("overlaps");
    int accepted = 0;
    int refused = 0;
    (void)state;
    for (int i = 0; i < 40000; i++) {
        if (!random_program(&b, &r, rng_range(&r, 1, 4), 1)) {
            continue;
        }
        random_stages(&b, &r);
        if (rng_once_in(&r, 3)) {
            random_rings(&b, &r);
            b.tensors[b.tensor_count - 1].rows_held = 0;
        }
        int32_t most = 64;
        for (int32_t t = 0; t < b.tensor_count; t++) {
            most += (int32_t)tensor_bytes(&b.tensors[t]);
        }
        for (int32_t t = 0; t < b.tensor_count; t++) {
            const int32_t other = rng_range(&r, 0, b.tensor_count - 1);
            b.tensors[t].offset = rng_range(&r, 0, most / 4) * 4;
            if (other < t && rng_once_in(&r, 2)) {
                b.tensors[t].offset = b.tensors[other].offset;
            }
        }
        b.outputs[0] = b.tensor_count - 1;
        b.output_count = 1;
        if (rng_once_in(&r, 4)) {
            b.outputs[b.output_count++] = rng_range(&r, 0, b.tensor_count - 1);
            b.tensors[b.outputs[1]].rows_held = 0;
        }
        nnq_model model;
        const built file = builder_finish(&b);
        const int32_t error = nnq_open(&model, file.file, file.size, nnq_all_ops, NULL);
        if (error == NNQ_OK) {
            compare(&b, &file, &model, &r);
            accepted++;
        } else {
            assert_true(error == NNQ_ERROR_OVERLAP || error == NNQ_ERROR_RING || error == NNQ_ERROR_UPDATE);
            refused++;
        }
        free(file.file);
    }
    printf("overlaps: %d plans accepted, %d refused\n", accepted, refused);
    assert_true(accepted > 1000 && refused > 1000);
}

/* --- Rules one by one --- */

static const nnq_params copy_table = {.table = {NNQ_OP_TABLE, 0}};

/* An input of 4 x 1 x 4 and `ops` tables one after another, all in one stage. */
static void chain(builder *b, int32_t ops) {
    static const uint8_t values[256];
    builder_start(b);
    int32_t t = builder_input(b, 4, 1, 4, 0);
    builder_data(b, values, sizeof values);
    for (int32_t k = 0; k < ops; k++) {
        t = builder_op_add(b, &copy_table, &t, 1, 4, 1, 4, 0);
    }
    builder_one_stage(b, 1);
}

static void expect(const builder *b, int32_t error, int32_t op, uint32_t byte) {
    nnq_model model;
    nnq_diagnostic at;
    const built file = builder_finish(b);
    const int32_t actual = nnq_open(&model, file.file, file.size, nnq_all_ops, &at);
    if (actual != error || (error != NNQ_OK && (at.op != op || at.byte != byte))) {
        fail_msg("%s, op %d, byte %u; expected %s, op %d, byte %u", nnq_error_name(actual), (int)at.op,
                 (unsigned)at.byte, nnq_error_name(error), (int)op, (unsigned)byte);
    }
    free(file.file);
}

static uint32_t held_at(const builder *b, int32_t tensor) {
    return 40 + 16 * (uint32_t)b->tensor_count + 6 * (uint32_t)b->stage_count + 2 * (uint32_t)tensor;
}

static uint32_t offset_at(int32_t tensor) {
    return 40 + 16 * (uint32_t)tensor + 8;
}

static void each_ring_rule(void **state) {
    static builder b;
    const int32_t first = 1;

    (void)state;
    chain(&b, 3);
    b.tensors[1].rows_held = b.tensors[2].rows_held = 1;
    expect(&b, NNQ_OK, 0, 0);
    b.stages[0].band_rows = 2; /* two rows pass through a ring of one */
    expect(&b, NNQ_ERROR_RING, 1, held_at(&b, 1));
    b.tensors[1].rows_held = 2;
    expect(&b, NNQ_ERROR_RING, 2, held_at(&b, 2));
    b.tensors[2].rows_held = 3;
    expect(&b, NNQ_OK, 0, 0);
    /* read in the stage after */
    b.stage_count = 2;
    b.stages[0] = (builder_stage){2, 1, 0};
    b.stages[1] = (builder_stage){1, 1, 0};
    expect(&b, NNQ_ERROR_RING, 2, held_at(&b, 2));
    /* read whole: by reshape, and by concat on axis 0 */
    chain(&b, 1);
    b.tensors[1].rows_held = 3;
    builder_op_add(&b, &(nnq_params){.opcode = NNQ_OP_RESHAPE}, &first, 1, 1, 1, 16, 0);
    builder_one_stage(&b, 1);
    expect(&b, NNQ_ERROR_RING, 1, held_at(&b, 1));
    chain(&b, 1);
    b.tensors[1].rows_held = 3;
    const uint8_t rescale[8] = {1, 0, 0, 0, 2, 0, 1, 0};
    const nnq_params concat = {.concat = {NNQ_OP_CONCAT, 0, builder_data(&b, rescale, sizeof rescale)}};
    builder_op_add(&b, &concat, &first, 1, 4, 1, 4, 0);
    builder_one_stage(&b, 1);
    expect(&b, NNQ_ERROR_RING, 1, held_at(&b, 1));
    b.tensors[1].rows_held = 4;
    expect(&b, NNQ_OK, 0, 0);
    /* concat on axis 0 may write a ring, reshape may not */
    b.tensors[2].rows_held = 1;
    builder_op_add(&b, &copy_table, &b.ops[1].inputs[0], 1, 4, 1, 4, 0);
    b.ops[2].inputs[0] = 2;
    builder_one_stage(&b, 1);
    expect(&b, NNQ_OK, 0, 0);
    chain(&b, 3);
    b.ops[1].params = (nnq_params){.opcode = NNQ_OP_RESHAPE};
    b.tensors[2].rows_held = 3;
    expect(&b, NNQ_ERROR_RING, 1, held_at(&b, 2));

}

static void each_overlap_rule(void **state) {
    static builder b;
    const int32_t both[2] = {0, 1};
    (void)state;
    /* inputs over each other */
    builder_start(&b);
    builder_input(&b, 1, 1, 8, 0);
    builder_input(&b, 1, 1, 8, 0);
    const nnq_params add = {.add = {NNQ_OP_ADD, 1, 1, 0, 1, -128, 127}};
    builder_op_add(&b, &add, both, 2, 1, 1, 8, 0);
    b.tensors[1].offset = 4;
    expect(&b, NNQ_ERROR_OVERLAP, -1, offset_at(1));
    b.tensors[1].offset = 8;
    expect(&b, NNQ_OK, 0, 0);
    /* in place on either input, but not half over it */
    b.tensors[2].offset = 0;
    expect(&b, NNQ_OK, 0, 0);
    b.tensors[2].offset = 8;
    expect(&b, NNQ_OK, 0, 0);
    b.tensors[2].offset = 4;
    expect(&b, NNQ_ERROR_OVERLAP, 0, offset_at(2));
    /* in place in a stage of two */
    chain(&b, 2);
    b.tensors[1].offset = 0;
    b.tensors[2].offset = 16;
    expect(&b, NNQ_ERROR_OVERLAP, 0, offset_at(1));
    b.stage_count = 0;
    expect(&b, NNQ_OK, 0, 0);
    /* in place over what a later op reads */
    b.ops[1].inputs[0] = 0;
    expect(&b, NNQ_ERROR_OVERLAP, 1, offset_at(1));
    /* over what is read later */
    chain(&b, 3);
    b.stage_count = 0;
    b.ops[1].inputs[0] = 0;
    b.ops[2].inputs[0] = 1;
    b.tensors[2].offset = 28;
    expect(&b, NNQ_ERROR_OVERLAP, 2, offset_at(2));
    b.tensors[2].offset = 0; /* the input is dead by then */
    b.tensors[3].offset = 32;
    expect(&b, NNQ_OK, 0, 0);
    /* over an output of the model */
    b.outputs[0] = 3;
    b.outputs[1] = 0;
    b.output_count = 2;
    expect(&b, NNQ_ERROR_OVERLAP, 1, offset_at(2));
    /* over a state, which nothing may share, even long after its last reader */
    builder_start(&b);
    builder_input(&b, 1, 1, 16, 0);
    builder_input(&b, 1, 1, 16, 0);
    b.state_count = 1;
    builder_data(&b, (const uint8_t[256]){0}, 256);
    builder_op_add(&b, &copy_table, &both[1], 1, 1, 1, 16, 0);
    builder_op_add(&b, &copy_table, &(const int32_t){2}, 1, 1, 1, 16, 0);
    expect(&b, NNQ_OK, 0, 0);
    b.tensors[3].offset = 16;
    expect(&b, NNQ_ERROR_OVERLAP, 1, offset_at(3));
    b.tensors[2].offset = 16;
    b.tensors[3].offset = 32;
    expect(&b, NNQ_ERROR_OVERLAP, 0, offset_at(2)); /* not in place either */
    /* in one stage, also over a tensor that nobody reads */
    chain(&b, 2);
    b.ops[1].inputs[0] = 0;
    b.tensors[2].offset = 16;
    expect(&b, NNQ_ERROR_OVERLAP, 1, offset_at(2));
    b.stage_count = 0;
    expect(&b, NNQ_OK, 0, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_ring_rule),
        cmocka_unit_test(each_overlap_rule),
        cmocka_unit_test(rings),
        cmocka_unit_test(overlaps),
    };
    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
