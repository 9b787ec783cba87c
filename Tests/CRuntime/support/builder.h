/* SPDX-License-Identifier: Apache-2.0
 * Builds model files for tests: tensors, ops with their constants, and a plan that a test may change before the file is
 * made.
 */
#ifndef BUILDER_H
#define BUILDER_H

#include "nnq/nnq.h"

enum { BUILDER_TENSORS = 64, BUILDER_OPS = 48, BUILDER_INPUTS = 8, BUILDER_OUTPUTS = 8, BUILDER_DATA = 1 << 16 };

#define SCALE_ONE 0x3f800000u     /* 1.0 */
#define SCALE_SOFTMAX 0x3b800000u /* 2^-8 */
#define SCALE_NORMAL 0x3c000000u  /* 2^-7 */

typedef struct builder_tensor {
    int32_t height;
    int32_t width;
    int32_t channels;
    int32_t rows_held; /* 0 stands for the height */
    int32_t zero_point;
    int32_t type;
    uint32_t scale_bits;
    int64_t offset; /* below 0: right after the tensor before it */
} builder_tensor;

typedef struct builder_op {
    nnq_params params; /* DATA fields are offsets into `data` */
    int32_t inputs[BUILDER_INPUTS];
    int32_t input_count;
} builder_op;

typedef struct builder_stage {
    int32_t op_count;
    int32_t band_rows;
    int32_t flags;
} builder_stage;

typedef struct builder {
    builder_tensor tensors[BUILDER_TENSORS];
    int32_t tensor_count;
    int32_t input_count; /* states included */
    int32_t state_count;
    builder_op ops[BUILDER_OPS];
    int32_t op_count;
    builder_stage stages[BUILDER_OPS];
    int32_t stage_count; /* 0: no stage table, every op a stage of its own */
    int32_t outputs[BUILDER_OUTPUTS];
    int32_t output_count; /* 0: the last tensor */
    uint8_t data[BUILDER_DATA];
    size_t data_size;
    const char *info;
    uint32_t arena_size; /* 0: what the tensors need */
} builder;

/* A file at an address that is a multiple of 16, in a block of exactly its size, and where its parts are. */
typedef struct built {
    uint8_t *file;
    size_t size;
    uint32_t stages;
    uint32_t rows; /* what tensors hold, behind the stages */
    uint32_t outputs;
    uint32_t op_records[BUILDER_OPS];
    uint32_t ops_end;
    uint32_t data;
    uint32_t data_end;
} built;

void builder_start(builder *b);
/* Each returns the tensor's index. */
int32_t builder_input(builder *b, int32_t height, int32_t width, int32_t channels, int32_t zero_point);
int32_t builder_op_add(builder *b, const nnq_params *params, const int32_t *inputs, int32_t input_count, int32_t height,
                       int32_t width, int32_t channels, int32_t zero_point);
/* Appends constants at a multiple of 4; returns their offset in the data. */
int32_t builder_data(builder *b, const void *bytes, size_t size);
/* A filter and its requantization block; returns the filter's offset. `base` of packed records, 0 for wide ones. */
int32_t builder_filter(builder *b, const int8_t *filter, size_t size, int32_t channels, const int32_t *bias,
                       const int32_t *multiplier, const uint8_t *shift, int32_t base);
/* The base with which these scalings can be packed, or 0. */
int32_t builder_base(int32_t channels, const int32_t *multiplier, const uint8_t *shift);
/* All ops as one stage. */
void builder_one_stage(builder *b, int32_t band_rows);
/* One stage for each op, in a table. */
void builder_stage_each(builder *b);
/* Whether it is the code of a packed op. */
int builder_is_packed(int32_t opcode);
/* Bytes of a row. */
uint32_t builder_row_bytes(const builder_tensor *t);

/* Makes the file; free it with free(). */
built builder_finish(const builder *b);

/* A block of exactly `size` bytes at a multiple of 16. */
void *aligned_block(size_t size);
void put_u16(uint8_t *bytes, uint32_t value);
void put_u32(uint8_t *bytes, uint32_t value);
uint32_t get_u16(const uint8_t *bytes);
uint32_t get_u32(const uint8_t *bytes);
/* Writes the right checksum into a file of that size (by another method than the runtime's). */
void seal(uint8_t *file, size_t size);
/* Offset in the file of a field of an op's record. */
uint32_t field_at(const built *model, const builder *b, int32_t op, const char *field);
/* Gives every tensor memory of its own, whole, and every stage one band: the same program under the plainest plan.
 * Returns the arena's size, or 0 where it would exceed `limit`. */
uint32_t plain_plan(uint8_t *file, size_t size, uint32_t limit);

#endif
