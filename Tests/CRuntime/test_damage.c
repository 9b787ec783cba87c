/* SPDX-License-Identifier: Apache-2.0
 * Damage to the worked example and to the seeds of the fuzzer: every byte, every value, every length.
 */
#include "support/check.h"
#include "support/damage.h"
#include "support/files.h"

static void damage(const char *path) {
    size_t size;
    uint8_t *file = read_file(path, &size);
    const damage_report report = damage_file(file, size, 0, 1);
    printf("%s: %llu refused, %llu ran\n", path, (unsigned long long)report.refused, (unsigned long long)report.ran);
    assert_int_equal(report.accepted_damaged, 0);
    assert_int_equal(report.misplaced, 0);
    assert_true(report.refused > 0 && report.ran > 0);
    free(file);
}

static void worked_example(void **state) {
    (void)state;
    damage(NNQ_TESTS "/Vectors/worked-example.nnq");
}

static void rings(void **state) {
    (void)state;
    damage(NNQ_TESTS "/Fuzz/corpus/rings.nnq");
}

#define DAMAGE(name)                                                                                                   \
    static void name(void **state) {                                                                                   \
        (void)state;                                                                                                   \
        damage(NNQ_TESTS "/Fuzz/corpus/" #name ".nnq");                                                                \
    }
#define NNQ_OP(code, name, NAME, min_inputs, max_inputs, in_place) DAMAGE(name)
#include "nnq/ops.def"
#define NNQ_PACKED(code, op, name, NAME, ISA) DAMAGE(name)
#include "nnq/kernels.def"

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worked_example),
        cmocka_unit_test(rings),
#define NNQ_OP(code, name, NAME, min_inputs, max_inputs, in_place) cmocka_unit_test(name),
#include "nnq/ops.def"
#define NNQ_PACKED(code, op, name, NAME, ISA) cmocka_unit_test(name),
#include "nnq/kernels.def"
    };
    return cmocka_run_group_tests_name("damage", tests, NULL, NULL);
}
