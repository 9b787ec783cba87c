/* SPDX-License-Identifier: Apache-2.0
 * Writes models of one op for Tests/Firmware/ops, each with inputs and the output that the reference computes:
 *
 *     write_cases FILE test CASES SEED     of every op, random ones
 *     write_cases FILE bench               layers whose instructions are worth counting
 *
 * The file is U32 count, and for each case: the op's name in 24 bytes, U32 bytes of the model, of all inputs and of the
 * output, and these three, each filled up to a multiple of 4.
 */
#include "support/random_op.h"
#include "support/reference.h"

#include <string.h>

static void put_padded(FILE *to, const void *bytes, size_t size) {
    static const uint8_t zeros[4];
    fwrite(bytes, 1, size, to);
    fwrite(zeros, 1, (4 - size % 4) % 4, to);
}

static void put_number(FILE *to, size_t value) {
    uint8_t bytes[4];
    put_u32(bytes, (uint32_t)value);
    fwrite(bytes, 1, sizeof bytes, to);
}

static size_t tensor_bytes(const builder_tensor *t) {
    return (size_t)t->height * builder_row_bytes(t);
}

/* Inputs at random, now and then an extreme; states as they are at the start. */
static void fill(const builder *b, rng *r, int8_t **tensors) {
    for (int32_t i = 0; i < b->tensor_count; i++) {
        const size_t size = tensor_bytes(&b->tensors[i]);
        tensors[i] = calloc(size, 1);
        for (size_t n = 0; i < b->input_count && n < size; n++) {
            const int is_state = i >= b->input_count - b->state_count;
            tensors[i][n] = (int8_t)(is_state                ? b->tensors[i].zero_point
                                     : rng_once_in(r, 10) ? rng_range(r, 0, 1) * 255 - 128
                                                          : rng_range(r, -128, 127));
        }
    }
}

static void write_case(FILE *to, const builder *b, rng *r) {
    char name[24] = {0};
    int8_t *tensors[BUILDER_TENSORS];
    const built file = builder_finish(b);
    const int32_t shown = b->input_count - b->state_count;
    const builder_tensor *output = &b->tensors[b->tensor_count - 1];
    size_t inputs = 0;
    fill(b, r, tensors);
    for (int32_t i = 0; i < shown; i++) {
        inputs += (tensor_bytes(&b->tensors[i]) + 3) / 4 * 4;
    }
    strncpy(name, nnq_op_name(b->ops[b->op_count - 1].params.opcode), sizeof name - 1);
    fwrite(name, 1, sizeof name, to);
    put_number(to, file.size);
    put_number(to, inputs);
    put_number(to, tensor_bytes(output));
    put_padded(to, file.file, file.size);
    for (int32_t i = 0; i < shown; i++) {
        put_padded(to, tensors[i], tensor_bytes(&b->tensors[i]));
    }
    reference_run(b, tensors);
    put_padded(to, tensors[b->tensor_count - 1], tensor_bytes(output));
    for (int32_t i = 0; i < b->tensor_count; i++) {
        free(tensors[i]);
    }
    free(file.file);
}

/* --- Random ops --- */

static void write_tests(FILE *to, int32_t cases, uint64_t seed) {
    static const int32_t opcodes[] = {
#define NNQ_OP(code, name, NAME, min_inputs, max_inputs, in_place) code,
#include "nnq/ops.def"
    };
    static builder b;
    const int32_t ops = sizeof opcodes / sizeof *opcodes;
    put_number(to, (size_t)(ops * cases));
    for (int32_t k = 0; k < ops; k++) {
        const int32_t opcode = opcodes[k];
        rng r = {seed * 0x9e3779b97f4a7c15u + (uint64_t)opcode};
        for (int32_t i = 0; i < cases;) {
            builder_start(&b);
            const int32_t input = random_input(&b, &r, 9);
            const builder_tensor first = b.tensors[input];
            if (!rng_once_in(&r, 3)) {
                const int repeats = rng_once_in(&r, 3);
                builder_input(&b, repeats && rng_once_in(&r, 2) ? 1 : first.height,
                              repeats && rng_once_in(&r, 2) ? 1 : first.width,
                              repeats && rng_once_in(&r, 2) ? 1 : first.channels, rng_range(&r, -128, 127));
            }
            if (random_op(&b, &r, opcode, input) < 0) {
                continue;
            }
            write_case(to, &b, &r);
            i++;
        }
    }
}

/* --- Layers --- */

static void bench_pair(FILE *to, const nnq_params *params, int32_t height, int32_t width, int32_t channels) {
    static const int32_t inputs[2] = {0, 1};
    static builder b;
    rng r = {1};
    builder_start(&b);
    builder_input(&b, height, width, channels, -128);
    builder_input(&b, height, width, channels, 5);
    builder_op_add(&b, params, inputs, 2, height, width, channels, -128);
    write_case(to, &b, &r);
}

static void bench_pool(FILE *to, int32_t rounding, int32_t height, int32_t width, int32_t channels, int32_t kernel) {
    static const int32_t input = 0;
    static builder b;
    rng r = {1};
    uint8_t multiplier[4];
    put_u32(multiplier, (1u << 30) / (uint32_t)(height * width));
    builder_start(&b);
    builder_input(&b, height, width, channels, -128);
    nnq_average_pool_params p = {NNQ_OP_AVERAGE_POOL, height, width, 1, 1, 0, 0, 0, 0, -128, 127, rounding, 0, 33, 0};
    if (kernel > 0) {
        p.kernel_height = p.kernel_width = p.stride_height = p.stride_width = kernel;
    }
    p.multipliers = builder_data(&b, multiplier, sizeof multiplier);
    const nnq_params params = {.average_pool = p};
    builder_op_add(&b, &params, &input, 1, kernel > 0 ? height / kernel : 1, kernel > 0 ? width / kernel : 1, channels,
                   -128);
    write_case(to, &b, &r);
}

static void bench_softmax(FILE *to, int32_t opcode, int32_t channels) {
    static const int32_t input = 0;
    static builder b;
    rng r = {1};
    uint8_t exponentials[512];
    for (int i = 0; i < 256; i++) {
        exponentials[2 * i] = (uint8_t)(255 - i);
        exponentials[2 * i + 1] = (uint8_t)(i < 64 ? 255 >> (i / 8) : 0);
    }
    builder_start(&b);
    builder_input(&b, 1, 1, channels, 11);
    nnq_params params = {.tflite_softmax = {NNQ_OP_TFLITE_SOFTMAX, 1200000000, 7}};
    if (opcode == NNQ_OP_SOFTMAX) {
        params = (nnq_params){.softmax = {opcode, 256, builder_data(&b, exponentials, sizeof exponentials)}};
    }
    builder_op_add(&b, &params, &input, 1, 1, 1, channels, -128);
    write_case(to, &b, &r);
}

static void write_bench(FILE *to) {
    /* As TFLite has them: the input of the larger scale is multiplied by exactly a half. */
    nnq_params tflite = {
        .tflite_add = {NNQ_OP_TFLITE_ADD, 1 << 30, 31, 1518500249, 32, 1717986918, 49, 20, 0, -128, 127}};
    const nnq_params add = {.add = {NNQ_OP_ADD, 29123, 21007, 1 << 15, 16, -128, 127}};
    put_number(to, 15);
    bench_pair(to, &tflite, 32, 32, 16);
    bench_pair(to, &tflite, 16, 16, 32);
    bench_pair(to, &tflite, 8, 8, 64);
    tflite.tflite_add.act_max = 100;
    bench_pair(to, &tflite, 16, 16, 32);
    tflite.tflite_add.act_max = 127;
    tflite.tflite_add.multiplier_a = 1717986918;
    tflite.tflite_add.shift_a = 33;
    bench_pair(to, &tflite, 16, 16, 32);
    bench_pair(to, &add, 32, 32, 16);
    bench_pair(to, &add, 8, 8, 64);
    bench_pool(to, 1, 8, 8, 64, 0);
    bench_pool(to, 1, 25, 5, 64, 0);
    bench_pool(to, 1, 3, 3, 22, 0);
    bench_pool(to, 0, 8, 8, 64, 0);
    bench_pool(to, 1, 32, 32, 16, 2);
    bench_softmax(to, NNQ_OP_TFLITE_SOFTMAX, 12);
    bench_softmax(to, NNQ_OP_TFLITE_SOFTMAX, 2);
    bench_softmax(to, NNQ_OP_SOFTMAX, 10);
}

int main(int argc, char **argv) {
    const int is_test = argc == 5 && strcmp(argv[2], "test") == 0;
    if (!is_test && (argc != 3 || strcmp(argv[2], "bench") != 0)) {
        fprintf(stderr, "usage: write_cases FILE test CASES SEED | write_cases FILE bench\n");
        return 2;
    }
    FILE *to = fopen(argv[1], "wb");
    if (to == NULL) {
        perror(argv[1]);
        return 1;
    }
    if (is_test) {
        write_tests(to, atoi(argv[3]), strtoull(argv[4], NULL, 10));
    } else {
        write_bench(to);
    }
    const int ok = !ferror(to);
    return fclose(to) == 0 && ok ? 0 : 1;
}
