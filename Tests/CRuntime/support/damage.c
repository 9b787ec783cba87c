/* SPDX-License-Identifier: Apache-2.0
 * Damages a file in every way that it can.
 */
#include "damage.h"

#include "builder.h"
#include "rng.h"

#include <sys/mman.h>

enum { SMALL_FILE = 4096, SAMPLE_ONE_IN = 16, LARGE_ARENA = 1 << 20, PAGE = 4096 };

typedef struct bench {
    uint8_t *file;
    size_t size;
    damage_report report;
} bench;

/* A block of exactly `size` bytes, or, where a damaged header asks for a large one, pages that cost nothing until they
 * are touched, with one behind them that nobody may touch. */
static uint8_t *arena_block(size_t size) {
    if (size <= LARGE_ARENA) {
        return aligned_block(size);
    }
    const size_t pages = (size + PAGE - 1) / PAGE * PAGE;
    uint8_t *block = mmap(NULL, pages + PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (block == MAP_FAILED || mprotect(block, pages, PROT_READ | PROT_WRITE) != 0) {
        return NULL;
    }
    return block;
}

static void arena_free(uint8_t *arena, size_t size) {
    if (size <= LARGE_ARENA) {
        free(arena);
    } else {
        munmap(arena, (size + PAGE - 1) / PAGE * PAGE + PAGE);
    }
}

/* Runs an accepted file twice, inputs set. */
static void run(const nnq_model *model) {
    nnq_session session;
    const size_t size = nnq_arena_size(model);
    uint8_t *arena = arena_block(size);
    if (arena == NULL || nnq_start(&session, model, arena, size) != NNQ_OK) {
        fprintf(stderr, "no memory for an arena of %zu bytes\n", size);
        exit(1);
    }
    for (int32_t i = 0; i < nnq_input_count(model); i++) {
        nnq_tensor_info info;
        nnq_input_info(model, i, &info);
        memset(nnq_input(&session, i), 0x5a, ((size_t)info.height * (size_t)info.width * (size_t)info.channels) << info.type);
    }
    nnq_run(&session);
    nnq_run(&session);
    arena_free(arena, size);
}

/* Opens the file as it is now. `must_fail`: its checksum is wrong. `runs`: it is run where it opens. */
static void try(bench *b, size_t size, int must_fail, int runs) {
    nnq_model model;
    nnq_diagnostic at;
    if (nnq_open(&model, b->file, size, nnq_all_ops, &at) != NNQ_OK) {
        b->report.refused++;
        b->report.misplaced += at.byte > b->size;
        return;
    }
    b->report.accepted_damaged += (uint64_t)must_fail;
    if (runs) {
        run(&model);
        b->report.ran++;
    } else {
        b->report.opened++;
    }
}

/* Both ways of a change: with the checksum made right, and, where `also_unsealed`, as it was. */
static void change(bench *b, size_t at, uint8_t value, int runs, int also_unsealed) {
    const uint8_t before = b->file[at];
    uint8_t checksum[4];
    if (value == before) {
        return;
    }
    memcpy(checksum, b->file + 12, 4);
    b->file[at] = value;
    if (at >= 12 && also_unsealed) {
        try(b, b->size, 1, runs);
    }
    if (at < 12 || at >= 16) {
        seal(b->file, b->size);
        try(b, b->size, 0, runs);
    }
    b->file[at] = before;
    memcpy(b->file + 12, checksum, 4);
}

static void change_byte(bench *b, rng *r, size_t at, int is_data) {
    if (b->size <= SMALL_FILE) {
        for (int value = 0; value < 256; value++) {
            change(b, at, (uint8_t)value, 1, 1);
        }
    } else if (is_data) {
        const int sampled = rng_once_in(r, SAMPLE_ONE_IN);
        change(b, at, (uint8_t)(b->file[at] ^ rng_range(r, 1, 255)), sampled, sampled);
    } else {
        static const uint8_t values[3] = {0, 0x7f, 0xff};
        for (int bit = 0; bit < 8; bit++) {
            change(b, at, (uint8_t)(b->file[at] ^ 1 << bit), 1, 1);
        }
        for (int i = 0; i < 3; i++) {
            change(b, at, values[i], 1, 1);
        }
    }
}

/* The file cut to each length, in a block of that length. */
static void cut(bench *b, size_t part, size_t parts) {
    uint8_t *whole = b->file;
    for (size_t length = part; length < b->size; length += parts) {
        b->file = aligned_block(length == 0 ? 1 : length);
        memcpy(b->file, whole, length);
        try(b, length, 1, 1);
        free(b->file);
    }
    b->file = whole;
}

damage_report damage_file(const uint8_t *file, size_t size, size_t part, size_t parts) {
    bench b;
    rng r = rng_seeded("damage");
    memset(&b, 0, sizeof b);
    b.file = aligned_block(size);
    b.size = size;
    memcpy(b.file, file, size);
    const size_t info = get_u32(file + 36);
    const size_t data_end = size - info;
    const size_t data = data_end - get_u32(file + 32);
    for (size_t at = part; at < size; at += parts) {
        change_byte(&b, &r, at, at >= data && at < data_end);
    }
    cut(&b, part, parts);
    free(b.file);
    return b.report;
}
