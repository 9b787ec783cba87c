/* SPDX-License-Identifier: Apache-2.0
 * What the runtime's files share: a tensor, an op's call, its table of functions, the counters of a stage.
 */
#ifndef NNQ_INTERNAL_H
#define NNQ_INTERNAL_H

#include "bytes.h"

/* Kernels and the verifier rely on `>>` of a negative number being floor(a / 2^n), which C leaves to the compiler. */
typedef char nnq_needs_arithmetic_shift[(-3 >> 1) == -2 ? 1 : -1];

/* Keeps what a function has on the stack out of its caller's frame, which is there while others run. */
#if defined(__GNUC__)
#define NNQ_NOINLINE __attribute__((noinline))
#else
#define NNQ_NOINLINE
#endif

/* Sizes in the file, SPEC.md section 2. */
enum {
    NNQ_HEADER_BYTES = 40,
    NNQ_TENSOR_BYTES = 16,
    NNQ_STAGE_BYTES = 6,
    NNQ_OP_HEAD_BYTES = 2, /* op code and number of inputs */
    NNQ_STAGE_OPS = 16,
    NNQ_OP_LIMIT = 4095,
    NNQ_MAX_HEIGHT = 65535
};

/* --- Tensors --- */

typedef struct nnq_tensor {
    uint32_t offset; /* in the arena */
    uint16_t height;
    uint16_t width;
    uint16_t channels;
    uint16_t rows_held;
    int8_t zero_point;
    uint8_t type; /* NNQ_INT8, ... */
} nnq_tensor;

/* Offset in the file of a tensor's record. */
uint32_t nnq_tensor_record(int32_t tensor);
/* And of the number of rows that it holds, in a file with stages. */
uint32_t nnq_rows_record(const nnq_model *model, int32_t tensor);
void nnq_load_tensor(nnq_tensor *loaded, const nnq_model *model, int32_t tensor);

static inline uint32_t nnq_row_bytes(const nnq_tensor *tensor) {
    return (uint32_t)tensor->width * (uint32_t)tensor->channels << tensor->type;
}

static inline int32_t nnq_is_ring(const nnq_tensor *tensor) {
    return tensor->rows_held < tensor->height;
}

/* The row of a tensor's memory that holds row y. */
static inline int32_t nnq_slot(const nnq_tensor *tensor, int32_t y) {
    return y < tensor->rows_held ? y : y % tensor->rows_held;
}

/* --- Ops --- */

enum { NNQ_WIRE_END, NNQ_WIRE_U8, NNQ_WIRE_I8, NNQ_WIRE_U16, NNQ_WIRE_I16, NNQ_WIRE_I32, NNQ_WIRE_DATA };

/* A parameter's place in an op's record and its legal range; NNQ_WIRE_END closes a list. Field i is the int32_t number
 * i + 1 of the op's parameter structure. */
typedef struct nnq_field {
    int32_t min;
    int32_t max;
    uint8_t wire;
} nnq_field;

#define NNQ_OP(code, name, NAME, min_inputs, max_inputs, in_place) extern const nnq_field nnq_fields_##name[];
#include "nnq/ops.def"
extern const nnq_field nnq_fields_packed[];

#define NNQ_FIELD_INDEX(op, field) ((int32_t)(offsetof(nnq_##op##_params, field) / sizeof(int32_t)) - 1)

static inline uint8_t *nnq_field_in(nnq_params *params, int32_t field) {
    return (uint8_t *)params + (size_t)(field + 1) * sizeof(int32_t);
}

/* One op at its place in a model. */
typedef struct nnq_call {
    const nnq_model *model;
    uint8_t *arena;        /* null while a file is checked */
    const uint8_t *inputs; /* tensor indices, U16 each */
    int32_t input_count;
    int32_t output; /* tensor index */
    nnq_tensor in;  /* the first input; the output where there is none */
    nnq_tensor out;
    nnq_params params;
} nnq_call;

/* The tensor that op `op` writes. */
static inline int32_t nnq_output_index(const nnq_model *model, int32_t op) {
    return model->input_count + op;
}

static inline int32_t nnq_input_index(const nnq_call *call, int32_t index) {
    return nnq_load_u16(call->inputs + 2 * index);
}

static inline void nnq_load_input(nnq_tensor *loaded, const nnq_call *call, int32_t index) {
    nnq_load_tensor(loaded, call->model, nnq_input_index(call, index));
}

/* Row y of one of the call's tensors. */
int8_t *nnq_row(const nnq_call *call, const nnq_tensor *tensor, int32_t y);

static inline const uint8_t *nnq_constants(const nnq_call *call, int32_t offset) {
    return call->model->file + offset;
}

/* Output row y needs input rows y * stride - pad up to y * stride - pad + extent, exclusive. */
typedef struct nnq_window {
    int32_t stride;
    int32_t extent;
    int32_t pad;
} nnq_window;

typedef struct nnq_check nnq_check;

struct nnq_op {
    const nnq_field *fields;
    /* Whether shapes, parameters and constants are legal: NNQ_OK or an error. */
    int32_t (*check)(nnq_check *check);
    /* The rows that it needs; stride 0 stands for all of them. */
    nnq_window (*rows)(const nnq_params *params);
    /* Computes output rows first .. first + count - 1. */
    void (*run)(const nnq_call *call, int32_t first, int32_t count);
    uint8_t min_inputs;
    uint8_t max_inputs;
    uint8_t in_place;
    uint8_t typed;   /* 0: every tensor is int8; 1: `check` looks at the types */
    uint8_t updates; /* bit i: the op overwrites its input i */
    const struct nnq_packed *packed; /* of a packed op; else null */
};

enum {
    NNQ_UNUSED_ENUM = 0
#define NNQ_OP(code, name, NAME, min_inputs, max_inputs, in_place)                                                     \
    , NNQ_MIN_INPUTS_##name = min_inputs, NNQ_MAX_INPUTS_##name = max_inputs, NNQ_IN_PLACE_##name = in_place
#include "nnq/ops.def"
};

/* Kernels: the portable one of every op. */
#define NNQ_OP(code, name, NAME, min_inputs, max_inputs, in_place)                                                     \
    void nnq_##name##_s8_portable(const nnq_call *call, int32_t first, int32_t count);
#include "nnq/ops.def"

/* And those of instruction sets, which only exist where these do. */
#define NNQ_KERNEL(op, name, ISA) void nnq_##name(const nnq_call *call, int32_t first, int32_t count);
#include "nnq/kernels.def"

/* Defines nnq_op_<name>: of int8 tensors; with another kernel than the portable one, chosen by NNQ_NATIVE of shape.h; or
 * with types and updated inputs of its own. */
#define NNQ_DEFINE_OP(name, check_function, rows_function)                                                             \
    NNQ_DEFINE_OP_OF(name, check_function, rows_function, nnq_##name##_s8_portable, 0, 0)
#define NNQ_DEFINE_NATIVE_OP(name, check_function, rows_function, kernel)                                              \
    NNQ_DEFINE_OP_OF(name, check_function, rows_function, kernel, 0, 0)
#define NNQ_DEFINE_TYPED_OP(name, check_function, rows_function, typed_flag, updated_inputs)                           \
    NNQ_DEFINE_OP_OF(name, check_function, rows_function, nnq_##name##_s8_portable, typed_flag, updated_inputs)
#define NNQ_DEFINE_OP_OF(name, check_function, rows_function, kernel, typed_flag, updated_inputs)                      \
    const nnq_op nnq_op_##name = {nnq_fields_##name,      check_function,         rows_function,                       \
                                  kernel,                 NNQ_MIN_INPUTS_##name,  NNQ_MAX_INPUTS_##name,               \
                                  NNQ_IN_PLACE_##name,    typed_flag,             updated_inputs,       NULL}

/* For ops that need the input rows of the same number, or all of them. */
nnq_window nnq_rows_each(const nnq_params *params);
nnq_window nnq_rows_all(const nnq_params *params);

/* Bytes of a wire type. */
uint32_t nnq_wire_size(int32_t wire);
/* Decodes an op's parameters; returns the bytes read, or an error and in `*at` where the field at fault is. */
int32_t nnq_decode_fields(const nnq_field *fields, const uint8_t *bytes, size_t size, nnq_params *params, uint32_t *at);

/* Fills in `in` and `out` of a call whose model, inputs and output are known. */
void nnq_load_ends(nnq_call *call);

/* Reads the record of op `op`, checked before, at file offset `record`. Returns the offset of the next one. */
uint32_t nnq_load_call(nnq_call *call, int32_t op, uint32_t record);

/* The offset of the record after `count` records, checked before. */
uint32_t nnq_skip_records(const nnq_model *model, uint32_t record, int32_t count);

static inline const nnq_op *nnq_call_op(const nnq_call *call) {
    return call->model->ops[call->params.opcode];
}

/* --- Stages --- */

/* A stage while it runs, or while the verifier replays it. Index k stands for the stage's op k. */
typedef struct nnq_stage {
    uint32_t record; /* of its first op */
    int32_t first;   /* index of its first op */
    int32_t count;
    int32_t band_rows;
    uint16_t offset[NNQ_STAGE_OPS]; /* of op k's record, from `record` */
    uint16_t done[NNQ_STAGE_OPS];   /* output rows computed */
    uint16_t need[NNQ_STAGE_OPS];   /* output rows that this band must reach */
} nnq_stage;

/* Opens stage `index`, whose first op is `op` with its record at `record`; `call` is scratch (its model is set).
 * Returns the offset of the record after the stage. */
uint32_t nnq_stage_begin(nnq_stage *stage, nnq_call *call, int32_t index, int32_t op, uint32_t record);
/* Sets `need` for the next band; returns 0 where no row is left. */
int32_t nnq_stage_next(nnq_stage *stage, nnq_call *call);
/* Loads the stage's op k. */
void nnq_stage_load(const nnq_stage *stage, nnq_call *call, int32_t k);
/* First row, and one past the last, of an input of that height that output rows first .. end - 1 need. */
int32_t nnq_window_first(nnq_window window, int32_t first);
int32_t nnq_window_end(nnq_window window, int32_t end, int32_t height);

/* Runs a stage of one op in one band, and one of several ops or bands; src/bands.c. */
void nnq_run_op(const nnq_session *session, int32_t op, uint32_t record);
void nnq_run_bands(const nnq_session *session, int32_t index, int32_t op, uint32_t record);

/* --- Checksum --- */

/* CRC-32 as in zlib. */
uint32_t nnq_crc32(const uint8_t *bytes, size_t size);

#endif
