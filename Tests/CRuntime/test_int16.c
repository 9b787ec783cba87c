/* SPDX-License-Identifier: Apache-2.0
 * What the ops on int16 activations refuse: other types, shapes, clamps, and the exact edges of their overflow
 * certificates.
 */
#include "support/check.h"

enum { RECORDS = 40, RECORD = 16, TYPE = 7 }; /* bytes of the header and of a tensor's record, and the type in it */

static builder b;

/* One op over `count` inputs of that shape and an output, all int16. */
static void make(const nnq_params *params, int32_t count, int32_t height, int32_t width, int32_t channels,
                 int32_t out_channels) {
    static const int32_t inputs[2] = {0, 1};
    for (int32_t i = 0; i < count; i++) {
        b.tensors[builder_input(&b, height, width, channels, 0)].type = NNQ_INT16;
    }
    const int32_t output = builder_op_add(&b, params, inputs, count, params->opcode == NNQ_OP_DENSE_INT16 ? 1 : height,
                                          params->opcode == NNQ_OP_DENSE_INT16 ? 1 : width, out_channels, 0);
    b.tensors[output].type = NNQ_INT16;
    if (params->opcode == NNQ_OP_SOFTMAX_INT16) {
        b.tensors[output].scale_bits = 0x38000000u;
    }
}

/* Opens it and expects an error at `field`, or, where that is null, at a byte. */
static void expect(int32_t error, const char *field, uint32_t byte) {
    nnq_model model;
    nnq_diagnostic at;
    const built file = builder_finish(&b);
    assert_int_equal(nnq_open(&model, file.file, file.size, nnq_all_ops, &at), error);
    if (error != NNQ_OK) {
        assert_int_equal(at.op, 0);
        assert_int_equal(at.byte, field != NULL ? field_at(&file, &b, 0, field) : byte);
    }
    free(file.file);
}

static uint32_t output_record(void) {
    return RECORDS + RECORD * (uint32_t)(b.tensor_count - 1);
}

/* dense_int16 of `count` inputs and one output, all weights `weight`. */
static void make_dense(int32_t count, int8_t weight, int32_t bias, int32_t wide, int32_t pre_shift) {
    static int8_t filter[1 << 15];
    static const int32_t multiplier = 1 << 30;
    static const uint8_t shift = 40;
    nnq_params params = {.dense_int16 = {NNQ_OP_DENSE_INT16, -32768, 32767, wide, pre_shift, 0, 0}};
    memset(filter, weight, (size_t)count);
    builder_start(&b);
    params.dense_int16.filter = builder_filter(&b, filter, (size_t)count, 1, &bias, &multiplier, &shift, 0);
    make(&params, 1, 1, 1, count, 1);
}

static void expect_bias(int32_t error) {
    const int32_t count = b.tensors[0].channels;
    const built file = builder_finish(&b);
    const uint32_t byte = file.data + (uint32_t)(count + 3) / 4 * 4;
    free(file.file);
    expect(error, NULL, byte);
}

/* 2^15 * sum |w| + |bias| <= 2^31 - 1, and 2^47 - 1 with a shift where accumulators are wide. */
static void certificates(void **state) {
    const int32_t sum = 516 * 127;
    (void)state;
    make_dense(516, 127, INT32_MAX - 32768 * sum, 0, 0);
    expect(NNQ_OK, NULL, 0);
    make_dense(516, -127, -(INT32_MAX - 32768 * sum) - 1, 0, 0);
    expect_bias(NNQ_ERROR_OVERFLOW);
    make_dense(516, 127, INT32_MIN, 1, 0);
    expect(NNQ_OK, NULL, 0);
    make_dense(517, 127, 0, 0, 0);
    expect_bias(NNQ_ERROR_OVERFLOW);
    make_dense(1, 1, 32767, 0, 15);
    expect(NNQ_OK, NULL, 0);
    make_dense(1, 1, 32768, 0, 15);
    expect_bias(NNQ_ERROR_OVERFLOW);
    make_dense(1, 1, 32767, 1, 31);
    expect(NNQ_OK, NULL, 0);
    make_dense(1, 1, 32768, 1, 31);
    expect_bias(NNQ_ERROR_OVERFLOW);
    make_dense(8, -128, 0, 0, 0);
    const built file = builder_finish(&b);
    const uint32_t first_weight = file.data;
    free(file.file);
    expect(NNQ_ERROR_DATA, NULL, first_weight);
}

/* The extreme sums of a wide dense layer come out exactly. */
static void extreme_sums(void **state) {
    enum { COUNT = 20000 };
    static int16_t input[COUNT];
    (void)state;
    for (int sign = 0; sign < 2; sign++) {
        nnq_model model;
        nnq_session session;
        int16_t output;
        make_dense(COUNT, sign ? 127 : -127, 0, 1, 0);
        /* By 2^30 / 2^53 the sum -127 * 2^15 * 20000 becomes -2^15 * 20000 * 127 / 2^23 = -9921.875. */
        b.data[(COUNT + 3) / 4 * 4 + 8] = 53;
        const built file = builder_finish(&b);
        open_built(&model, &file);
        uint8_t *arena = start_session(&session, &model, 0x55);
        for (int32_t i = 0; i < COUNT; i++) {
            input[i] = INT16_MIN;
        }
        memcpy(nnq_input(&session, 0), input, sizeof input);
        nnq_run(&session);
        memcpy(&output, nnq_output(&session, 0), sizeof output);
        assert_int_equal(output, sign ? -9922 : 9922);
        free(arena);
        free(file.file);
    }
}

/* Every op refuses int8 and int32 where int16 belongs. */
static void types(void **state) {
    static const uint8_t exponentials[2 * 257] = {0xff, 0xff, 0xff, 0xff};
    static const int32_t multiplier = 1 << 30;
    const nnq_params plain[3] = {
        {.max_pool_int16 = {NNQ_OP_MAX_POOL_INT16, 1, 1, 1, 1, 0, 0, 0, 0, -32768, 32767}},
        {.add_int16 = {NNQ_OP_ADD_INT16, 1, 1, 46, -32768, 32767}},
        {.average_pool_int16 = {NNQ_OP_AVERAGE_POOL_INT16, 1, 1, 1, 1, 0, 0, 0, 0, -32768, 32767, 0, 33, 0}},
    };
    (void)state;
    for (int32_t i = 0; i < 5; i++) {
        for (int32_t type = NNQ_INT8; type <= NNQ_INT32; type++) {
            nnq_params params = plain[i < 3 ? i : 0];
            const int32_t count = i == 1 ? 2 : 1;
            for (int32_t wrong = 0; wrong <= count; wrong++) {
                if (i == 4) {
                    make_dense(4, 1, 0, 0, 0);
                } else {
                    builder_start(&b);
                    builder_data(&b, &multiplier, sizeof multiplier);
                    if (i == 3) {
                        const int32_t at = builder_data(&b, exponentials, sizeof exponentials);
                        params = (nnq_params){.softmax_int16 = {NNQ_OP_SOFTMAX_INT16, 1, at}};
                    }
                    make(&params, count, 2, 3, 4, 4);
                }
                b.tensors[wrong].type = type;
                const built file = builder_finish(&b);
                const uint32_t input = file.op_records[0] + 2 + 2 * (uint32_t)wrong;
                free(file.file);
                const uint32_t place = wrong < count ? input : output_record() + TYPE;
                expect(type == NNQ_INT16 ? NNQ_OK : NNQ_ERROR_TYPE, NULL, place);
            }
        }
    }
}

static void requantizations(void **state) {
    nnq_params params = {.requantize = {NNQ_OP_REQUANTIZE, 1 << 30, 45, -129, 127}};
    (void)state;
    builder_start(&b);
    make(&params, 1, 2, 3, 4, 4);
    expect(NNQ_OK, NULL, 0);
    b.tensors[1].type = NNQ_INT8;
    expect(NNQ_ERROR_PARAMETER, "act_min", 0);
    b.ops[0].params.requantize.act_min = -128;
    expect(NNQ_OK, NULL, 0);
    b.ops[0].params.requantize.act_max = 128;
    expect(NNQ_ERROR_PARAMETER, "act_max", 0);
    b.ops[0].params.requantize.act_max = -129;
    expect(NNQ_ERROR_PARAMETER, "act_min", 0);
    b.ops[0].params.requantize.act_max = 127;
    b.tensors[0].type = NNQ_INT8;
    expect(NNQ_OK, NULL, 0);
    b.tensors[1].channels = 5;
    expect(NNQ_ERROR_SHAPE, NULL, output_record());
    b.tensors[1].type = NNQ_INT32;
    expect(NNQ_ERROR_TYPE, NULL, output_record() + TYPE);
}

static void shapes_and_parameters(void **state) {
    nnq_params add = {.add_int16 = {NNQ_OP_ADD_INT16, 1, 1, 46, -32768, 32767}};
    nnq_params pool = {
        .average_pool_int16 = {NNQ_OP_AVERAGE_POOL_INT16, 255, 257, 1, 1, 0, 0, 0, 0, -32768, 32767, 0, 33, 0}};
    const int32_t multiplier = 1;
    const nnq_params reshape = {.opcode = NNQ_OP_RESHAPE};
    (void)state;
    builder_start(&b);
    make(&add, 2, 2, 3, 4, 4);
    b.tensors[1].width = 1; /* nothing repeats */
    expect(NNQ_ERROR_SHAPE, NULL, output_record());
    b.tensors[1].width = 3;
    b.ops[0].params.add_int16.act_min = 5;
    b.ops[0].params.add_int16.act_max = 4;
    expect(NNQ_ERROR_PARAMETER, "act_min", 0);
    /* 2^15 * 65535 elements is below 2^31, one more is not. */
    builder_start(&b);
    builder_data(&b, &multiplier, sizeof multiplier);
    make(&pool, 1, 255, 257, 1, 1);
    b.tensors[1].height = 1;
    b.tensors[1].width = 1;
    expect(NNQ_OK, NULL, 0);
    b.ops[0].params.average_pool_int16.pre_shift = 1;
    expect(NNQ_ERROR_OVERFLOW, "pre_shift", 0);
    /* reshape takes any type, but not two. */
    builder_start(&b);
    make(&reshape, 1, 2, 3, 4, 4);
    expect(NNQ_OK, NULL, 0);
    b.tensors[0].type = NNQ_INT8;
    expect(NNQ_ERROR_TYPE, NULL, output_record() + TYPE);
}

static void exponentials(void **state) {
    uint8_t tables[2 * 257];
    nnq_params params = {.softmax_int16 = {NNQ_OP_SOFTMAX_INT16, 1, 0}};
    (void)state;
    memset(tables, 0xff, sizeof tables);
    for (int32_t wrong = -1; wrong < 2; wrong++) {
        builder_start(&b);
        params.softmax_int16.exponentials = builder_data(&b, tables, sizeof tables);
        make(&params, 1, 2, 3, 4, 4);
        if (wrong >= 0) {
            b.data[2 * wrong] = 0xfe;
        }
        const built file = builder_finish(&b);
        const uint32_t place = file.data + 2 * (uint32_t)(wrong < 0 ? 0 : wrong);
        free(file.file);
        expect(wrong < 0 ? NNQ_OK : NNQ_ERROR_PARAMETER, NULL, place);
    }
    b.data[2] = 0xff;
    b.tensors[1].scale_bits = SCALE_SOFTMAX;
    expect(NNQ_ERROR_SHAPE, NULL, output_record());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates),         cmocka_unit_test(extreme_sums),
        cmocka_unit_test(types),                cmocka_unit_test(requantizations),
        cmocka_unit_test(shapes_and_parameters), cmocka_unit_test(exponentials),
    };
    return cmocka_run_group_tests_name("int16", tests, NULL, NULL);
}
