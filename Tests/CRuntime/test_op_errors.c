/* SPDX-License-Identifier: Apache-2.0
 * The errors about ops that every op can give, each with the op and the byte that the diagnostic names.
 */
#include "support/expect.h"

static void opcode(void **state) {
    const uint32_t at = subject_make()->file.op_records[DENSE];
    (void)state;
    change(at, 1, 0, NNQ_ERROR_OPCODE, DENSE, at);
    change(at, 1, NNQ_OPCODE_LIMIT, NNQ_ERROR_OPCODE, DENSE, at);
    change(at, 1, 255, NNQ_ERROR_OPCODE, DENSE, at);
    /* A program that links all but one op. */
    const nnq_op *some[NNQ_OPCODE_LIMIT];
    memcpy(some, nnq_all_ops, sizeof some);
    some[NNQ_OP_DENSE] = NULL;
    expect_with(subject_make(), subject_make()->file.size, some, NNQ_ERROR_OPCODE, DENSE, at);
}

static void input(void **state) {
    const uint32_t add = subject_make()->file.op_records[ADD];
    (void)state;
    change(add + 1, 1, 1, NNQ_ERROR_INPUT, ADD, add + 1);
    change(add + 1, 1, 3, NNQ_ERROR_INPUT, ADD, add + 1);
    change(add + 2, 2, 3, NNQ_ERROR_INPUT, ADD, add + 2); /* its own output */
    change(add + 4, 2, 65535, NNQ_ERROR_INPUT, ADD, add + 4);
}

static void shape(void **state) {
    (void)state;
    change(field(CONV, "stride_height"), 1, 2, NNQ_ERROR_SHAPE, CONV, tensor_at(1, 0));
    change(field(CONV, "groups"), 2, 2, NNQ_ERROR_SHAPE, CONV, tensor_at(1, 0)); /* 3 outputs are not 2 groups */
    change(field(CONV, "dilation_width"), 1, 255, NNQ_ERROR_SHAPE, CONV, tensor_at(1, 0));
    change(field(POOL, "kernel_width"), 2, 65535, NNQ_ERROR_SHAPE, POOL, tensor_at(2, 0));
    change(tensor_at(2, 6), 1, 6, NNQ_ERROR_SHAPE, POOL, tensor_at(2, 0)); /* zero point */
    change(subject_make()->file.op_records[ADD] + 4, 2, 1, NNQ_ERROR_SHAPE, ADD, tensor_at(3, 0));
    change(tensor_at(5, 6), 1, 0, NNQ_ERROR_SHAPE, SOFTMAX, tensor_at(5, 0));
    change(tensor_at(5, 12), 4, SCALE_ONE, NNQ_ERROR_SHAPE, SOFTMAX, tensor_at(5, 0));
}

static void parameter(void **state) {
    const uint32_t conv = block(CONV);
    const uint32_t dense = block(DENSE);
    (void)state;
    change(field(CONV, "act_max"), 1, 0x80, NNQ_OK, -1, 0);
    change(field(CONV, "act_min"), 1, 1, NNQ_OK, -1, 0);
    subject *s = subject_make();
    s->file.file[field_at(&s->file, &s->b, CONV, "act_min")] = 1;
    s->file.file[field_at(&s->file, &s->b, CONV, "act_max")] = 0;
    seal(s->file.file, s->file.size);
    expect(s, NNQ_ERROR_PARAMETER, CONV, field_at(&s->file, &s->b, CONV, "act_min"));
    change(field(DENSE, "pre_shift"), 1, 1, NNQ_ERROR_PARAMETER, DENSE, field(DENSE, "pre_shift"));
    change(field(POOL, "pad_top"), 1, 2, NNQ_ERROR_SHAPE, POOL, tensor_at(2, 0));
    change(conv + 12 + 4, 4, 0x80000000u, NNQ_ERROR_PARAMETER, CONV, conv + 12 + 4); /* a multiplier */
    change(conv + 24, 1, 32, NNQ_ERROR_PARAMETER, CONV, conv + 24);                  /* a shift */
    change(conv + 24, 1, 63, NNQ_ERROR_PARAMETER, CONV, conv + 24);
    change(dense + 32 + 3, 1, 0, NNQ_ERROR_PARAMETER, DENSE, dense + 32 + 3);
    change(dense + 32 + 3, 1, 63, NNQ_ERROR_PARAMETER, DENSE, dense + 32 + 3);
    change(dense + 32 + 3, 1, 32, NNQ_OK, -1, 0);
    change(constants(SOFTMAX, "exponentials"), 2, 0, NNQ_ERROR_PARAMETER, SOFTMAX, constants(SOFTMAX, "exponentials"));
}

/* A pool's pad as large as its kernel, in a shape that fits. */
static void pool_pads(void **state) {
    static builder b;
    static const char *const names[4] = {"pad_top", "pad_bottom", "pad_left", "pad_right"};
    (void)state;
    for (int32_t i = 0; i < 8; i++) {
        int32_t pads[4] = {0, 0, 0, 0};
        const int32_t in = 0;
        pads[i / 2] = 2;
        const int32_t height = 3 + pads[0] + pads[1];
        const int32_t width = 3 + pads[2] + pads[3];
        nnq_params p = {.max_pool = {NNQ_OP_MAX_POOL, 2, 2, 1, 1, pads[0], pads[1], pads[2], pads[3], -128, 127}};
        builder_start(&b);
        builder_input(&b, 4, 4, 1, 0);
        if (i % 2 == 1) {
            uint8_t multipliers[16] = {0};
            const int32_t at = builder_data(&b, multipliers, sizeof multipliers);
            p = (nnq_params){.average_pool = {NNQ_OP_AVERAGE_POOL, 2, 2, 1, 1, pads[0], pads[1], pads[2], pads[3], -128,
                                              127, 0, 0, 33, at}};
        }
        builder_op_add(&b, &p, &in, 1, height, width, 1, 0);
        const subject s = {b, builder_finish(&b)};
        expect(&s, NNQ_ERROR_PARAMETER, 0, field_at(&s.file, &b, 0, names[i / 2]));
        free(s.file.file);
    }
}

/* Packed records: the highest byte holds the shift; a base of 0 means wide ones. */
static void packed(void **state) {
    static builder b;
    const int8_t filter[4] = {1, -2, 3, -4};
    const int32_t bias[1] = {5};
    const int32_t multiplier[1] = {1 << 30};
    const uint8_t shift[1] = {60};
    const int32_t in = 0;
    (void)state;
    builder_start(&b);
    builder_input(&b, 2, 2, 1, 0);
    nnq_params p = {.dense = {NNQ_OP_DENSE, -128, 127, 0, 0, 60, 0}};
    p.dense.filter = builder_filter(&b, filter, sizeof filter, 1, bias, multiplier, shift, 60);
    builder_op_add(&b, &p, &in, 1, 1, 1, 1, 0);
    subject s = {b, builder_finish(&b)};
    nnq_model model;
    open_built(&model, &s.file);
    const uint32_t record = s.file.data + 8;
    for (uint8_t delta = 0; delta < 4; delta++) {
        s.file.file[record + 3] = (uint8_t)(delta << 6);
        seal(s.file.file, s.file.size);
        if (delta < 3) {
            open_built(&model, &s.file);
        } else {
            expect(&s, NNQ_ERROR_PARAMETER, 0, record + 3); /* a shift of 63 */
        }
    }
    s.file.file[field_at(&s.file, &b, 0, "shift")] = 0;
    seal(s.file.file, s.file.size);
    expect(&s, NNQ_ERROR_DATA, 0, field_at(&s.file, &b, 0, "filter")); /* no room for a byte of shift */
    free(s.file.file);
}

/* A tensor of a type that the op does not work on, read or written. */
static void type(void **state) {
    (void)state;
    for (int32_t tensor = 0; tensor < 2; tensor++) {
        subject *s = subject_make();
        s->b.tensors[tensor].type = NNQ_INT16;
        s->b.tensors[tensor].zero_point = 0;
        free(s->file.file);
        s->file = builder_finish(&s->b);
        expect(s, NNQ_ERROR_TYPE, CONV, tensor == 0 ? s->file.op_records[CONV] + 2 : tensor_at(1, 7));
    }
}

static void data(void **state) {
    const uint32_t filter = field(CONV, "filter");
    const built file = subject_make()->file;
    (void)state;
    change(filter, 4, 0, NNQ_ERROR_DATA, CONV, filter);
    change(filter, 4, file.data - 4, NNQ_ERROR_DATA, CONV, filter);
    change(filter, 4, file.data + 1, NNQ_ERROR_DATA, CONV, filter);
    change(filter, 4, file.data_end, NNQ_ERROR_DATA, CONV, filter);
    /* 54 bytes of filter, 2 of alignment and a block of 27 do not fit in 80 */
    change(filter, 4, file.data_end - 80, NNQ_ERROR_DATA, CONV, filter);
    change(filter, 4, 0x80000000u, NNQ_ERROR_DATA, CONV, filter);
    change(filter, 4, 0xfffffffcu, NNQ_ERROR_DATA, CONV, filter);
    change(field(SOFTMAX, "count"), 2, 5, NNQ_ERROR_DATA, SOFTMAX, field(SOFTMAX, "exponentials"));
    const uint32_t weight = constants(CONV, "filter") + 17;
    change(weight, 1, 0x80, NNQ_ERROR_DATA, CONV, weight);
}

static void overflow(void **state) {
    const uint32_t conv = block(CONV);
    const uint32_t add = field(ADD, "constant");
    (void)state;
    change(conv, 4, 0x80000000u, NNQ_ERROR_OVERFLOW, CONV, conv);
    change(conv, 4, INT32_MAX, NNQ_ERROR_OVERFLOW, CONV, conv);
    change(field(CONV, "pre_shift"), 1, 31, NNQ_ERROR_OVERFLOW, CONV, conv);
    /* shift 10 of the twice form means 2^21 to the left */
    change(block(DENSE) + 32, 1, 10, NNQ_ERROR_OVERFLOW, DENSE, block(DENSE));
    change(add, 4, 0x80000000u, NNQ_ERROR_OVERFLOW, ADD, add);
    change(add, 4, (uint32_t)INT32_MAX - 128 * 16384, NNQ_OK, -1, 0);
    change(add, 4, (uint32_t)INT32_MAX - 128 * 16384 + 1, NNQ_ERROR_OVERFLOW, ADD, add);
}

/* The certificate's exact edge: the largest bias that still fits, and one more. */
static void overflow_edge(void **state) {
    const uint32_t at = block(CONV) + 8;
    const uint32_t last_filter = constants(CONV, "filter") + 36;
    const uint8_t *filter = subject_make()->file.file + last_filter;
    uint32_t sum = 0;
    (void)state;
    for (int i = 0; i < 18; i++) {
        sum += (uint32_t)abs((int8_t)filter[i]);
    }
    change(at, 4, (uint32_t)INT32_MAX - 128 * sum, NNQ_OK, -1, 0);
    change(at, 4, (uint32_t)INT32_MAX - 128 * sum + 1, NNQ_ERROR_OVERFLOW, CONV, at);
    change(at, 4, 0u - ((uint32_t)INT32_MAX - 128 * sum), NNQ_OK, -1, 0);
    change(at, 4, 0u - ((uint32_t)INT32_MAX - 128 * sum) - 1, NNQ_ERROR_OVERFLOW, CONV, at);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opcode),
        cmocka_unit_test(input),
        cmocka_unit_test(shape),
        cmocka_unit_test(parameter),
        cmocka_unit_test(pool_pads),
        cmocka_unit_test(packed),
        cmocka_unit_test(type),
        cmocka_unit_test(data),
        cmocka_unit_test(overflow),
        cmocka_unit_test(overflow_edge),
    };
    return cmocka_run_group_tests_name("op errors", tests, NULL, NULL);
}
