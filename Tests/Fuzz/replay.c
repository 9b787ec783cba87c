/* SPDX-License-Identifier: Apache-2.0
 * Runs the fuzz target over files, for compilers without libFuzzer: `replay FILE...`.
 */
#include "../CRuntime/support/files.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        size_t size;
        uint8_t *file = read_file(argv[i], &size);
        LLVMFuzzerTestOneInput(file, size);
        free(file);
    }
    printf("%d files replayed\n", argc - 1);
    return 0;
}
