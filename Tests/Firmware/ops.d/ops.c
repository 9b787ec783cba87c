/* SPDX-License-Identifier: Apache-2.0
 * Runs the cases of inputs.bin, written by Tests/CRuntime/write_cases.c, with the kernels of this core, and compares.
 * For each case, mark_begin and mark_end are called around the run, and a line tells the op and its extents.
 */
#include "board.h"
#include "nnq/nnq.h"

enum { FILE_BYTES = 72 * 1024, ARENA_BYTES = 72 * 1024, OUTPUT_BYTES = 20 * 1024, GUARD = 16 };

static uint8_t file[FILE_BYTES] NNQ_ALIGNED;
static uint8_t arena[ARENA_BYTES + GUARD] NNQ_ALIGNED;
static int8_t expected[OUTPUT_BYTES] NNQ_ALIGNED;

void mark_begin(void);
void mark_end(void);

/* Empty functions whose addresses are marks. */
__attribute__((noinline)) void mark_begin(void) {
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) void mark_end(void) {
    __asm__ volatile("" ::: "memory");
}

__attribute__((noreturn)) static void fail(const char *op, uint32_t number, const char *what, uint32_t detail) {
    console_write("FAILED case ");
    console_number(number);
    console_write(", ");
    console_write(op);
    console_write(": ");
    console_write(what);
    console_write(" ");
    console_number(detail);
    console_write("\n");
    board_exit(1);
}

static uint32_t bytes_of(const nnq_tensor_info *info) {
    return ((uint32_t)info->height * (uint32_t)info->width * (uint32_t)info->channels) << info->type;
}

static uint32_t padded(uint32_t size) {
    return (size + 3) / 4 * 4;
}

static void read(void *to, uint32_t size, uint32_t room, const char *op, uint32_t number) {
    if (size > room || (size > 0 && !console_read(to, padded(size)))) {
        fail(op, number, "inputs.bin ends, or a case has more bytes than there is room:", size);
    }
}

static void write_shape(const nnq_tensor_info *info) {
    console_write(" ");
    console_number((uint32_t)info->height);
    console_write("x");
    console_number((uint32_t)info->width);
    console_write("x");
    console_number((uint32_t)info->channels);
}

static void run_case(uint32_t number) {
    char op[24];
    uint32_t sizes[3]; /* of the model, the inputs and the output */
    nnq_model model;
    nnq_session session;
    nnq_tensor_info info;
    read(op, sizeof op, sizeof op, "", number);
    read(sizes, sizeof sizes, sizeof sizes, op, number);
    read(file, sizes[0], sizeof file, op, number);
    const int32_t error = nnq_open(&model, file, sizes[0], nnq_all_ops, NULL);
    if (error != NNQ_OK || nnq_arena_size(&model) > ARENA_BYTES ||
        nnq_start(&session, &model, arena, ARENA_BYTES) != NNQ_OK) {
        fail(op, number, "cannot be opened, error minus", (uint32_t)-error);
    }
    memset(arena + nnq_arena_size(&model), 0x5A, GUARD);
    for (int32_t i = 0; i < nnq_input_count(&model); i++) {
        nnq_input_info(&model, i, &info);
        read(nnq_input(&session, i), bytes_of(&info), ARENA_BYTES, op, number);
    }
    read(expected, sizes[2], sizeof expected, op, number);
    console_write(op);
    for (int32_t i = 0; nnq_input_info(&model, i, &info) == NNQ_OK; i++) {
        write_shape(&info);
    }
    nnq_output_info(&model, 0, &info);
    console_write(" ->");
    write_shape(&info);
    console_write("\n");
    mark_begin();
    nnq_run(&session);
    mark_end();
    for (uint32_t i = 0; i < sizes[2]; i++) {
        if (nnq_output(&session, 0)[i] != expected[i]) {
            fail(op, number, "output differs at byte", i);
        }
    }
    for (uint32_t i = 0; i < GUARD; i++) {
        if (arena[nnq_arena_size(&model) + i] != 0x5A) {
            fail(op, number, "bytes behind the arena are overwritten; arena", nnq_arena_size(&model));
        }
    }
}

int main(void) {
    uint32_t count = 0;
    read(&count, sizeof count, sizeof count, "", 0);
    for (uint32_t number = 0; number < count; number++) {
        run_case(number);
    }
    console_write("ok ");
    console_number(count);
    console_write(" cases\n");
    return 0;
}
