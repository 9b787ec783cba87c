/* SPDX-License-Identifier: Apache-2.0
 * Builds model files for tests.
 */
#include "builder.h"

#include <assert.h>
#include <stdlib.h>

void builder_start(builder *b) {
    memset(b, 0, sizeof *b);
    b->info = "";
}

static int32_t add_tensor(builder *b, int32_t height, int32_t width, int32_t channels, int32_t zero_point) {
    assert(b->tensor_count < BUILDER_TENSORS);
    b->tensors[b->tensor_count] = (builder_tensor){height, width, channels, 0, zero_point, NNQ_INT8, SCALE_ONE, -1};
    return b->tensor_count++;
}

int32_t builder_input(builder *b, int32_t height, int32_t width, int32_t channels, int32_t zero_point) {
    b->input_count++;
    return add_tensor(b, height, width, channels, zero_point);
}

int32_t builder_op_add(builder *b, const nnq_params *params, const int32_t *inputs, int32_t input_count, int32_t height,
                       int32_t width, int32_t channels, int32_t zero_point) {
    assert(b->op_count < BUILDER_OPS && input_count <= BUILDER_INPUTS);
    builder_op *op = &b->ops[b->op_count++];
    op->params = *params;
    op->input_count = input_count;
    memcpy(op->inputs, inputs, (size_t)input_count * sizeof *inputs);
    const int32_t tensor = add_tensor(b, height, width, channels, zero_point);
    if (params->opcode == NNQ_OP_SOFTMAX || params->opcode == NNQ_OP_TFLITE_SOFTMAX) {
        b->tensors[tensor].scale_bits = SCALE_SOFTMAX;
    } else if (params->opcode == NNQ_OP_L2_NORMALIZE) {
        b->tensors[tensor].scale_bits = SCALE_NORMAL;
    }
    return tensor;
}

int32_t builder_data(builder *b, const void *bytes, size_t size) {
    const size_t offset = b->data_size;
    assert(offset + size + 3 < BUILDER_DATA);
    memcpy(b->data + offset, bytes, size);
    b->data_size = (offset + size + 3) / 4 * 4;
    return (int32_t)offset;
}

int32_t builder_base(int32_t channels, const int32_t *multiplier, const uint8_t *shift) {
    int32_t least = 255;
    int32_t most = 0;
    for (int32_t c = 0; c < channels; c++) {
        least = shift[c] < least ? shift[c] : least;
        most = shift[c] > most ? shift[c] : most;
        if (multiplier[c] < 1 << 30) {
            return 0;
        }
    }
    return most - least <= 3 ? least : 0;
}

int32_t builder_filter(builder *b, const int8_t *filter, size_t size, int32_t channels, const int32_t *bias,
                       const int32_t *multiplier, const uint8_t *shift, int32_t base) {
    uint8_t *block = calloc((size_t)channels, 9);
    const int32_t offset = builder_data(b, filter, size);
    for (int32_t c = 0; c < channels; c++) {
        const uint32_t packed = ((uint32_t)multiplier[c] - (1u << 30)) | (uint32_t)(shift[c] - base) << 30;
        put_u32(block + 4 * c, (uint32_t)bias[c]);
        put_u32(block + 4 * (channels + c), base > 0 ? packed : (uint32_t)multiplier[c]);
        block[8 * channels + c] = shift[c];
    }
    builder_data(b, block, (size_t)channels * (base > 0 ? 8 : 9));
    free(block);
    return offset;
}

void builder_one_stage(builder *b, int32_t band_rows) {
    b->stage_count = 1;
    b->stages[0] = (builder_stage){b->op_count, band_rows, 0};
}

void builder_stage_each(builder *b) {
    for (b->stage_count = 0; b->stage_count < b->op_count; b->stage_count++) {
        b->stages[b->stage_count] = (builder_stage){1, 65535, 0};
    }
}

int builder_is_packed(int32_t opcode) {
    switch (opcode) {
#define NNQ_PACKED(code, op, name, NAME, ISA) case code:
#include "nnq/kernels.def"
        return 1;
    default: return 0;
    }
}

uint32_t builder_row_bytes(const builder_tensor *t) {
    return (uint32_t)(t->width * t->channels) << t->type;
}

void put_u16(uint8_t *bytes, uint32_t value) {
    bytes[0] = (uint8_t)value;
    bytes[1] = (uint8_t)(value >> 8);
}

void put_u32(uint8_t *bytes, uint32_t value) {
    put_u16(bytes, value);
    put_u16(bytes + 2, value >> 16);
}

uint32_t get_u16(const uint8_t *bytes) {
    return bytes[0] + 256u * bytes[1];
}

uint32_t get_u32(const uint8_t *bytes) {
    return get_u16(bytes) + 65536u * get_u16(bytes + 2);
}

void *aligned_block(size_t size) {
    void *block = NULL;
    if (posix_memalign(&block, NNQ_ALIGNMENT, size) != 0) {
        return NULL;
    }
    return block;
}

void seal(uint8_t *file, size_t size) {
    static uint32_t table[256];
    if (table[1] == 0) {
        for (uint32_t i = 0; i < 256; i++) {
            table[i] = i;
            for (int bit = 0; bit < 8; bit++) {
                table[i] = table[i] >> 1 ^ (table[i] % 2 != 0 ? 0xedb88320u : 0);
            }
        }
    }
    uint32_t crc = 0xffffffffu;
    for (size_t i = 16; i < size; i++) {
        crc = crc >> 8 ^ table[(crc ^ file[i]) & 255u];
    }
    put_u32(file + 12, ~crc);
}

/* The DATA fields of `params`, moved from the builder's data to the file's. */
static void relocate(nnq_params *params, uint32_t data) {
    switch (params->opcode) {
#define NNQ_OP(code, name, NAME, min_inputs, max_inputs, in_place) case code:
#define NNQ_FIELD(name, wire, field, min, max) RELOCATE_##wire(params->name.field)
#define NNQ_OP_END(name) break;
#define RELOCATE_U8(field)
#define RELOCATE_I8(field)
#define RELOCATE_U16(field)
#define RELOCATE_I16(field)
#define RELOCATE_I32(field)
#define RELOCATE_DATA(field) field += (int32_t)data;
#include "nnq/ops.def"
    default: params->packed.constants += (int32_t)data; break;
    }
}

static uint32_t write_ops(const builder *b, uint32_t data, uint8_t *bytes, uint32_t at, uint32_t *records) {
    for (int32_t k = 0; k < b->op_count; k++) {
        nnq_params params = b->ops[k].params;
        relocate(&params, data);
        records[k] = at;
        bytes[at++] = (uint8_t)params.opcode;
        bytes[at++] = (uint8_t)b->ops[k].input_count;
        for (int32_t i = 0; i < b->ops[k].input_count; i++) {
            put_u16(bytes + at, (uint32_t)b->ops[k].inputs[i]);
            at += 2;
        }
        const int32_t length = nnq_encode_params(&params, bytes + at, 256);
        assert(length >= 0);
        at += (uint32_t)length;
    }
    return at;
}

static uint32_t write_tensors(const builder *b, uint8_t *bytes) {
    uint32_t arena = 0;
    uint32_t next = 0;
    for (int32_t i = 0; i < b->tensor_count; i++) {
        const builder_tensor *t = &b->tensors[i];
        const int32_t held = t->rows_held != 0 ? t->rows_held : t->height;
        const uint32_t offset = t->offset < 0 ? next : (uint32_t)t->offset;
        uint8_t *record = bytes + 16 * i;
        put_u16(record, (uint32_t)t->height);
        put_u16(record + 2, (uint32_t)t->width);
        put_u16(record + 4, (uint32_t)t->channels);
        record[6] = (uint8_t)t->zero_point;
        record[7] = (uint8_t)t->type;
        put_u32(record + 8, offset);
        put_u32(record + 12, t->scale_bits);
        const uint32_t end = offset + (uint32_t)held * builder_row_bytes(t);
        next = (end + 3) / 4 * 4;
        arena = end > arena ? end : arena;
    }
    return b->arena_size != 0 ? b->arena_size : arena;
}

/* The stages and how many rows each tensor holds; returns the bytes written. */
static uint32_t write_stages(const builder *b, uint8_t *bytes) {
    const uint8_t *start = bytes;
    for (int32_t s = 0; s < b->stage_count; s++, bytes += 6) {
        put_u16(bytes, (uint32_t)b->stages[s].op_count);
        put_u16(bytes + 2, (uint32_t)b->stages[s].band_rows);
        put_u16(bytes + 4, (uint32_t)b->stages[s].flags);
    }
    for (int32_t t = 0; b->stage_count > 0 && t < b->tensor_count; t++, bytes += 2) {
        const builder_tensor *tensor = &b->tensors[t];
        put_u16(bytes, (uint32_t)(tensor->rows_held != 0 ? tensor->rows_held : tensor->height));
    }
    return (uint32_t)(bytes - start);
}

built builder_finish(const builder *b) {
    static uint8_t bytes[BUILDER_DATA * 2];
    static const uint8_t start[6] = {0x6e, 0x6e, 0x71, 0x1a, 2, 0};
    const int32_t output_count = b->output_count != 0 ? b->output_count : 1;
    const size_t info_size = strlen(b->info);
    built result;
    memset(&result, 0, sizeof result);
    memset(bytes, 0, sizeof bytes);
    memcpy(bytes, start, sizeof start);
    put_u32(bytes + 16, write_tensors(b, bytes + 40));
    result.stages = 40 + 16 * (uint32_t)b->tensor_count;
    result.rows = result.stages + 6 * (uint32_t)b->stage_count;
    result.outputs = result.stages + write_stages(b, bytes + result.stages);
    for (int32_t i = 0; i < output_count; i++) {
        put_u16(bytes + result.outputs + 2 * i, (uint32_t)(b->output_count != 0 ? b->outputs[i] : b->tensor_count - 1));
    }
    const uint32_t ops = result.outputs + 2 * (uint32_t)output_count;
    /* Once for the length, once with the offsets of constants that follow from it. */
    result.ops_end = write_ops(b, 0, bytes, ops, result.op_records);
    result.data = (result.ops_end + 3) / 4 * 4;
    write_ops(b, result.data, bytes, ops, result.op_records);
    memcpy(bytes + result.data, b->data, b->data_size);
    result.data_end = result.data + (uint32_t)b->data_size;
    memcpy(bytes + result.data_end, b->info, info_size);
    result.size = result.data_end + info_size;
    put_u32(bytes + 8, (uint32_t)result.size);
    put_u16(bytes + 20, (uint32_t)b->tensor_count);
    put_u16(bytes + 22, (uint32_t)b->op_count);
    bytes[7] = (uint8_t)b->state_count;
    put_u16(bytes + 24, (uint32_t)b->stage_count);
    bytes[26] = (uint8_t)b->input_count;
    bytes[27] = (uint8_t)output_count;
    put_u32(bytes + 28, result.ops_end - ops);
    put_u32(bytes + 32, (uint32_t)b->data_size);
    put_u32(bytes + 36, (uint32_t)info_size);
    seal(bytes, result.size);
    result.file = aligned_block(result.size);
    memcpy(result.file, bytes, result.size);
    return result;
}

uint32_t field_at(const built *model, const builder *b, int32_t op, const char *field) {
    const int32_t opcode = b->ops[op].params.opcode;
    uint32_t at = model->op_records[op] + 2 + 2 * (uint32_t)b->ops[op].input_count;
#define WIRE_U8 1
#define WIRE_I8 1
#define WIRE_U16 2
#define WIRE_I16 2
#define WIRE_I32 4
#define WIRE_DATA 4
#define NNQ_OP(code, name, NAME, min_inputs, max_inputs, in_place) if (opcode == (code)) {
#define NNQ_FIELD(name, wire, member, min, max)                                                                        \
    if (strcmp(field, #member) == 0) {                                                                                 \
        return at;                                                                                                     \
    }                                                                                                                  \
    at += WIRE_##wire;
#define NNQ_OP_END(name) }
#include "nnq/ops.def"
#define NNQ_PACKED_FIELD(wire, member, min, max) NNQ_FIELD(packed, wire, member, min, max)
#define NNQ_FIELD(name, wire, member, min, max)                                                                        \
    if (strcmp(field, #member) == 0) {                                                                                 \
        return at;                                                                                                     \
    }                                                                                                                  \
    at += WIRE_##wire;
#include "nnq/kernels.def"
    abort(); /* the op has no such field */
}

/* The bytes of the arena behind the first multiple of 16 after all tensors: scratch memory of packed ops. */
static uint32_t scratch_bytes(const uint8_t *file) {
    const uint32_t tensors = get_u16(file + 20);
    const uint32_t stages = get_u16(file + 24);
    uint32_t end = 0;
    for (uint32_t i = 0; i < tensors; i++) {
        const uint8_t *record = file + 40 + 16 * i;
        const uint8_t *held = stages > 0 ? file + 40 + 16 * tensors + 6 * stages + 2 * i : record;
        const uint32_t row = (get_u16(record + 2) * get_u16(record + 4)) << record[7];
        const uint32_t last = get_u32(record + 8) + get_u16(held) * row;
        end = last > end ? last : end;
    }
    end = (end + 15) / 16 * 16;
    return get_u32(file + 16) > end ? get_u32(file + 16) - end : 0;
}

uint32_t plain_plan(uint8_t *file, size_t size, uint32_t limit) {
    const uint32_t tensors = get_u16(file + 20);
    const uint32_t stages = get_u16(file + 24);
    const uint32_t scratch = scratch_bytes(file);
    uint64_t arena = 0;
    for (uint32_t i = 0; i < tensors; i++) {
        uint8_t *record = file + 40 + 16 * i;
        const uint64_t bytes = ((uint64_t)get_u16(record) * get_u16(record + 2) * get_u16(record + 4)) << record[7];
        if (arena + bytes > limit) {
            return 0;
        }
        if (stages > 0) {
            memcpy(file + 40 + 16 * tensors + 6 * stages + 2 * i, record, 2);
        }
        put_u32(record + 8, (uint32_t)arena);
        arena = (arena + bytes + 3) / 4 * 4;
    }
    for (uint32_t s = 0; s < stages; s++) {
        put_u16(file + 40 + 16 * tensors + 6 * s + 2, 65535);
    }
    if (scratch > 0) {
        arena = (arena + 15) / 16 * 16 + scratch;
    }
    put_u32(file + 16, (uint32_t)arena);
    seal(file, size);
    return (uint32_t)arena;
}
