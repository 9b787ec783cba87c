/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: opens any bytes as a model, and runs what opens.
 *
 * Magic, version, size, checksum and the sums of counts and sections are made right first, so that mutations reach the
 * records. What is accepted must run inside of its memory, give the same outputs whatever the arena held before, and
 * give the outputs of the same program under the plainest plan: whole tensors, no two sharing memory, one band.
 */
#include "../CRuntime/support/builder.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST_FILE = 1 << 14, MOST_ARENA = 1 << 20, MOST_WORK = 1 << 22 };

/* Makes the header agree with the bytes there are; info takes what the other sections leave. */
static void mend(uint8_t *file, size_t size) {
    static const uint8_t start[7] = {0x6e, 0x6e, 0x71, 0x1a, 2, 0, 0};
    memcpy(file, start, sizeof start);
    put_u32(file + 8, (uint32_t)size);
    put_u16(file + 20, file[26] + get_u16(file + 22));
    const uint64_t stages = get_u16(file + 24);
    const uint64_t tensors = get_u16(file + 20);
    const uint64_t ops = 40 + 16 * tensors + 6 * stages + (stages > 0 ? 2 * tensors : 0) + 2ull * file[27];
    const uint64_t data = (ops + get_u32(file + 28) + 3) / 4 * 4;
    const uint64_t info = data + get_u32(file + 32);
    if (info <= size) {
        put_u32(file + 36, (uint32_t)(size - info));
    }
    seal(file, size);
}

/* Steps of the inner loops, roughly: rows and elements of an op's output times the inputs of each. */
static uint64_t work(const nnq_model *model, const uint8_t *file) {
    uint32_t at = model->op_records;
    uint64_t steps = 0;
    for (int32_t k = 0; k < model->op_count; k++) {
        nnq_tensor_info in;
        nnq_tensor_info out;
        nnq_tensor_info state;
        nnq_params p;
        const uint32_t head = 2 + 2 * (uint32_t)file[at + 1];
        nnq_tensor_info_at(model, model->input_count + k, &out);
        in = out;
        if (file[at + 1] > 0) {
            nnq_tensor_info_at(model, (int32_t)get_u16(file + at + 2), &in);
        }
        const int32_t length = nnq_decode_params(file[at], file + at + head, model->file_size - at - head, &p);
        const uint64_t elements = (uint64_t)out.height * (uint64_t)out.width * (uint64_t)out.channels;
        uint64_t each = 1;
        switch (p.opcode) {
        case NNQ_OP_CONV2D:
            each = (uint64_t)(p.conv2d.kernel_height * p.conv2d.kernel_width) *
                   (uint64_t)(in.channels / p.conv2d.groups);
            break;
        case NNQ_OP_DEPTHWISE_CONV2D:
            each = (uint64_t)(p.depthwise_conv2d.kernel_height * p.depthwise_conv2d.kernel_width);
            break;
        case NNQ_OP_CONV2D_INT16:
            each = (uint64_t)(p.conv2d_int16.kernel_height * p.conv2d_int16.kernel_width) *
                   (uint64_t)(in.channels / p.conv2d_int16.groups);
            break;
        case NNQ_OP_DEPTHWISE_CONV2D_INT16:
            each = (uint64_t)(p.depthwise_conv2d_int16.kernel_height * p.depthwise_conv2d_int16.kernel_width);
            break;
        case NNQ_OP_MAX_POOL_INT16:
            each = (uint64_t)p.max_pool_int16.kernel_height * (uint64_t)p.max_pool_int16.kernel_width;
            break;
        case NNQ_OP_AVERAGE_POOL_INT16:
            each = (uint64_t)p.average_pool_int16.kernel_height * (uint64_t)p.average_pool_int16.kernel_width;
            break;
        case NNQ_OP_DENSE_INT16:
        case NNQ_OP_DENSE: each = (uint64_t)in.height * (uint64_t)in.width * (uint64_t)in.channels; break;
        case NNQ_OP_MAX_POOL: each = (uint64_t)p.max_pool.kernel_height * (uint64_t)p.max_pool.kernel_width; break;
        case NNQ_OP_AVERAGE_POOL:
            each = (uint64_t)p.average_pool.kernel_height * (uint64_t)p.average_pool.kernel_width;
            break;
        case NNQ_OP_LSTM:
        case NNQ_OP_GRU: each = 4 * (uint64_t)(in.channels + out.channels); break;
        case NNQ_OP_SVDF:
            nnq_tensor_info_at(model, (int32_t)get_u16(file + at + 4), &state);
            each = (uint64_t)p.svdf.rank * (uint64_t)(in.channels + state.channels);
            break;
        default:
            if (builder_is_packed(p.opcode)) {
                each = (uint64_t)in.height * (uint64_t)in.width * (uint64_t)in.channels;
            }
            break;
        }
        steps += elements * each + (uint64_t)out.height * 64;
        at += head + (uint32_t)length;
    }
    return steps;
}

/* Runs over an arena that held `fill`; collects all outputs in one block. */
static size_t run(const nnq_model *model, uint8_t fill, uint8_t **outputs) {
    nnq_session session;
    nnq_tensor_info info;
    size_t used = 0;
    uint8_t *arena = aligned_block(nnq_arena_size(model));
    memset(arena, fill, nnq_arena_size(model));
    if (nnq_start(&session, model, arena, nnq_arena_size(model)) != NNQ_OK) {
        abort();
    }
    for (int32_t i = 0; i < nnq_input_count(model); i++) {
        nnq_input_info(model, i, &info);
        for (int32_t n = 0; n < (info.height * info.width * info.channels) << info.type; n++) {
            nnq_input(&session, i)[n] = (int8_t)(uint8_t)(n * 151 + i * 7);
        }
    }
    nnq_run(&session);
    *outputs = NULL;
    for (int32_t i = 0; i < nnq_output_count(model); i++) {
        nnq_output_info(model, i, &info);
        const size_t bytes = (size_t)(info.height * info.width * info.channels) << info.type;
        *outputs = realloc(*outputs, used + bytes);
        memcpy(*outputs + used, nnq_output(&session, i), bytes);
        used += bytes;
    }
    free(arena);
    return used;
}

static void must_equal(const char *what, const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size) {
    if (a_size != b_size || memcmp(a, b, a_size) != 0) {
        fprintf(stderr, "outputs differ: %s\n", what);
        abort();
    }
}

static void run_all(const nnq_model *model, uint8_t *file) {
    nnq_model plain;
    nnq_diagnostic at;
    uint8_t *first;
    uint8_t *other;
    const size_t size = run(model, 0x00, &first);
    size_t other_size = run(model, 0xaa, &other);
    must_equal("another content of the arena", first, size, other, other_size);
    free(other);
    if (plain_plan(file, model->file_size, 8 * MOST_ARENA) != 0) {
        if (nnq_open(&plain, file, model->file_size, nnq_all_ops, &at) != NNQ_OK) {
            fprintf(stderr, "the plain plan is refused: op %d, byte %u\n", (int)at.op, (unsigned)at.byte);
            abort();
        }
        other_size = run(&plain, 0x55, &other);
        must_equal("the plain plan", first, size, other, other_size);
        free(other);
    }
    free(first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    nnq_model model;
    nnq_diagnostic at;
    if (size > MOST_FILE) {
        return 0;
    }
    uint8_t *file = aligned_block(size == 0 ? 1 : size);
    memcpy(file, data, size);
    if (size >= 40) {
        mend(file, size);
    }
    const int32_t error = nnq_open(&model, file, size, nnq_all_ops, &at);
    if (error != NNQ_OK && (at.byte > size || at.op < -1)) {
        abort();
    }
    if (error == NNQ_OK && nnq_arena_size(&model) <= MOST_ARENA && work(&model, file) <= MOST_WORK) {
        run_all(&model, file);
    }
    free(file);
    return 0;
}
