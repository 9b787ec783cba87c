/* SPDX-License-Identifier: Apache-2.0
 * Every op against the reference, bit for bit, on random shapes and parameters.
 */
#include "support/check.h"
#include "support/random_op.h"
#include "support/reference.h"

/* The extent of a second input: often that of the first, else one that repeats. */
static int32_t beside(rng *r, int32_t extent) {
    return rng_once_in(r, 4) ? 1 : extent;
}

/* Builds one op over one or two random inputs; returns 0 where none fits. */
static int build(builder *b, rng *r, int32_t opcode) {
    builder_start(b);
    random_input(b, r, 9);
    if (rng_once_in(r, 2)) {
        const builder_tensor first = b->tensors[0];
        builder_input(b, beside(r, first.height), beside(r, first.width), beside(r, first.channels),
                      rng_range(r, -128, 127));
    }
    return random_op(b, r, opcode, 0) >= 0;
}

static void compare(const builder *b, rng *r) {
    int8_t *tensors[BUILDER_TENSORS];
    nnq_model model;
    nnq_session session;
    const built file = builder_finish(b);
    const int32_t output = b->tensor_count - 1;
    open_built(&model, &file);
    uint8_t *arena = start_session(&session, &model, 0x55);
    fill_inputs(b, r, tensors);
    for (int run = 0; run < (b->state_count > 0 ? 3 : 1); run++) {
        set_inputs(b, &session, tensors);
        reference_run(b, tensors);
        nnq_run(&session);
        assert_memory_equal(nnq_output(&session, 0), tensors[output], tensor_bytes(&b->tensors[output]));
        for (int32_t t = b->input_count - b->state_count; t < b->input_count; t++) {
            assert_memory_equal(nnq_tensor_data(&session, t), tensors[t], tensor_bytes(&b->tensors[t]));
        }
    }
    free_tensors(b, tensors);
    free(arena);
    free(file.file);
}

static void test_op(int32_t opcode) {
    static builder b;
    rng r = rng_seeded(nnq_op_name(opcode));
    int built_ops = 0;
    for (int i = 0; i < 1000; i++) {
        if (build(&b, &r, opcode)) {
            compare(&b, &r);
            built_ops++;
        }
    }
    assert_true(built_ops >= 500);
}

#define NNQ_OP(code, name, NAME, min_inputs, max_inputs, in_place)                                                     \
    static void name(void **state) {                                                                                   \
        (void)state;                                                                                                   \
        test_op(code);                                                                                                 \
    }
#include "nnq/ops.def"

/* In place: the output lies on an input, and bands go through it row by row. */
static void in_place(void **state) {
    static const int32_t opcodes[] = {NNQ_OP_ADD,     NNQ_OP_TABLE,   NNQ_OP_SOFTMAX, NNQ_OP_RESHAPE,
                                      NNQ_OP_MUL,     NNQ_OP_MINIMUM, NNQ_OP_MAXIMUM, NNQ_OP_TFLITE_ADD,
                                      NNQ_OP_PRELU,   NNQ_OP_TFLITE_SOFTMAX, NNQ_OP_L2_NORMALIZE,
                                      NNQ_OP_ADD_INT16, NNQ_OP_SOFTMAX_INT16, NNQ_OP_REQUANTIZE};
    static builder b;
    rng r = rng_seeded("in place");
    (void)state;
    for (int i = 0; i < 1100; i++) {
        const int32_t opcode = opcodes[i % (int)(sizeof opcodes / sizeof *opcodes)];
        if (!build(&b, &r, opcode)) {
            continue;
        }
        const int32_t over = b.ops[0].inputs[b.ops[0].input_count - 1];
        if (tensor_bytes(&b.tensors[over]) == tensor_bytes(&b.tensors[b.tensor_count - 1])) {
            uint32_t before = 0;
            for (int32_t t = 0; t < over; t++) {
                before += ((uint32_t)tensor_bytes(&b.tensors[t]) + 3) / 4 * 4;
            }
            b.tensors[b.tensor_count - 1].offset = before;
            builder_one_stage(&b, rng_range(&r, 1, 4));
            compare(&b, &r);
        }
    }
}

/* Constants of wider elements: little-endian in the file, in the machine's order in the arena. */
static void wide_constants(void **state) {
    static builder b;
    static const uint8_t bytes[12] = {0x01, 0x02, 0x03, 0x84, 0xff, 0xff, 0xff, 0xff, 0x00, 0x80, 0x00, 0x00};
    static const int16_t halves[6] = {0x0201, -0x7bfd, -1, -1, -0x8000, 0};
    static const int32_t words[3] = {-0x7bfcfdff, -1, 0x8000};
    (void)state;
    for (int32_t type = NNQ_INT16; type <= NNQ_INT32; type++) {
        const int32_t none = 0;
        nnq_model model;
        nnq_session session;
        builder_start(&b);
        builder_input(&b, 1, 1, 1, 0);
        const nnq_params params = {.constant = {NNQ_OP_CONSTANT, builder_data(&b, bytes, sizeof bytes)}};
        builder_op_add(&b, &params, &none, 0, type == NNQ_INT16 ? 2 : 3, 1, type == NNQ_INT16 ? 3 : 1, 0);
        b.tensors[1].type = type;
        const built file = builder_finish(&b);
        open_built(&model, &file);
        uint8_t *arena = start_session(&session, &model, 0x55);
        nnq_run(&session);
        const void *expected = type == NNQ_INT16 ? (const void *)halves : (const void *)words;
        assert_memory_equal(nnq_output(&session, 0), expected, sizeof bytes);
        free(arena);
        free(file.file);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define NNQ_OP(code, name, NAME, min_inputs, max_inputs, in_place) cmocka_unit_test(name),
#include "nnq/ops.def"
        cmocka_unit_test(in_place),
        cmocka_unit_test(wide_constants),
    };
    return cmocka_run_group_tests_name("ops", tests, NULL, NULL);
}
