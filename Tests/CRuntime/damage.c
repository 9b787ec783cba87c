/* SPDX-License-Identifier: Apache-2.0
 * `damage FILE.nnq`: damages a model file in every way (support/damage.h) under the sanitizers, and says what came of
 * it.
 */
#include "support/builder.h"
#include "support/damage.h"
#include "support/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROCESSES = 2 };

static int damage(const char *path, const uint8_t *file, size_t size, size_t part) {
    const damage_report report = damage_file(file, size, part, PROCESSES);
    printf("%s, part %zu of %d: %llu damaged files refused, %llu ran in bounds, %llu opened\n", path, part + 1,
           PROCESSES, (unsigned long long)report.refused, (unsigned long long)report.ran,
           (unsigned long long)report.opened);
    return report.accepted_damaged == 0 && report.misplaced == 0 ? 0 : 1;
}

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
    int failed = 0;
    pid_t children[PROCESSES];
    for (size_t part = 0; part < PROCESSES; part++) {
        children[part] = fork();
        if (children[part] == 0) {
            exit(damage(argv[1], file, size, part));
        }
        failed |= children[part] < 0;
    }
    for (size_t part = 0; part < PROCESSES; part++) {
        int status = 1;
        failed |= waitpid(children[part], &status, 0) < 0 || status != 0;
    }
    free(file);
    return failed;
}
