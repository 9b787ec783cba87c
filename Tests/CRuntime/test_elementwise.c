/* SPDX-License-Identifier: Apache-2.0
 * What the elementwise ops refuse: shapes that do not broadcast, zero points and scales, clamps, and the exact edges of
 * their overflow certificates.
 */
#include "support/check.h"

enum { RECORDS = 40, RECORD = 16 }; /* bytes of the header and of a tensor's record */

/* Shapes and zero points of one op's inputs and output. */
typedef struct tensor {
    int32_t height, width, channels, zero_point;
} tensor;

static builder b;

/* Builds the op and expects the error at the field, or at the output's record where `field` is null, or at the op's own
 * where it is empty. */
static void expect(const nnq_params *params, int32_t input_count, const tensor *tensors, int32_t error,
                   const char *field) {
    static const int32_t inputs[2] = {0, 1};
    const tensor out = tensors[input_count];
    nnq_model model;
    nnq_diagnostic at;
    builder_start(&b);
    for (int32_t i = 0; i < (input_count > 0 ? input_count : 1); i++) {
        builder_input(&b, tensors[i].height, tensors[i].width, tensors[i].channels, tensors[i].zero_point);
    }
    builder_op_add(&b, params, inputs, input_count, out.height, out.width, out.channels, out.zero_point);
    const built file = builder_finish(&b);
    assert_int_equal(nnq_open(&model, file.file, file.size, nnq_all_ops, &at), error);
    if (error != NNQ_OK) {
        const uint32_t record = RECORDS + RECORD * (uint32_t)(b.tensor_count - 1);
        assert_int_equal(at.op, 0);
        assert_int_equal(at.byte, field == NULL      ? record
                                  : field[0] == '\0' ? file.op_records[0]
                                                     : field_at(&file, &b, 0, field));
    }
    free(file.file);
}

static nnq_params plain(int32_t opcode) {
    nnq_params params;
    memset(&params, 0, sizeof params);
    switch (opcode) {
    case NNQ_OP_ADD: params.add = (nnq_add_params){0, 1, 1, 0, 1, -128, 127}; break;
    case NNQ_OP_TFLITE_ADD:
        params.tflite_add = (nnq_tflite_add_params){0, 1, 31, 1, 31, 1, 31, 20, 0, -128, 127};
        break;
    case NNQ_OP_MUL: params.mul = (nnq_mul_params){0, 1, 1 << 30, 31, -128, 127}; break;
    case NNQ_OP_PRELU: params.prelu = (nnq_prelu_params){0, 1, 1 << 30, 31, 1 << 30, 31}; break;
    default: break;
    }
    params.opcode = opcode;
    return params;
}

static const int32_t pairs[6] = {NNQ_OP_ADD,     NNQ_OP_TFLITE_ADD, NNQ_OP_MUL,
                                 NNQ_OP_MINIMUM, NNQ_OP_MAXIMUM,    NNQ_OP_PRELU};

static void broadcasts(void **state) {
    (void)state;
    for (int32_t i = 0; i < 6; i++) {
        const nnq_params params = plain(pairs[i]);
        expect(&params, 2, (tensor[]){{2, 3, 4, 0}, {2, 3, 4, 0}, {2, 3, 4, 0}}, NNQ_OK, NULL);
        expect(&params, 2, (tensor[]){{2, 3, 4, 0}, {1, 3, 1, 0}, {2, 3, 4, 0}}, NNQ_OK, NULL);
        expect(&params, 2, (tensor[]){{2, 3, 4, 0}, {2, 2, 4, 0}, {2, 3, 4, 0}}, NNQ_ERROR_SHAPE, NULL);
        expect(&params, 2, (tensor[]){{2, 3, 4, 0}, {2, 3, 2, 0}, {2, 3, 4, 0}}, NNQ_ERROR_SHAPE, NULL);
        expect(&params, 2, (tensor[]){{2, 3, 4, 0}, {3, 3, 4, 0}, {2, 3, 4, 0}}, NNQ_ERROR_SHAPE, NULL);
        expect(&params, 2, (tensor[]){{2, 2, 4, 0}, {2, 3, 4, 0}, {2, 3, 4, 0}}, NNQ_ERROR_SHAPE, NULL);
        /* Only prelu's first input has to have the output's shape. */
        expect(&params, 2, (tensor[]){{2, 1, 4, 0}, {2, 3, 1, 0}, {2, 3, 4, 0}},
               pairs[i] == NNQ_OP_PRELU ? NNQ_ERROR_SHAPE : NNQ_OK, NULL);
    }
}

static void zero_points(void **state) {
    const nnq_params softmax = {.tflite_softmax = {NNQ_OP_TFLITE_SOFTMAX, 1 << 30, 8}};
    const nnq_params normalize = {.opcode = NNQ_OP_L2_NORMALIZE};
    const nnq_params pad = {.pad = {NNQ_OP_PAD, 0, 0, 0, 0, 1, 0, 5}};
    nnq_params reduce = {.reduce = {NNQ_OP_REDUCE, 7, 1, 0, 0, 31}};
    (void)state;
    for (int32_t opcode = NNQ_OP_MINIMUM; opcode <= NNQ_OP_MAXIMUM; opcode++) {
        const nnq_params params = {.opcode = opcode};
        expect(&params, 2, (tensor[]){{1, 1, 1, 5}, {1, 1, 1, 5}, {1, 1, 1, 5}}, NNQ_OK, NULL);
        expect(&params, 2, (tensor[]){{1, 1, 1, 6}, {1, 1, 1, 5}, {1, 1, 1, 5}}, NNQ_ERROR_SHAPE, NULL);
        expect(&params, 2, (tensor[]){{1, 1, 1, 5}, {1, 1, 1, 6}, {1, 1, 1, 5}}, NNQ_ERROR_SHAPE, NULL);
    }
    expect(&softmax, 1, (tensor[]){{1, 1, 4, 0}, {1, 1, 4, -128}}, NNQ_OK, NULL);
    expect(&softmax, 1, (tensor[]){{1, 1, 4, 0}, {1, 1, 4, -127}}, NNQ_ERROR_SHAPE, NULL);
    expect(&softmax, 1, (tensor[]){{1, 1, 4, 0}, {1, 4, 1, -128}}, NNQ_ERROR_SHAPE, NULL);
    expect(&normalize, 1, (tensor[]){{1, 1, 4, 9}, {1, 1, 4, 0}}, NNQ_OK, NULL);
    expect(&normalize, 1, (tensor[]){{1, 1, 4, 9}, {1, 1, 4, 1}}, NNQ_ERROR_SHAPE, NULL);
    expect(&pad, 1, (tensor[]){{1, 1, 4, 9}, {1, 1, 5, 9}}, NNQ_OK, NULL);
    expect(&pad, 1, (tensor[]){{1, 1, 4, 9}, {1, 1, 5, 8}}, NNQ_ERROR_SHAPE, NULL);
    expect(&pad, 1, (tensor[]){{1, 1, 4, 9}, {1, 1, 4, 9}}, NNQ_ERROR_SHAPE, NULL);
    for (reduce.reduce.kind = 0; reduce.reduce.kind < 3; reduce.reduce.kind++) {
        expect(&reduce, 1, (tensor[]){{2, 3, 4, 9}, {1, 1, 1, 9}}, NNQ_OK, NULL);
        expect(&reduce, 1, (tensor[]){{2, 3, 4, 9}, {1, 1, 1, 8}}, reduce.reduce.kind ? NNQ_ERROR_SHAPE : NNQ_OK, NULL);
        expect(&reduce, 1, (tensor[]){{2, 3, 4, 9}, {1, 1, 4, 9}}, NNQ_ERROR_SHAPE, NULL);
    }
}

/* A scale that only softmax and l2_normalize prescribe. */
static void scales(void **state) {
    static const int32_t input = 0;
    const nnq_params ops[2] = {{.tflite_softmax = {NNQ_OP_TFLITE_SOFTMAX, 1 << 30, 8}},
                               {.opcode = NNQ_OP_L2_NORMALIZE}};
    (void)state;
    for (int i = 0; i < 2; i++) {
        nnq_model model;
        builder_start(&b);
        builder_input(&b, 1, 1, 4, 0);
        builder_op_add(&b, &ops[i], &input, 1, 1, 1, 4, i == 0 ? -128 : 0);
        b.tensors[1].scale_bits = SCALE_ONE;
        const built file = builder_finish(&b);
        assert_int_equal(nnq_open(&model, file.file, file.size, nnq_all_ops, NULL), NNQ_ERROR_SHAPE);
        free(file.file);
    }
}

static void clamps(void **state) {
    const tensor same[3] = {{1, 1, 1, 0}, {1, 1, 1, 0}, {1, 1, 1, 0}};
    nnq_params params = plain(NNQ_OP_TFLITE_ADD);
    (void)state;
    params.tflite_add.act_max = -128;
    expect(&params, 2, same, NNQ_OK, NULL);
    params.tflite_add.act_min = -127;
    expect(&params, 2, same, NNQ_ERROR_PARAMETER, "act_min");
    params = plain(NNQ_OP_MUL);
    params.mul.act_min = 3;
    params.mul.act_max = 2;
    expect(&params, 2, same, NNQ_ERROR_PARAMETER, "act_min");
}

/* Products of 128 * 128 can be shifted by 16 bits, those of 255 * 255 by 15, inputs of 128 by 23. */
static void products(void **state) {
    const tensor centered[3] = {{1, 1, 1, 0}, {1, 1, 1, 0}, {1, 1, 1, 0}};
    const tensor skewed[3] = {{1, 1, 1, -128}, {1, 1, 1, 127}, {1, 1, 1, 0}};
    nnq_params params = plain(NNQ_OP_MUL);
    (void)state;
    params.mul.shift = 15;
    expect(&params, 2, centered, NNQ_OK, NULL);
    expect(&params, 2, skewed, NNQ_ERROR_OVERFLOW, "shift");
    params.mul.rounding = 0;
    expect(&params, 2, skewed, NNQ_ERROR_OVERFLOW, "shift");
    params.mul.shift = 16;
    expect(&params, 2, skewed, NNQ_OK, NULL);
    params.mul.shift = 14;
    expect(&params, 2, centered, NNQ_ERROR_OVERFLOW, "shift");
    params = plain(NNQ_OP_PRELU);
    params.prelu.shift_positive = 8;
    params.prelu.shift_negative = 15;
    expect(&params, 2, centered, NNQ_OK, NULL);
    expect(&params, 2, skewed, NNQ_ERROR_OVERFLOW, "shift_negative");
    params.prelu.shift_positive = 7;
    expect(&params, 2, centered, NNQ_ERROR_OVERFLOW, "shift_positive");
}

/* Signed multipliers count with their magnitudes. */
static void sums(void **state) {
    const tensor same[3] = {{1, 1, 1, 0}, {1, 1, 1, 0}, {1, 1, 1, 0}};
    nnq_params params = plain(NNQ_OP_ADD);
    (void)state;
    params.add.multiplier_a = 32767;
    params.add.multiplier_b = -32767;
    params.add.constant = INT32_MAX - 128 * 65534;
    expect(&params, 2, same, NNQ_OK, NULL);
    params.add.constant++;
    expect(&params, 2, same, NNQ_ERROR_OVERFLOW, "constant");
    params.add.constant = -params.add.constant + 1;
    expect(&params, 2, same, NNQ_OK, NULL);
    params.add.constant--;
    expect(&params, 2, same, NNQ_ERROR_OVERFLOW, "constant");
}

static void many_elements(void **state) {
    const nnq_params softmax = {.tflite_softmax = {NNQ_OP_TFLITE_SOFTMAX, 1 << 30, 8}};
    const nnq_params normalize = {.opcode = NNQ_OP_L2_NORMALIZE};
    nnq_params reduce = {.reduce = {NNQ_OP_REDUCE, 7, 0, 1, 1 << 30, 20}};
    (void)state;
    expect(&softmax, 1, (tensor[]){{1, 1, 4095, 0}, {1, 1, 4095, -128}}, NNQ_OK, NULL);
    expect(&softmax, 1, (tensor[]){{1, 1, 4096, 0}, {1, 1, 4096, -128}}, NNQ_ERROR_OVERFLOW, "multiplier");
    expect(&normalize, 1, (tensor[]){{1, 1, 33025, -128}, {1, 1, 33025, 0}}, NNQ_OK, NULL);
    expect(&normalize, 1, (tensor[]){{1, 1, 33026, -128}, {1, 1, 33026, 0}}, NNQ_ERROR_OVERFLOW, "");
    /* 128 * 8191 * 2^11 is the largest below 2^31. */
    expect(&reduce, 1, (tensor[]){{1, 8191, 1, 0}, {1, 1, 1, 0}}, NNQ_OK, NULL);
    expect(&reduce, 1, (tensor[]){{2, 2048, 2, 0}, {1, 1, 1, 0}}, NNQ_ERROR_OVERFLOW, "shift");
    reduce.reduce.kind = 1;
    expect(&reduce, 1, (tensor[]){{2, 2048, 2, 0}, {1, 1, 1, 0}}, NNQ_OK, NULL);
}

static void constants(void **state) {
    static const uint8_t bytes[8] = {0};
    const nnq_params params = {.constant = {NNQ_OP_CONSTANT, 0}};
    (void)state;
    /* There is no data at all. */
    expect(&params, 0, (tensor[]){{1, 1, 9, 0}}, NNQ_ERROR_DATA, "values");
    for (int32_t channels = 8; channels <= 9; channels++) {
        static const int32_t none = 0;
        nnq_model model;
        builder_start(&b);
        builder_input(&b, 1, 1, 1, 0);
        builder_data(&b, bytes, sizeof bytes);
        builder_op_add(&b, &params, &none, 0, 1, 1, channels, 0);
        const built file = builder_finish(&b);
        const int32_t expected = channels == 8 ? NNQ_OK : NNQ_ERROR_DATA;
        assert_int_equal(nnq_open(&model, file.file, file.size, nnq_all_ops, NULL), expected);
        free(file.file);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broadcasts), cmocka_unit_test(zero_points), cmocka_unit_test(scales),
        cmocka_unit_test(clamps),     cmocka_unit_test(products),    cmocka_unit_test(sums),
        cmocka_unit_test(many_elements), cmocka_unit_test(constants),
    };
    return cmocka_run_group_tests_name("elementwise", tests, NULL, NULL);
}
