/* SPDX-License-Identifier: Apache-2.0
 * What lstm, gru and svdf refuse: types, shapes, zero points and scales, constants, and the exact edges of their
 * overflow certificates; and how far the sigmoid and the tanh of their gates are from the true ones.
 */
#include "support/check.h"
#include "support/random_op.h"

#include "../../CRuntime/src/gates.h"

#include <math.h>

enum { IN = 3, UNITS = 2, STEPS = 4, RANK = 2, MEMORY = 5 };

/* A legal model of one op: every weight is 1, every multiplier 2^30, every shift 31. */
static void legal(builder *b, int32_t opcode) {
    static const int32_t inputs[3] = {0, 1, 2};
    const int32_t is_svdf = opcode == NNQ_OP_SVDF;
    const int32_t gates = opcode == NNQ_OP_LSTM ? 4 : 3;
    const int32_t rows = is_svdf ? UNITS * RANK : UNITS * gates;
    uint8_t bytes[400] = {0};
    nnq_params p = {.opcode = opcode};
    size_t size = (size_t)(rows * (is_svdf ? IN : IN + UNITS));
    memset(bytes, 1, size);
    size = (size + 3) / 4 * 4;
    for (int32_t i = 0; i < 2 * gates && !is_svdf; i++) {
        put_u32(bytes + size + 4 * (size_t)i, 1u << 30);
        bytes[size + 8 * (size_t)(gates + rows) + (size_t)i] = 31;
    }
    builder_start(b);
    builder_input(b, 1, is_svdf ? 1 : STEPS, IN, 7);
    builder_input(b, 1, is_svdf ? RANK * UNITS : 1, is_svdf ? MEMORY : UNITS, 0);
    if (!is_svdf) {
        builder_input(b, 1, 1, UNITS, 0);
    }
    b->state_count = is_svdf ? 1 : 2;
    const int32_t filter = builder_data(b, bytes, sizeof bytes);
    switch (opcode) {
    case NNQ_OP_LSTM: p.lstm = (nnq_lstm_params){opcode, -11, 32768, 1 << 30, 49, 1 << 30, 53, filter}; break;
    case NNQ_OP_GRU: p.gru = (nnq_gru_params){opcode, 1, filter}; break;
    default: p.svdf = (nnq_svdf_params){opcode, RANK, 1 << 30, 31, 1 << 30, 40, filter}; break;
    }
    const int32_t output = builder_op_add(b, &p, inputs, is_svdf ? 2 : 3, 1, is_svdf ? 1 : STEPS, UNITS, 0);
    if (!is_svdf) {
        b->tensors[2].type = NNQ_INT16;
    }
    if (opcode == NNQ_OP_GRU) {
        b->tensors[1].scale_bits = b->tensors[output].scale_bits = 0x3c000000u;
        b->tensors[2].scale_bits = 0x38000000u;
    }
}

/* Opens the model and expects an error of op 0: at that byte of a tensor's record or, where `tensor` is below 0, of the
 * data. */
static void expect(const builder *b, int32_t error, int32_t tensor, uint32_t byte) {
    nnq_model model;
    nnq_diagnostic at;
    const built file = builder_finish(b);
    assert_int_equal(nnq_open(&model, file.file, file.size, nnq_all_ops, &at), error);
    if (error != NNQ_OK) {
        assert_int_equal(at.op, 0);
        assert_int_equal(at.byte, tensor >= 0 ? 40 + 16 * (uint32_t)tensor + byte : file.data + byte);
    }
    free(file.file);
}

static const int32_t opcodes[3] = {NNQ_OP_LSTM, NNQ_OP_GRU, NNQ_OP_SVDF};

static void types(void **state) {
    static builder b;
    (void)state;
    for (int32_t i = 0; i < 3; i++) {
        legal(&b, opcodes[i]);
        expect(&b, NNQ_OK, 0, 0);
        const int32_t output = b.tensor_count - 1;
        for (int32_t t = 0; t <= output; t++) {
            const int32_t is_wide = b.tensors[t].type == NNQ_INT16;
            legal(&b, opcodes[i]);
            b.tensors[t].type = is_wide ? NNQ_INT8 : NNQ_INT32;
            b.tensors[t].zero_point = 0;
            expect(&b, NNQ_ERROR_TYPE, output, 7);
        }
    }
    legal(&b, NNQ_OP_SVDF);
    b.tensors[1].type = NNQ_INT16;
    expect(&b, NNQ_OK, 0, 0);
}

static void shapes(void **state) {
    static builder b;
    (void)state;
    for (int32_t i = 0; i < 3; i++) {
        legal(&b, opcodes[i]);
        const int32_t output = b.tensor_count - 1;
        for (int32_t t = 0; t <= output; t++) {
            legal(&b, opcodes[i]);
            b.tensors[t].height = 2;
            expect(&b, NNQ_ERROR_SHAPE, output, 0);
            legal(&b, opcodes[i]);
            b.tensors[t].width++;
            expect(&b, NNQ_ERROR_SHAPE, output, 0);
        }
        for (int32_t t = 1; t < output && i < 2; t++) {
            legal(&b, opcodes[i]);
            b.tensors[t].channels++;
            expect(&b, NNQ_ERROR_SHAPE, output, 0);
        }
    }
    legal(&b, NNQ_OP_LSTM);
    b.tensors[1].zero_point = 1;
    expect(&b, NNQ_ERROR_SHAPE, 3, 0);
    legal(&b, NNQ_OP_GRU);
    b.ops[0].params.gru.reset_after = 0; /* wants a second column */
    expect(&b, NNQ_ERROR_SHAPE, 3, 0);
    b.tensors[1].width = 2;
    expect(&b, NNQ_OK, 0, 0);
    for (int32_t t = 1; t <= 3; t++) {
        legal(&b, NNQ_OP_GRU);
        b.tensors[t].scale_bits = SCALE_ONE;
        expect(&b, NNQ_ERROR_SHAPE, 3, 0);
    }
}

/* What an op updates is read by it alone and is no output. */
static void updates(void **state) {
    static builder b;
    static const uint8_t values[256];
    (void)state;
    for (int32_t i = 0; i < 3; i++) {
        const int32_t updated = 1;
        legal(&b, opcodes[i]);
        b.outputs[0] = updated;
        b.output_count = 1;
        expect(&b, NNQ_ERROR_UPDATE, updated, 0);
        legal(&b, opcodes[i]);
        const nnq_params table = {.table = {NNQ_OP_TABLE, builder_data(&b, values, sizeof values)}};
        builder_op_add(&b, &table, &updated, 1, 1, b.tensors[1].width, b.tensors[1].channels, 0);
        expect(&b, NNQ_ERROR_UPDATE, updated, 0);
    }
}

/* Constants of gates: multipliers, shifts, and the largest biases. */
static void gates(void **state) {
    static builder b;
    (void)state;
    for (int32_t i = 0; i < 2; i++) {
        const uint32_t count = i == 0 ? 4 : 3;
        const uint32_t multipliers = (UNITS * count * (IN + UNITS) + 3) / 4 * 4;
        const uint32_t biases = multipliers + 8 * count;
        const uint32_t shifts = biases + 8 * UNITS * count;
        for (uint32_t k = 0; k < 2 * count; k++) {
            legal(&b, opcodes[i]);
            put_u32(b.data + multipliers + 4 * k, 0x80000000u);
            expect(&b, NNQ_ERROR_PARAMETER, -1, multipliers + 4 * k);
            for (uint8_t shift = 0; shift <= 63; shift = (uint8_t)(shift + 63)) {
                legal(&b, opcodes[i]);
                b.data[shifts + k] = shift;
                expect(&b, NNQ_ERROR_PARAMETER, -1, shifts + k);
            }
            /* The last unit's sum over the input (3 weights of 1) or over the hidden state (2 of them). */
            const uint32_t at = biases + 8 * (UNITS - 1) * count + 4 * k;
            const int32_t most = INT32_MAX - 128 * (k % 2 == 0 ? IN : UNITS);
            legal(&b, opcodes[i]);
            put_u32(b.data + at, (uint32_t)-most);
            expect(&b, NNQ_OK, 0, 0);
            put_u32(b.data + at, (uint32_t)most + 1);
            expect(&b, NNQ_ERROR_OVERFLOW, -1, at);
            put_u32(b.data + at, 0);
            b.data[shifts + k] = 1; /* 2^30 times a sum of 384 or 256 */
            expect(&b, NNQ_ERROR_OVERFLOW, -1, biases + 4 * k);
        }
        legal(&b, opcodes[i]);
        b.data_size = shifts + 2 * count - 1;
        b.data_size = b.data_size / 4 * 4;
        const built file = builder_finish(&b);
        nnq_model model;
        assert_int_equal(nnq_open(&model, file.file, file.size, nnq_all_ops, NULL), NNQ_ERROR_DATA);
        free(file.file);
    }
}

static void filters(void **state) {
    static builder b;
    const uint32_t biases = (UNITS * RANK * IN + 3) / 4 * 4;
    (void)state;
    for (uint32_t f = 0; f < UNITS * RANK; f++) {
        legal(&b, NNQ_OP_SVDF);
        put_u32(b.data + biases + 4 * f, INT32_MAX - 128 * IN);
        expect(&b, NNQ_OK, 0, 0);
        put_u32(b.data + biases + 4 * f, (uint32_t)-(INT32_MAX - 128 * IN) - 1);
        expect(&b, NNQ_ERROR_OVERFLOW, -1, biases + 4 * f);
    }
    legal(&b, NNQ_OP_SVDF);
    b.ops[0].params.svdf.state_shift = 1;
    expect(&b, NNQ_ERROR_OVERFLOW, -1, biases);
    for (uint32_t u = 0; u < UNITS; u++) { /* saturates */
        legal(&b, NNQ_OP_SVDF);
        put_u32(b.data + biases + 4 * UNITS * RANK + 4 * u, 0x80000000u);
        expect(&b, NNQ_OK, 0, 0);
    }
}

/* Within 2 and 4 steps of 1/32768 of the true functions wherever the table reaches, and odd about their middles. */
static void functions(void **state) {
    (void)state;
    for (int32_t a = -3 * 32768; a <= 3 * 32767; a++) {
        const double x = a / 12288.0;
        assert_true(fabs(nnq_sigmoid(a) - 32768 / (1 + exp(-x))) < 2);
        assert_true(fabs(nnq_tanh(a) - 32768 * tanh(x)) < 4);
        assert_true(a < 1 || nnq_sigmoid(a) + nnq_sigmoid(-a) - 32768 == 0 || nnq_sigmoid(a) == 32767);
    }
    assert_int_equal(nnq_sigmoid(3 << 29), 32767);
    assert_int_equal(nnq_sigmoid(-(3 << 29)), 1);
    assert_int_equal(nnq_tanh(3 << 29), 32767);
    assert_int_equal(nnq_tanh(-(3 << 29)), -32767);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types),   cmocka_unit_test(shapes),    cmocka_unit_test(updates), cmocka_unit_test(gates),
        cmocka_unit_test(filters), cmocka_unit_test(functions),
    };
    return cmocka_run_group_tests_name("recurrent", tests, NULL, NULL);
}
