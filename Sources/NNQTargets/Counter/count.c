/* SPDX-License-Identifier: Apache-2.0
 * A TCG plugin for QEMU: what a program executes, counted exactly, with nothing added to the program.
 *
 *     -plugin count.so,out=FILE,isa=thumb|riscv,marks=FILE[,stack=FROM-TO]
 *
 * A mark is an address: each time that the instruction there is about to run, a new row of counts begins. `marks` has
 * one a line, an address in hexadecimal and a name. `out` gets the names of the counts, a row for each mark that was
 * met, in order: its name, the counts, and how far below TO the lowest address lies that was written from FROM on.
 */
#include "count_classes.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- QEMU's plugin interface, version 1 --- */

#define EXPORT __attribute__((visibility("default")))
typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { NO_REGISTERS = 0, MEMORY_WRITES = 2 };

EXPORT extern int qemu_plugin_version;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *, void (*)(unsigned, void *), int, void *);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *,
                                      void (*)(unsigned, qemu_plugin_meminfo_t, uint64_t, void *), int, int, void *);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, void *), void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);

int qemu_plugin_version = 1;

/* --- Counting --- */

typedef struct mark {
    uint64_t address;
    char name[56];
} mark;

/* Instructions that run one after another, without a mark but at their start. */
typedef struct run {
    const mark *begins;
    uint64_t start, end;
    uint16_t counts[COUNT_KINDS];
    bool ends_in_branch;
} run;

static mark marks[4096];
static size_t mark_count;
static uint64_t row[COUNT_KINDS];
static const char *row_name = "start";
static const run *last;
static uint64_t stack_from, stack_to, lowest; /* of the row */
static bool is_riscv;
static FILE *out;

static void write_row(void) {
    fprintf(out, "%s", row_name);
    for (int i = 0; i < COUNT_KINDS; i++) {
        fprintf(out, " %" PRIu64, row[i]);
    }
    fprintf(out, " %" PRIu64 "\n", stack_to - lowest);
}

static void execute(unsigned processor, void *data) {
    const run *now = data;
    (void)processor;
    if (last != NULL && last->ends_in_branch && now->start != last->end) {
        row[COUNT_taken_branches]++;
    }
    last = now;
    if (now->begins != NULL) {
        write_row();
        memset(row, 0, sizeof row);
        lowest = stack_to;
        row_name = now->begins->name;
    }
    for (int i = 0; i < COUNT_KINDS; i++) {
        row[i] += now->counts[i];
    }
}

static void store(unsigned processor, qemu_plugin_meminfo_t info, uint64_t address, void *data) {
    (void)processor, (void)info, (void)data;
    if (address >= stack_from && address < lowest) {
        lowest = address;
    }
}

static instruction classify(const struct qemu_plugin_insn *at) {
    const uint8_t *bytes = qemu_plugin_insn_data(at);
    const uint32_t first = bytes[0] | (uint32_t)bytes[1] << 8;
    const uint32_t second = qemu_plugin_insn_size(at) == 4 ? bytes[2] | (uint32_t)bytes[3] << 8 : 0;
    return is_riscv                          ? classify_riscv(first | second << 16)
           : qemu_plugin_insn_size(at) == 4 ? classify_thumb32(first, second)
                                             : classify_thumb16(first);
}

static bool is_memory(instruction one) {
    return one.loads + one.stores > 0;
}

static void count(run *to, instruction one, instruction before) {
    to->counts[COUNT_instructions]++;
    to->counts[COUNT_loads] += one.loads;
    to->counts[COUNT_stores] += one.stores;
    to->counts[COUNT_single_stores] += one.stores == 1;
    to->counts[COUNT_free_loads] += one.loads == 1 && (one.is_vector || (before.loads == 1 && !before.is_vector));
    to->counts[COUNT_vectors] += one.is_vector;
    to->counts[COUNT_vector_overlaps] += one.is_vector && before.is_vector && is_memory(one) != is_memory(before);
    if (one.kind != 0) {
        to->counts[one.kind]++;
    }
    to->ends_in_branch = one.is_branch;
}

static const mark *mark_at(uint64_t address) {
    for (size_t i = 0; i < mark_count; i++) {
        if (marks[i].address == address) {
            return &marks[i];
        }
    }
    return NULL;
}

/* QEMU asks once for each piece of code, before it runs for the first time. */
static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
    instruction before = of_kind(0);
    run *now = NULL;
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct qemu_plugin_insn *at = qemu_plugin_tb_get_insn(block, i);
        const uint64_t address = qemu_plugin_insn_vaddr(at);
        const mark *begins = mark_at(address);
        if (now == NULL || begins != NULL) {
            now = calloc(1, sizeof *now);
            now->begins = begins;
            now->start = address;
            qemu_plugin_register_vcpu_insn_exec_cb(at, execute, NO_REGISTERS, now);
        }
        const instruction one = classify(at);
        count(now, one, before);
        now->end = address + qemu_plugin_insn_size(at);
        if (one.stores > 0) {
            qemu_plugin_register_vcpu_mem_cb(at, store, NO_REGISTERS, MEMORY_WRITES, NULL);
        }
        before = one;
    }
}

static void finish(qemu_plugin_id_t id, void *data) {
    (void)id, (void)data;
    write_row();
    fclose(out);
}

static bool read_marks(const char *path) {
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return false;
    }
    while (mark_count < sizeof marks / sizeof *marks &&
           fscanf(file, "%" SCNx64 " %55s", &marks[mark_count].address, marks[mark_count].name) == 2) {
        mark_count++;
    }
    fclose(file);
    return true;
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv) {
    (void)info;
    for (int i = 0; i < argc; i++) {
        const char *value = strchr(argv[i], '=') + 1;
        if (strncmp(argv[i], "out=", 4) == 0) out = fopen(value, "w");
        if (strncmp(argv[i], "isa=", 4) == 0) is_riscv = strcmp(value, "riscv") == 0;
        if (strncmp(argv[i], "marks=", 6) == 0 && !read_marks(value)) return -1;
        if (strncmp(argv[i], "stack=", 6) == 0) sscanf(value, "%" SCNx64 "-%" SCNx64, &stack_from, &stack_to);
    }
    if (out == NULL) {
        return -1;
    }
    lowest = stack_to;
    fprintf(out, "name");
#define COUNT_NAME(name) fprintf(out, " " #name);
    COUNTS(COUNT_NAME)
    fprintf(out, " stack\n");
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
    qemu_plugin_register_atexit_cb(id, finish, NULL);
    return 0;
}
