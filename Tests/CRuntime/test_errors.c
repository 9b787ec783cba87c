/* SPDX-License-Identifier: Apache-2.0
 * The errors about a file as a whole: header, tensors, stages; each with the byte that the diagnostic names.
 */
#include "support/expect.h"

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
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests_name("errors", tests, NULL, NULL);
}
