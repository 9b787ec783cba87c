/* SPDX-License-Identifier: Apache-2.0
 * What the ops that rearrange, resize or multiply tensors refuse: places outside of the input, shapes, types, and the
 * exact edge of an overflow certificate.
 */
#include "support/check.h"

enum { RECORDS = 40, RECORD = 16, TYPE = 7 }; /* bytes of the header, of a tensor's record, and in it */

/* One op on inputs of 4 x 5 x 6, zero point 3, with 32 bytes of constants; a test changes it before it is opened. */
static builder b;

static void start(nnq_params params, int32_t height, int32_t width, int32_t channels) {
    static const uint8_t zeros[32] = {0};
    static const int32_t inputs[2] = {0, 1};
    const int32_t input_count = params.opcode == NNQ_OP_BATCH_MATMUL ? 2 : 1;
    builder_start(&b);
    for (int32_t i = 0; i < input_count; i++) {
        builder_input(&b, 4, 5, 6, 3);
    }
    builder_data(&b, zeros, sizeof zeros);
    builder_op_add(&b, &params, inputs, input_count, height, width, channels, 3);
}

/* Where the error is to be found. */
static uint32_t at_output(uint32_t byte) {
    return RECORDS + RECORD * (uint32_t)(b.tensor_count - 1) + byte;
}

static uint32_t at_field(const char *field) {
    const built file = builder_finish(&b);
    const uint32_t at = field_at(&file, &b, 0, field);
    free(file.file);
    return at;
}

static uint32_t at_data(uint32_t byte) {
    const built file = builder_finish(&b);
    free(file.file);
    return file.data + byte;
}

static uint32_t at_first_input(void) {
    const built file = builder_finish(&b);
    free(file.file);
    return file.op_records[0] + 2;
}

static void expect(int32_t error, uint32_t byte) {
    nnq_model model;
    nnq_diagnostic at;
    const built file = builder_finish(&b);
    assert_int_equal(nnq_open(&model, file.file, file.size, nnq_all_ops, &at), error);
    if (error != NNQ_OK) {
        assert_int_equal(at.op, 0);
        assert_int_equal(at.byte, byte);
    }
    free(file.file);
}

static void slice(void **state) {
    static const char *const steps[3] = {"step_height", "step_width", "step_channels"};
    (void)state;
    start((nnq_params){.slice = {NNQ_OP_SLICE, 1, 4, 0, 1, -2, 5}}, 3, 3, 2);
    expect(NNQ_OK, 0);
    b.tensors[1].zero_point = 2;
    expect(NNQ_ERROR_SHAPE, at_output(0));
    start((nnq_params){.slice = {NNQ_OP_SLICE, 1, 4, 0, 1, -2, 5}}, 4, 3, 2); /* a row too many */
    expect(NNQ_ERROR_SHAPE, at_output(0));
    start((nnq_params){.slice = {NNQ_OP_SLICE, 1, 4, 0, 1, -3, 5}}, 3, 3, 2); /* before the first column */
    expect(NNQ_ERROR_SHAPE, at_output(0));
    start((nnq_params){.slice = {NNQ_OP_SLICE, 1, 4, 6, 1, -2, -5}}, 3, 3, 2); /* begins behind the last channel */
    expect(NNQ_ERROR_SHAPE, at_output(0));
    for (int32_t i = 0; i < 3; i++) {
        int32_t step[3] = {1, -2, 5};
        step[i] = 0;
        start((nnq_params){.slice = {NNQ_OP_SLICE, 1, 4, 0, step[0], step[1], step[2]}}, 3, 3, 2);
        expect(NNQ_ERROR_PARAMETER, at_field(steps[i]));
    }
}

/* Steps and extents whose product is as large as the fields allow. */
static void far_slice(void **state) {
    (void)state;
    start((nnq_params){.slice = {NNQ_OP_SLICE, 0, 0, 0, -32768, 1, 1}}, 65535, 5, 6);
    expect(NNQ_ERROR_SHAPE, at_output(0));
    start((nnq_params){.slice = {NNQ_OP_SLICE, 65535, 0, 0, 32767, 1, 1}}, 65535, 5, 6);
    expect(NNQ_ERROR_SHAPE, at_output(0));
}

static void transpose(void **state) {
    (void)state;
    start((nnq_params){.transpose = {NNQ_OP_TRANSPOSE, 2, 0, 1}}, 6, 4, 5);
    expect(NNQ_OK, 0);
    b.tensors[1].zero_point = 0;
    expect(NNQ_ERROR_SHAPE, at_output(0));
    start((nnq_params){.transpose = {NNQ_OP_TRANSPOSE, 2, 0, 1}}, 6, 5, 4);
    expect(NNQ_ERROR_SHAPE, at_output(0));
    start((nnq_params){.transpose = {NNQ_OP_TRANSPOSE, 2, 0, 2}}, 6, 4, 6);
    expect(NNQ_ERROR_PARAMETER, at_field("axis_height"));
}

static void resize_nearest(void **state) {
    (void)state;
    start((nnq_params){.resize_nearest = {NNQ_OP_RESIZE_NEAREST, 0}}, 7, 9, 6);
    expect(NNQ_OK, 0);
    put_u16(b.data + 2 * 6, 3);
    put_u16(b.data + 2 * 15, 4);
    expect(NNQ_OK, 0);
    put_u16(b.data + 2 * 6, 4);
    expect(NNQ_ERROR_PARAMETER, at_data(2 * 6));
    put_u16(b.data + 2 * 6, 3);
    put_u16(b.data + 2 * 15, 5);
    expect(NNQ_ERROR_PARAMETER, at_data(2 * 15));
    start((nnq_params){.resize_nearest = {NNQ_OP_RESIZE_NEAREST, 0}}, 7, 10, 6); /* 34 bytes of 32 */
    expect(NNQ_ERROR_DATA, at_field("indices"));
    start((nnq_params){.resize_nearest = {NNQ_OP_RESIZE_NEAREST, 0}}, 7, 9, 5);
    expect(NNQ_ERROR_SHAPE, at_output(0));
}

static void resize_bilinear(void **state) {
    (void)state;
    start((nnq_params){.resize_bilinear = {NNQ_OP_RESIZE_BILINEAR, 0}}, 4, 4, 6);
    expect(NNQ_OK, 0);
    put_u16(b.data, 3); /* the last row, without a fraction */
    put_u16(b.data + 16, 3);
    put_u16(b.data + 18, 1023); /* between the last two columns */
    expect(NNQ_OK, 0);
    put_u16(b.data + 2, 1);
    expect(NNQ_ERROR_PARAMETER, at_data(0));
    put_u16(b.data + 2, 0);
    put_u16(b.data + 18, 1024);
    expect(NNQ_ERROR_PARAMETER, at_data(18));
    put_u16(b.data + 18, 0);
    put_u16(b.data + 16, 5);
    expect(NNQ_ERROR_PARAMETER, at_data(16));
    start((nnq_params){.resize_bilinear = {NNQ_OP_RESIZE_BILINEAR, 0}}, 4, 5, 6); /* 36 bytes of 32 */
    expect(NNQ_ERROR_DATA, at_field("positions"));
    start((nnq_params){.resize_bilinear = {NNQ_OP_RESIZE_BILINEAR, 0}}, 4, 4, 6);
    b.tensors[1].zero_point = 4;
    expect(NNQ_ERROR_SHAPE, at_output(0));
}

static void gather(void **state) {
    (void)state;
    start((nnq_params){.gather = {NNQ_OP_GATHER, 4, 0}}, 10, 12, 8);
    expect(NNQ_OK, 0);
    b.tensors[0] = (builder_tensor){4, 5, 6, 0, 0, NNQ_INT32, SCALE_ONE, -1};
    expect(NNQ_OK, 0);
    b.tensors[0].type = NNQ_INT16;
    expect(NNQ_ERROR_TYPE, at_first_input());
    b.tensors[0].type = NNQ_INT8;
    b.tensors[1].zero_point = 0;
    b.tensors[1].type = NNQ_INT16;
    expect(NNQ_ERROR_TYPE, at_output(TYPE));
    start((nnq_params){.gather = {NNQ_OP_GATHER, 4, 0}}, 10, 13, 8);
    expect(NNQ_ERROR_SHAPE, at_output(0));
    start((nnq_params){.gather = {NNQ_OP_GATHER, 5, 0}}, 10, 12, 8); /* 40 bytes of 32 */
    expect(NNQ_ERROR_DATA, at_field("values"));
    start((nnq_params){.gather = {NNQ_OP_GATHER, INT32_MAX, 0}}, 10, 12, 8);
    expect(NNQ_ERROR_DATA, at_field("values"));
}

static void arg_max(void **state) {
    (void)state;
    start((nnq_params){.arg_max = {NNQ_OP_ARG_MAX, 0}}, 4, 5, 1);
    expect(NNQ_ERROR_TYPE, at_output(TYPE));
    b.tensors[1].zero_point = 0;
    b.tensors[1].type = NNQ_INT32;
    expect(NNQ_OK, 0);
    b.tensors[1].width = 6;
    expect(NNQ_ERROR_SHAPE, at_output(0));
    b.tensors[1].width = 5;
    b.tensors[1].channels = 2;
    expect(NNQ_ERROR_SHAPE, at_output(0));
    b.tensors[1].channels = 1;
    b.tensors[0].zero_point = 0;
    b.tensors[0].type = NNQ_INT32;
    expect(NNQ_ERROR_TYPE, at_first_input());
}

/* A filter of [2, 1, 1, 6], then two biases and two packed records. */
static void transpose_conv2d(void **state) {
    nnq_params params = {.transpose_conv2d = {NNQ_OP_TRANSPOSE_CONV2D, 1, 1, 2, 2, 1, 1, 0, 0, 1, -128, 127, 0, 0, 40, 0}};
    (void)state;
    start(params, 9, 3, 2);
    expect(NNQ_OK, 0);
    put_u32(b.data + 12, (uint32_t)INT32_MAX - 128);
    b.data[0] = 1;
    expect(NNQ_OK, 0);
    b.data[1] = 1;
    expect(NNQ_ERROR_OVERFLOW, at_data(12));
    b.data[1] = 0x80;
    expect(NNQ_ERROR_DATA, at_data(1));
    params.transpose_conv2d.groups = 2;
    start(params, 9, 3, 2);
    expect(NNQ_OK, 0);
    start(params, 9, 3, 1);
    expect(NNQ_ERROR_SHAPE, at_output(0));
    params.transpose_conv2d.groups = 4;
    start(params, 9, 3, 4);
    expect(NNQ_ERROR_SHAPE, at_output(0));
}

static void batch_matmul(void **state) {
    nnq_params params = {.batch_matmul = {NNQ_OP_BATCH_MATMUL, 0, 1, -128, 127, 1, 1 << 30, 40}};
    (void)state;
    start(params, 4, 5, 5);
    expect(NNQ_OK, 0);
    b.tensors[1].height = 1;
    expect(NNQ_OK, 0);
    b.tensors[1].height = 2;
    expect(NNQ_ERROR_SHAPE, at_output(0));
    params.batch_matmul.transpose_b = 0;
    start(params, 4, 5, 6); /* 6 columns times 5 rows */
    expect(NNQ_ERROR_SHAPE, at_output(0));
    params.batch_matmul.transpose_a = 1;
    start(params, 4, 6, 6);
    expect(NNQ_OK, 0);
    start(params, 4, 5, 6);
    expect(NNQ_ERROR_SHAPE, at_output(0));
    params.batch_matmul.act_min = 1;
    params.batch_matmul.act_max = 0;
    start(params, 4, 6, 6);
    expect(NNQ_ERROR_PARAMETER, at_field("act_min"));
}

/* 131 * 131 * 5 = 85805 is below 2^17 and above 2^16: fourteen places to the left are room, fifteen are not. */
static void batch_matmul_edge(void **state) {
    nnq_params params = {.batch_matmul = {NNQ_OP_BATCH_MATMUL, 1, 0, -128, 127, 0, 1 << 30, 17}};
    (void)state;
    for (int32_t rounding = 0; rounding < 2; rounding++) {
        params.batch_matmul.rounding = rounding;
        params.batch_matmul.shift = 17;
        start(params, 4, 6, 6);
        expect(NNQ_OK, 0);
        params.batch_matmul.shift = 16;
        start(params, 4, 6, 6);
        expect(NNQ_ERROR_OVERFLOW, at_field("shift"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slice),           cmocka_unit_test(far_slice),    cmocka_unit_test(transpose),
        cmocka_unit_test(resize_nearest),  cmocka_unit_test(resize_bilinear),
        cmocka_unit_test(gather),          cmocka_unit_test(arg_max),      cmocka_unit_test(transpose_conv2d),
        cmocka_unit_test(batch_matmul),    cmocka_unit_test(batch_matmul_edge),
    };
    return cmocka_run_group_tests_name("shapes", tests, NULL, NULL);
}
