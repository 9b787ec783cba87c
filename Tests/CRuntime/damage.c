/* SPDX-License-Identifier: Apache-2.0
 * `damage FILE.nnq`: damages a model file in every way (support/damage.h) under the sanitizers, and says what came of it.
 */
#include "support/builder.h"
#include "support/damage.h"
#include "support/files.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    size_t size;
    nnq_model model;
    if (argc != 2) {
        fprintf(stderr, "usage: damage FILE.nnq\n");
        return 2;
    }
    uint8_t *file = read_file(argv[1], &size);
    const int32_t error = nnq_open(&model, file, size, nnq_all_ops, NULL);
    if (error != NNQ_OK) {
        fprintf(stderr, "%s: %s\n", argv[1], nnq_error_text(error));
        return 1;
    }
    const damage_report report = damage_file(file, size);
    printf("%s: %llu damaged files refused, %llu ran in bounds, %llu opened\n", argv[1],
           (unsigned long long)report.refused, (unsigned long long)report.ran, (unsigned long long)report.opened);
    free(file);
    return report.accepted_damaged == 0 && report.misplaced == 0 ? 0 : 1;
}
