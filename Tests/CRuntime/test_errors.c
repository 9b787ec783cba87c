/* SPDX-License-Identifier: Apache-2.0
 * Every error of nnq.h, provoked, with the op and the byte that the diagnostic names.
 */
#include "support/check.h"
#include "support/subject.h"

static void expect_with(const subject *s, size_t size, const nnq_op *const *ops, int32_t error, int32_t op,
                        uint32_t byte) {
    nnq_model model;
    nnq_diagnostic at = {-2, 0};
    const int32_t actual = nnq_open(&model, s->file.file, size, ops, &at);
    if (actual != error || at.op != op || at.byte != byte) {
        fail_msg("%s, op %d, byte %u; expected %s, op %d, byte %u", nnq_error_name(actual), (int)at.op,
                 (unsigned)at.byte, nnq_error_name(error), (int)op, (unsigned)byte);
    }
    assert_int_equal(nnq_open(&model, s->file.file, size, ops, NULL), error);
}

static void expect(const subject *s, int32_t error, int32_t op, uint32_t byte) {
    expect_with(s, s->file.size, nnq_all_ops, error, op, byte);
}

/* Changes a number of 1, 2 or 4 bytes in a fresh file, seals it, and expects the error. */
static void change(uint32_t at, int32_t width, uint32_t value, int32_t error, int32_t op, uint32_t byte) {
    subject *s = subject_make();
    uint8_t bytes[4];
    put_u32(bytes, value);
    memcpy(s->file.file + at, bytes, (size_t)width);
    seal(s->file.file, s->file.size);
    expect(s, error, op, byte);
}

/* Where the op's field is, and where the constants that a DATA field points to are. */
static uint32_t field(int32_t op, const char *name) {
    const subject *s = subject_make();
    return field_at(&s->file, &s->b, op, name);
}

static uint32_t constants(int32_t op, const char *name) {
    const uint32_t at = field(op, name);
    return get_u32(subject_make()->file.file + at);
}

/* Where the op's requantization block is, behind a filter of so many bytes. */
static uint32_t block(int32_t op) {
    return constants(op, "filter") + (op == CONV ? 56 : 48);
}

static uint32_t rows_at(int32_t tensor) {
    return subject_make()->file.rows + 2 * (uint32_t)tensor;
}

static uint32_t tensor_at(int32_t tensor, uint32_t offset) {
    return 40 + 16 * (uint32_t)tensor + offset;
}

static void legal(void **state) {
    nnq_model model;
    (void)state;
    open_built(&model, &subject_make()->file);
}

static void argument(void **state) {
    subject *s = subject_make();
    nnq_model model;
    nnq_session session;
    nnq_tensor_info info;
    uint8_t arena[16] NNQ_ALIGNED;
    (void)state;
    assert_int_equal(nnq_open(NULL, s->file.file, s->file.size, nnq_all_ops, NULL), NNQ_ERROR_ARGUMENT);
    assert_int_equal(nnq_open(&model, NULL, s->file.size, nnq_all_ops, NULL), NNQ_ERROR_ARGUMENT);
    assert_int_equal(nnq_open(&model, s->file.file, s->file.size, NULL, NULL), NNQ_ERROR_ARGUMENT);
    open_built(&model, &s->file);
    assert_int_equal(nnq_start(NULL, &model, arena, 16), NNQ_ERROR_ARGUMENT);
    assert_int_equal(nnq_start(&session, NULL, arena, 16), NNQ_ERROR_ARGUMENT);
    assert_int_equal(nnq_start(&session, &model, NULL, 16), NNQ_ERROR_ARGUMENT);
    assert_int_equal(nnq_input_info(&model, 1, &info), NNQ_ERROR_ARGUMENT);
    assert_int_equal(nnq_input_info(&model, -1, &info), NNQ_ERROR_ARGUMENT);
    assert_int_equal(nnq_output_info(&model, 1, &info), NNQ_ERROR_ARGUMENT);
    assert_int_equal(nnq_output_info(&model, 0, NULL), NNQ_ERROR_ARGUMENT);
    assert_int_equal(nnq_tensor_info_at(&model, 6, &info), NNQ_ERROR_ARGUMENT);
    assert_int_equal(nnq_stage_op_count(&model, 5), NNQ_ERROR_ARGUMENT);
    uint8_t *block = start_session(&session, &model, 0);
    assert_null(nnq_input(&session, 1));
    assert_null(nnq_output(&session, -1));
    assert_null(nnq_tensor_data(&session, 6));
    nnq_run_stage(&session, -1);
    nnq_run_stage(&session, 5);
    free(block);
}

static void alignment(void **state) {
    subject *s = subject_make();
    nnq_model model;
    nnq_session session;
    (void)state;
    uint8_t *block = aligned_block(s->file.size + 16);
    memcpy(block + 8, s->file.file, s->file.size);
    assert_int_equal(nnq_open(&model, block + 8, s->file.size, nnq_all_ops, NULL), NNQ_ERROR_ALIGNMENT);
    open_built(&model, &s->file);
    assert_int_equal(nnq_start(&session, &model, block + 4, 1000), NNQ_ERROR_ALIGNMENT);
    assert_int_equal(nnq_start(&session, &model, block, nnq_arena_size(&model) - 1), NNQ_ERROR_ARENA);
    free(block);
}

static void truncated(void **state) {
    (void)state;
    expect_with(subject_make(), 0, nnq_all_ops, NNQ_ERROR_TRUNCATED, -1, 0);
    expect_with(subject_make(), 39, nnq_all_ops, NNQ_ERROR_TRUNCATED, -1, 39);
    const subject *s = subject_make();
    expect_with(s, s->file.size - 1, nnq_all_ops, NNQ_ERROR_TRUNCATED, -1, 8);
    change(8, 4, 39, NNQ_ERROR_TRUNCATED, -1, 8);
    change(8, 4, 0x80000000u, NNQ_ERROR_TRUNCATED, -1, 8);
}

static void magic_version_checksum(void **state) {
    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        change(i, 1, 'N', NNQ_ERROR_MAGIC, -1, i);
    }
    change(4, 1, 0, NNQ_ERROR_VERSION, -1, 4);
    change(4, 1, 1, NNQ_ERROR_VERSION, -1, 4);
    change(4, 1, 3, NNQ_ERROR_VERSION, -1, 4);
    change(5, 1, 1, NNQ_ERROR_VERSION, -1, 5);
    subject *s = subject_make();
    s->file.file[16] ^= 1;
    expect(s, NNQ_ERROR_CHECKSUM, -1, 12);
}

static void header(void **state) {
    (void)state;
    change(6, 1, 1, NNQ_ERROR_HEADER, -1, 6);
    change(7, 1, 1, NNQ_ERROR_HEADER, -1, 7); /* one input, and that a state */
    change(16, 4, 0, NNQ_ERROR_HEADER, -1, 16);
    change(16, 4, 0x80000000u, NNQ_ERROR_HEADER, -1, 16);
    change(20, 2, 7, NNQ_ERROR_HEADER, -1, 20);
    change(22, 2, 0, NNQ_ERROR_HEADER, -1, 22);
    change(22, 2, 4096, NNQ_ERROR_HEADER, -1, 22);
    change(24, 2, 6, NNQ_ERROR_HEADER, -1, 24);
    change(26, 1, 0, NNQ_ERROR_HEADER, -1, 20);
    change(27, 1, 0, NNQ_ERROR_HEADER, -1, 27);
    change(28, 4, 0xffffffffu, NNQ_ERROR_HEADER, -1, 28);
    change(32, 4, get_u32(subject_make()->file.file + 32) + 1, NNQ_ERROR_HEADER, -1, 32);
    change(36, 4, 3, NNQ_ERROR_HEADER, -1, 28);
    change(subject_make()->file.outputs, 2, 6, NNQ_ERROR_HEADER, -1, subject_make()->file.outputs);
    assert_true(subject_make()->file.ops_end < subject_make()->file.data);
    change(subject_make()->file.ops_end, 1, 1, NNQ_ERROR_HEADER, -1, subject_make()->file.ops_end);
    /* One byte more of ops, one less of padding: the records end too early. */
    const uint32_t ops_size = get_u32(subject_make()->file.file + 28);
    change(28, 4, ops_size + 1, NNQ_ERROR_HEADER, -1, subject_make()->file.ops_end);
}

/* The ops section is cut short at every byte of the last record. */
static void ops_cut(void **state) {
    (void)state;
    for (uint32_t cut = 1; cut <= 8; cut++) {
        subject *s = subject_make();
        const uint32_t record = s->file.op_records[SOFTMAX];
        const uint32_t length = get_u32(s->file.file + 28);
        put_u32(s->file.file + 28, length - cut);
        put_u32(s->file.file + 36, get_u32(s->file.file + 36) + s->file.data - (s->file.ops_end - cut + 3) / 4 * 4);
        memset(s->file.file + s->file.ops_end - cut, 0, cut);
        seal(s->file.file, s->file.size);
        nnq_model model;
        nnq_diagnostic at;
        assert_int_not_equal(nnq_open(&model, s->file.file, s->file.size, nnq_all_ops, &at), NNQ_OK);
        assert_int_equal(at.op, SOFTMAX);
        assert_in_range(at.byte, record, record + 12);
    }
}

static void tensor(void **state) {
    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        change(tensor_at(2, 2 * i), 2, 0, NNQ_ERROR_TENSOR, -1, tensor_at(2, 0));
    }
    subject *s = subject_make();
    memset(s->file.file + tensor_at(1, 0), 0xff, 6);
    seal(s->file.file, s->file.size);
    expect(s, NNQ_ERROR_TENSOR, -1, tensor_at(1, 0));
    change(rows_at(2), 2, 0, NNQ_ERROR_TENSOR, -1, rows_at(2));
    change(rows_at(2), 2, 3, NNQ_ERROR_TENSOR, -1, rows_at(2));
    change(rows_at(0), 2, 3, NNQ_ERROR_TENSOR, -1, rows_at(0)); /* an input in a ring */
    change(tensor_at(2, 8), 4, 2, NNQ_ERROR_TENSOR, -1, tensor_at(2, 8));
    change(tensor_at(2, 8), 4, 0xfffffffcu, NNQ_ERROR_TENSOR, -1, tensor_at(2, 8));
    static const uint32_t scales[] = {0, 0x007fffffu, 0x7f800000u, 0x7fc00000u, 0xbf800000u, 0x80000000u};
    for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
        change(tensor_at(3, 12), 4, scales[i], NNQ_ERROR_TENSOR, -1, tensor_at(3, 12));
    }
    change(tensor_at(3, 7), 1, 3, NNQ_ERROR_TENSOR, -1, tensor_at(3, 7));
    change(tensor_at(3, 7), 1, 1, NNQ_ERROR_TENSOR, -1, tensor_at(3, 6)); /* int16 with a zero point */
    change(subject_make()->file.outputs, 2, 2, NNQ_OK, -1, 0);
    /* An output in a ring. */
    s = subject_make();
    put_u16(s->file.file + s->file.outputs, 2);
    put_u16(s->file.file + s->file.rows + 4, 1);
    seal(s->file.file, s->file.size);
    expect(s, NNQ_ERROR_TENSOR, -1, s->file.rows + 4);
}

static void stage(void **state) {
    const uint32_t at = subject_make()->file.stages;
    (void)state;
    change(at, 2, 0, NNQ_ERROR_STAGE, -1, at);
    change(at, 2, 17, NNQ_ERROR_STAGE, -1, at);
    change(at + 24, 2, 2, NNQ_ERROR_STAGE, -1, at + 24);
    change(at + 2, 2, 0, NNQ_ERROR_STAGE, -1, at + 2);
    change(at + 4, 2, 1, NNQ_ERROR_STAGE, -1, at + 4);
    /* Stages for four of five ops. */
    subject *s = subject_make();
    s->b.stage_count = 1;
    s->b.stages[0] = (builder_stage){4, 1, 0};
    free(s->file.file);
    s->file = builder_finish(&s->b);
    expect(s, NNQ_ERROR_STAGE, -1, at);
}

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

static void names(void **state) {
    (void)state;
    assert_string_equal(nnq_error_name(NNQ_OK), "NNQ_OK");
    for (int32_t error = NNQ_ERROR_UPDATE; error <= NNQ_ERROR_ARGUMENT; error++) {
        assert_memory_equal(nnq_error_name(error), "NNQ_ERROR_", 10);
        assert_string_not_equal(nnq_error_name(error), "NNQ_ERROR_UNKNOWN");
        assert_true(strlen(nnq_error_text(error)) > 10);
    }
    assert_string_equal(nnq_error_name(NNQ_ERROR_UPDATE - 1), "NNQ_ERROR_UNKNOWN");
    assert_string_equal(nnq_error_name(1), "NNQ_ERROR_UNKNOWN");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(legal),
        cmocka_unit_test(argument),
        cmocka_unit_test(alignment),
        cmocka_unit_test(truncated),
        cmocka_unit_test(magic_version_checksum),
        cmocka_unit_test(header),
        cmocka_unit_test(ops_cut),
        cmocka_unit_test(tensor),
        cmocka_unit_test(stage),
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
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests_name("errors", tests, NULL, NULL);
}
