/* SPDX-License-Identifier: Apache-2.0
 * The nnq runtime: opens a model file, checks all of it once, and runs it in the caller's memory.
 *
 * The runtime allocates nothing, has no globals, uses no floating point, and calls nothing but memcpy, memmove and
 * memset. A model is only read: it can stay in flash, and any number of sessions, in any number of threads, can run it.
 *
 *     nnq_model model;
 *     nnq_session session;
 *     static uint8_t arena[ARENA_SIZE] NNQ_ALIGNED;
 *     if (nnq_open(&model, file, file_size, nnq_all_ops, NULL) == NNQ_OK &&
 *         nnq_start(&session, &model, arena, sizeof arena) == NNQ_OK) {
 *         memcpy(nnq_input(&session, 0), pixels, 784);
 *         nnq_run(&session);
 *         answer = nnq_output(&session, 0);
 *     }
 */
#ifndef NNQ_H
#define NNQ_H

#ifdef NNQ_CONFIG
#include NNQ_CONFIG
#else
#include "nnq/config.h"
#endif
#include "nnq/op_list.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NNQ_VERSION_MAJOR 2
#define NNQ_VERSION_MINOR 0

/* Alignment in bytes of a model file and of an arena in memory. */
#define NNQ_ALIGNMENT 16
#if defined(__GNUC__)
#define NNQ_ALIGNED __attribute__((aligned(NNQ_ALIGNMENT)))
#else
#define NNQ_ALIGNED
#endif

/* Errors: negative, append-only. nnq_error_name gives the name, nnq_error_text a sentence. */
#define NNQ_ERRORS(X)                                                                                                  \
    X(NNQ_ERROR_ARGUMENT, -1, "a pointer is null or an index is out of range")                                         \
    X(NNQ_ERROR_ALIGNMENT, -2, "the model or the arena does not start at a multiple of 16 bytes")                      \
    X(NNQ_ERROR_TRUNCATED, -3, "the file is shorter than it says or than a header")                                    \
    X(NNQ_ERROR_MAGIC, -4, "this is not an nnq file")                                                                  \
    X(NNQ_ERROR_VERSION, -5, "the file was written for another version of the runtime")                                \
    X(NNQ_ERROR_CHECKSUM, -6, "the checksum does not match: the file is damaged")                                      \
    X(NNQ_ERROR_HEADER, -7, "a header field is out of range, or the sections do not add up to the file")               \
    X(NNQ_ERROR_TENSOR, -8, "a tensor's field is out of range, or it lies outside of the arena")                       \
    X(NNQ_ERROR_STAGE, -9, "the stages do not cover the ops, or a stage's field is out of range")                      \
    X(NNQ_ERROR_OPCODE, -10, "an op is unknown or not linked into this program")                                       \
    X(NNQ_ERROR_PARAMETER, -11, "an op's parameter is out of its range")                                               \
    X(NNQ_ERROR_INPUT, -12, "an op reads a tensor that is not written before it, or has too many or too few inputs")   \
    X(NNQ_ERROR_SHAPE, -13, "an op's tensors and parameters do not fit together")                                      \
    X(NNQ_ERROR_DATA, -14, "an op's constants lie outside of the data section or are not aligned")                     \
    X(NNQ_ERROR_OVERFLOW, -15, "an accumulator could overflow with these weights and biases")                          \
    X(NNQ_ERROR_OVERLAP, -16, "a tensor is overwritten before its last reader")                                        \
    X(NNQ_ERROR_RING, -17, "a row is read before it is written or after it was overwritten")                           \
    X(NNQ_ERROR_ARENA, -18, "the arena is smaller than the model needs")                                               \
    X(NNQ_ERROR_TYPE, -19, "an op reads or writes a tensor of a type that it does not work on")                        \
    X(NNQ_ERROR_UPDATE, -20, "an op updates a tensor that something else reads, or shares a stage")

enum {
    NNQ_OK = 0,
#define NNQ_ERROR_ENUM(name, value, text) name = value,
    NNQ_ERRORS(NNQ_ERROR_ENUM)
#undef NNQ_ERROR_ENUM
};

/* Where nnq_open found the error. */
typedef struct nnq_diagnostic {
    int32_t op;    /* index of the op, or -1 where the error is not an op's */
    uint32_t byte; /* offset in the file of the field at fault */
} nnq_diagnostic;

/* What the runtime knows of an op; src/internal.h has the members. One object for each op of ops.def. */
typedef struct nnq_op nnq_op;
#define NNQ_OP(code, name, NAME, min_inputs, max_inputs, in_place) extern const nnq_op nnq_op_##name;
#include "nnq/ops.def"
#define NNQ_PACKED(code, op, name, NAME, ISA) extern const nnq_op nnq_op_##name;
#include "nnq/kernels.def"

/* Ops by op code, NNQ_OPCODE_LIMIT entries; null where a program leaves an op out. A program that lists only what its
 * models use links only those kernels:
 *     static const nnq_op *const my_ops[NNQ_OPCODE_LIMIT] = { [NNQ_OP_DENSE] = &nnq_op_dense };
 */
extern const nnq_op *const nnq_all_ops[NNQ_OPCODE_LIMIT];

/* Its address, for languages that take a C array for a value. */
static inline const nnq_op *const *nnq_all_ops_address(void) {
    return nnq_all_ops;
}

/* An opened model. The caller owns it and the file; both must outlive every session. Members are the runtime's. */
typedef struct nnq_model {
    const uint8_t *file;
    const nnq_op *const *ops;
    uint32_t file_size;
    uint32_t arena_size;
    uint32_t scratch; /* offset in the arena of the memory behind all tensors, which packed ops use */
    uint32_t stages; /* offsets in the file; 0 where every op is a stage of its own */
    uint32_t outputs;
    uint32_t op_records;
    uint16_t tensor_count;
    uint16_t op_count;
    uint16_t stage_count;
    uint8_t input_count; /* states included */
    uint8_t output_count;
    uint8_t state_count;
} nnq_model;

/* One use of a model: the caller owns it and the arena. */
typedef struct nnq_session {
    const nnq_model *model;
    uint8_t *arena;
} nnq_session;

/* What the elements of a tensor are; an element takes 1 << type bytes, in the machine's byte order. */
enum { NNQ_INT8 = 0, NNQ_INT16 = 1, NNQ_INT32 = 2 };

/* A tensor as the application sees it: NHWC with N = 1, real = scale * (q - zero_point). */
typedef struct nnq_tensor_info {
    int32_t height;
    int32_t width;
    int32_t channels;
    int32_t zero_point;  /* -128..127, 0 for other types than int8 */
    uint32_t scale_bits; /* the scale as IEEE 754 binary32 */
    int32_t type;        /* NNQ_INT8, ... */
    int32_t rows_held;   /* rows in memory at once: the height, but for rings inside of a model */
} nnq_tensor_info;

/* Checks the whole file and fills in `model`. `file` starts at a multiple of NNQ_ALIGNMENT. Takes time linear in the
 * file for any usual model; DESIGN.md has the bounds for hostile ones. Once it returns NNQ_OK, running the model cannot
 * fail and touches nothing but the file (reading) and the arena. On an error the model is not to be used, and
 * `diagnostic`, which may be null, tells where. Returns NNQ_OK or a negative error. */
int32_t nnq_open(nnq_model *model, const void *file, size_t file_size, const nnq_op *const *ops,
                 nnq_diagnostic *diagnostic);

/* Binds a model to an arena of at least nnq_arena_size bytes at a multiple of NNQ_ALIGNMENT, and resets its states.
 * Returns NNQ_OK, NNQ_ERROR_ARGUMENT, NNQ_ERROR_ALIGNMENT or NNQ_ERROR_ARENA. */
int32_t nnq_start(nnq_session *session, const nnq_model *model, void *arena, size_t arena_size);

/* States are what a recurrent model remembers from run to run. They lie in the arena, which must be left alone between
 * runs where there are any. nnq_reset sets them to their zero points, as before the first run. */
int32_t nnq_state_count(const nnq_model *model);
void nnq_reset(const nnq_session *session);

/* Bytes of arena that a session needs. */
uint32_t nnq_arena_size(const nnq_model *model);

/* Inputs and outputs of the model: how many, what they look like, and where they are in the arena. The application
 * writes every input before every run, since a run may use an input's memory for something else. Outputs are valid
 * until the next run or the next write to an input. An index out of range gives NNQ_ERROR_ARGUMENT or null. */
int32_t nnq_input_count(const nnq_model *model);
int32_t nnq_output_count(const nnq_model *model);
int32_t nnq_input_info(const nnq_model *model, int32_t index, nnq_tensor_info *info);
int32_t nnq_output_info(const nnq_model *model, int32_t index, nnq_tensor_info *info);
int8_t *nnq_input(const nnq_session *session, int32_t index);
const int8_t *nnq_output(const nnq_session *session, int32_t index);

/* One inference. Cannot fail. */
void nnq_run(const nnq_session *session);

/* For tools: the model's inside. The inputs come first among the tensors, then the states, then the output of each op. A
 * tensor's bytes are what it holds after the stage that wrote it, until a later stage reuses its memory. */
void nnq_run_stage(const nnq_session *session, int32_t stage);
int32_t nnq_stage_op_count(const nnq_model *model, int32_t stage);
int32_t nnq_tensor_info_at(const nnq_model *model, int32_t tensor, nnq_tensor_info *info);
const int8_t *nnq_tensor_data(const nnq_session *session, int32_t tensor);

/* The name of an error ("NNQ_ERROR_CHECKSUM") and a sentence about it; for any other number "NNQ_ERROR_UNKNOWN". */
const char *nnq_error_name(int32_t error);
const char *nnq_error_text(int32_t error);

/* For writers of files: the wire form of an op's parameters. Encodes `params` (its opcode set) into `bytes`, which has
 * room for `capacity`; returns the number of bytes or NNQ_ERROR_PARAMETER / NNQ_ERROR_OPCODE / NNQ_ERROR_TRUNCATED. */
int32_t nnq_encode_params(const nnq_params *params, uint8_t *bytes, size_t capacity);
/* The op's name as in ops.def ("conv2d"), or null. */
const char *nnq_op_name(int32_t opcode);
/* Field `index` of an op: its name, or null past the last one. */
const char *nnq_op_field_name(int32_t opcode, int32_t index);
/* Decodes the parameters at `bytes`; returns the number of bytes read or a negative error. */
int32_t nnq_decode_params(int32_t opcode, const uint8_t *bytes, size_t size, nnq_params *params);

#ifdef __cplusplus
}
#endif

#endif
