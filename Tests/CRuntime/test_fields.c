/* SPDX-License-Identifier: Apache-2.0
 * Every field of every op in ops.def: the ends of its range survive the wire, one step past either end is refused.
 */
#include "support/check.h"

enum { WIRE_U8, WIRE_I8, WIRE_U16, WIRE_I16, WIRE_I32, WIRE_DATA };

static const uint32_t widths[] = {1, 1, 2, 2, 4, 4};
static const int64_t least[] = {0, INT8_MIN, 0, INT16_MIN, INT32_MIN, 0};
static const int64_t most[] = {UINT8_MAX, INT8_MAX, UINT16_MAX, INT16_MAX, INT32_MAX, UINT32_MAX};

typedef struct field {
    const char *name;
    int32_t wire;
    int32_t min;
    int32_t max;
} field;

#define NNQ_OP(code, name, NAME, min_inputs, max_inputs, in_place) static const field fields_##name[] = {
#define NNQ_FIELD(op, wire, name, min, max) {#name, WIRE_##wire, min, max},
#define NNQ_OP_END(name)                                                                                               \
    { NULL, 0, 0, 0 }                                                                                                  \
    }                                                                                                                  \
    ;
#include "nnq/ops.def"

/* Parameters with every field at the end of its range that `high` names. */
static int32_t fill(nnq_params *params, int32_t opcode, const field *fields, int high) {
    int32_t values[sizeof *params / sizeof(int32_t)] = {0};
    int32_t count = 0;
    values[0] = opcode;
    while (fields[count].name != NULL) {
        values[count + 1] = high ? fields[count].max : fields[count].min;
        count++;
    }
    memcpy(params, values, sizeof *params);
    return count;
}

static void ends_survive(int32_t opcode, const field *fields, int high) {
    nnq_params params;
    nnq_params back;
    uint8_t bytes[64];
    const int32_t count = fill(&params, opcode, fields, high);
    memset(&back, 0, sizeof back);
    const int32_t length = nnq_encode_params(&params, bytes, sizeof bytes);
    assert_true(length >= 0);
    assert_int_equal(nnq_decode_params(opcode, bytes, (size_t)length, &back), length);
    assert_memory_equal(&params, &back, (size_t)(count + 1) * sizeof(int32_t));
    for (int32_t shorter = 0; shorter < length; shorter++) {
        assert_int_equal(nnq_decode_params(opcode, bytes, (size_t)shorter, &back), NNQ_ERROR_TRUNCATED);
        assert_int_equal(nnq_encode_params(&params, bytes, (size_t)shorter), NNQ_ERROR_TRUNCATED);
    }
}

/* `value` in field `index`, all others legal. */
static void refuse(int32_t opcode, const field *fields, int32_t index, int64_t value) {
    nnq_params params;
    uint8_t bytes[64];
    uint32_t at = 0;
    if (value >= INT32_MIN && value <= INT32_MAX) {
        const int32_t narrow = (int32_t)value;
        fill(&params, opcode, fields, 0);
        memcpy((uint8_t *)&params + 4 * (index + 1), &narrow, 4);
        assert_int_equal(nnq_encode_params(&params, bytes, sizeof bytes), NNQ_ERROR_PARAMETER);
    }
    fill(&params, opcode, fields, 0);
    const int32_t length = nnq_encode_params(&params, bytes, sizeof bytes);
    for (int32_t i = 0; i < index; i++) {
        at += widths[fields[i].wire];
    }
    if (value >= least[fields[index].wire] && value <= most[fields[index].wire]) {
        for (uint32_t i = 0; i < widths[fields[index].wire]; i++) {
            bytes[at + i] = (uint8_t)((uint64_t)value >> 8 * i);
        }
        const int32_t expected = fields[index].wire == WIRE_DATA ? NNQ_ERROR_DATA : NNQ_ERROR_PARAMETER;
        assert_int_equal(nnq_decode_params(opcode, bytes, (size_t)length, &params), expected);
    }
}

static void test_fields(int32_t opcode, const char *name, const field *fields) {
    assert_string_equal(nnq_op_name(opcode), name);
    ends_survive(opcode, fields, 0);
    ends_survive(opcode, fields, 1);
    int32_t count = 0;
    for (; fields[count].name != NULL; count++) {
        assert_string_equal(nnq_op_field_name(opcode, count), fields[count].name);
        refuse(opcode, fields, count, (int64_t)fields[count].min - 1);
        refuse(opcode, fields, count, (int64_t)fields[count].max + 1);
    }
    assert_null(nnq_op_field_name(opcode, count));
    assert_null(nnq_op_field_name(opcode, count + 9));
    assert_null(nnq_op_field_name(opcode, -1));
}

#define NNQ_OP(code, name, NAME, min_inputs, max_inputs, in_place)                                                     \
    static void name(void **state) {                                                                                   \
        (void)state;                                                                                                   \
        test_fields(code, #name, fields_##name);                                                                       \
    }
#include "nnq/ops.def"

static void unknown_ops(void **state) {
    nnq_params params = {.opcode = NNQ_OPCODE_LIMIT};
    uint8_t bytes[64] = {0};
    (void)state;
    assert_null(nnq_op_name(0));
    assert_null(nnq_op_name(-1));
    assert_null(nnq_op_name(NNQ_OPCODE_LIMIT));
    assert_null(nnq_op_field_name(NNQ_OPCODE_LIMIT, 0));
    assert_int_equal(nnq_encode_params(&params, bytes, sizeof bytes), NNQ_ERROR_OPCODE);
    assert_int_equal(nnq_decode_params(0, bytes, sizeof bytes, &params), NNQ_ERROR_OPCODE);
    assert_int_equal(nnq_encode_params(NULL, bytes, sizeof bytes), NNQ_ERROR_ARGUMENT);
    assert_int_equal(nnq_decode_params(NNQ_OP_ADD, NULL, 8, &params), NNQ_ERROR_ARGUMENT);
    assert_int_equal(nnq_decode_params(NNQ_OP_RESHAPE, NULL, 0, &params), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define NNQ_OP(code, name, NAME, min_inputs, max_inputs, in_place) cmocka_unit_test(name),
#include "nnq/ops.def"
        cmocka_unit_test(unknown_ops),
    };
    return cmocka_run_group_tests_name("fields", tests, NULL, NULL);
}
