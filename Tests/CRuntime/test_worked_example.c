/* SPDX-License-Identifier: Apache-2.0
 * The worked example: the file, its hexdump in SPEC.md and the test builder say the same, and so does running it.
 */
#include "support/check.h"
#include "support/files.h"
#include "support/worked_example.h"

#define EXAMPLE NNQ_TESTS "/Vectors/worked-example.nnq"

static void file_is_fresh(void **state) {
    static builder b;
    size_t size;
    (void)state;
    worked_example(&b);
    const built made = builder_finish(&b);
    uint8_t *file = read_file(EXAMPLE, &size);
    if (size != made.size || memcmp(file, made.file, size) != 0) {
        fail_msg("%s differs from the builder's: build write_vectors and run it", EXAMPLE);
    }
    free(file);
    free(made.file);
}

/* The bytes of a dump's line "0010  18 00 00 00  meaning"; returns how many, 0 for any other line. */
static int parse_line(const char *line, unsigned long *offset, uint8_t *bytes) {
    char *end;
    int count = 0;
    *offset = strtoul(line, &end, 16);
    if (end != line + 4 || end[0] != ' ' || end[1] != ' ') {
        return 0;
    }
    for (const char *at = line + 6; count < 8; at += 3) {
        const unsigned long value = strtoul(at, &end, 16);
        if (end != at + 2) {
            break;
        }
        bytes[count++] = (uint8_t)value;
        if (at[2] != ' ' || at[3] == ' ') {
            break;
        }
    }
    return count;
}

static void hexdump_is_the_file(void **state) {
    size_t size;
    size_t next = 0;
    char line[512];
    int inside = 0;
    (void)state;
    uint8_t *file = read_file(EXAMPLE, &size);
    FILE *spec = fopen(NNQ_RUNTIME "/SPEC.md", "r");
    assert_non_null(spec);
    while (fgets(line, sizeof line, spec) != NULL) {
        unsigned long offset;
        uint8_t bytes[8];
        inside = inside || strncmp(line, "## 6", 4) == 0;
        const int count = inside ? parse_line(line, &offset, bytes) : 0;
        if (count > 0) {
            assert_int_equal(offset, next);
            assert_true(next + (size_t)count <= size);
            assert_memory_equal(bytes, file + next, (size_t)count);
            next += (size_t)count;
        }
    }
    fclose(spec);
    assert_int_equal(next, size);
    free(file);
}

static void runs_as_documented(void **state) {
    static const int8_t lines[8] = {31, -128, -32, -112, -128, -128, -128, -128};
    static const int8_t votes[2] = {4, -3};
    static const int8_t answer[2] = {127, -128};
    nnq_model model;
    nnq_session session;
    built file;
    (void)state;
    file.file = read_file(EXAMPLE, &file.size);
    open_built(&model, &file);
    assert_int_equal(nnq_arena_size(&model), 24);
    uint8_t *arena = start_session(&session, &model, 0x55);
    memset(nnq_input(&session, 0), -128, 16);
    memset(nnq_input(&session, 0) + 4, 127, 4);
    nnq_run_stage(&session, 0);
    assert_memory_equal(nnq_tensor_data(&session, 1), lines, sizeof lines);
    nnq_run_stage(&session, 1);
    assert_memory_equal(nnq_tensor_data(&session, 2), votes, sizeof votes);
    nnq_run_stage(&session, 2);
    assert_memory_equal(nnq_output(&session, 0), answer, sizeof answer);
    /* And a vertical line. */
    memset(nnq_input(&session, 0), -128, 16);
    for (int y = 0; y < 4; y++) {
        nnq_input(&session, 0)[4 * y + 1] = 127;
    }
    nnq_run(&session);
    assert_true(nnq_output(&session, 0)[1] > nnq_output(&session, 0)[0]);
    free(arena);
    free(file.file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_is_fresh),
        cmocka_unit_test(hexdump_is_the_file),
        cmocka_unit_test(runs_as_documented),
    };
    return cmocka_run_group_tests_name("worked example", tests, NULL, NULL);
}
