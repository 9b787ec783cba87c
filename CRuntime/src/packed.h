/* SPDX-License-Identifier: Apache-2.0
 * Packed ops: convolution, depthwise convolution and dense with constants laid out for one instruction set's kernel.
 * How constants are laid out is in src/<isa>/<name>_layout.c, the kernel in src/<isa>/<name>.c.
 */
#ifndef NNQ_PACKED_H
#define NNQ_PACKED_H

#include "nnq/pack.h"
#include "shape.h"
#include "verify.h"

/* --- A packed form --- */

typedef struct nnq_packed {
    /* Bytes of constants, a multiple of 4, or 0 where the form does not fit this shape. */
    uint32_t (*size)(const nnq_shape *shape);
    /* Bytes of scratch. */
    uint32_t (*scratch)(const nnq_shape *shape);
    /* Weight `tap` of a channel, counted as in the unpacked filter: (ky * kernel_width + kx) * in_channels + k. */
    int32_t (*weight)(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap);
    void (*channel)(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded);
    /* Whether what else the kernel relies on holds, such as zeros in places that no weight fills; null: nothing else.
     * Weights and channels were checked before. */
    int32_t (*valid)(const nnq_shape *shape, const uint8_t *constants);
    nnq_packed_kernel *kernel; /* null where the build has not the instruction set */
    /* Runs op `op`, a stage of its own, whose record is there; null where `kernel` is. */
    void (*run)(const nnq_session *session, int32_t op, uint32_t record);
    uint8_t opcode;            /* of the op that this is a form of */
} nnq_packed;

/* Writes `size` bytes of constants. The filter is in the unpacked order of the op (SPEC.md, section 5), `channels` one a
 * output channel. Returns 0 where the weights' values do not allow the form. For tools: a device does not link it. */
typedef int32_t nnq_packer(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                           uint8_t *constants);

#define NNQ_PACKED(code, op, name, NAME, ISA)                                                                          \
    extern const nnq_packed nnq_packed_##name;                                                                         \
    nnq_packer nnq_pack_##name;
#include "nnq/kernels.def"

/* Defines nnq_packed_<name> and nnq_op_<name> from functions of the form's own file. */
#define NNQ_DEFINE_PACKED(name, OP, ISA, size, scratch, weight, channel, valid)                                        \
    const nnq_packed nnq_packed_##name = {                                                                             \
        size,          scratch, weight, channel, valid, NNQ_NATIVE(ISA, nnq_##name, NULL),                             \
        NNQ_NATIVE(ISA, nnq_run_packed_op, NULL), NNQ_OP_##OP};                                                        \
    const nnq_op nnq_op_##name = {                                                                                     \
        nnq_fields_packed, nnq_check_packed, nnq_rows_all, NNQ_NATIVE(ISA, nnq_run_packed, nnq_run_packed_portable),   \
        1,                 1,                0,            0,                                                          \
        0,                 &nnq_packed_##name}

/* What a kernel is called with, and what comes after it. */
typedef struct nnq_work {
    nnq_shape shape;
    int8_t act_min;
    int8_t act_max;
    nnq_packed_kernel *kernel;
    const uint8_t *constants;
    const int8_t *input;
    int8_t *output;
    uint8_t *scratch;
    uint32_t output_bytes;
} nnq_work;

void nnq_find_work(nnq_work *work, const nnq_session *session, int32_t op, uint32_t record);
void nnq_do_work(const nnq_work *work);
void nnq_run_packed_op(const nnq_session *session, int32_t op, uint32_t record);

/* Limits of packed ops: elements of a row, weights of a channel, weights. Within them no form's size, scratch or place of
 * a weight exceeds 32 bits. */
enum { NNQ_PACKED_ROW = 1 << 20, NNQ_PACKED_TAPS = 1 << 20, NNQ_PACKED_WEIGHTS = 1 << 24 };
int32_t nnq_is_packable(const nnq_shape *shape, int32_t opcode);

/* What the packed ops share: src/packed.c, and for hosts src/packed_portable.c. */
int32_t nnq_check_packed(nnq_check *check);
void nnq_load_shape(nnq_shape *shape, const nnq_call *call);
void nnq_run_packed(const nnq_call *call, int32_t first, int32_t count);
void nnq_run_packed_portable(const nnq_call *call, int32_t first, int32_t count);
/* The same on addresses, by the form's own `weight` and `channel`: what kernels are compared with. */
void nnq_compute_packed(const nnq_packed *packed, const nnq_shape *shape, const uint8_t *constants,
                        const int8_t *input, int8_t *output);
/* Clamps `count` outputs. */
void nnq_clamp_outputs(int8_t *output, uint32_t count, int32_t act_min, int32_t act_max);

/* Weights of one output channel. */
static inline uint32_t nnq_shape_taps(const nnq_shape *shape, int32_t opcode) {
    const uint32_t window = (uint32_t)shape->kernel_height * shape->kernel_width;
    return opcode == NNQ_OP_DEPTHWISE_CONV2D ? window : window * shape->in_channels;
}

#endif
