/* SPDX-License-Identifier: Apache-2.0
 * An op's call in generated C (`nnq compile`), where a model's tensors and constants are the program's own and no file is
 * read. Kernels find here by the same names what internal.h gives them in the interpreter; this file takes its place
 * and is in no other build.
 */
#ifndef NNQ_COMPILED_H
#define NNQ_COMPILED_H

#include "internal.h"

/* Constants lie at multiples of 4. */
#if defined(__GNUC__)
#define NNQ_WORD_ALIGNED __attribute__((aligned(4)))
#else
#define NNQ_WORD_ALIGNED
#endif

/* For functions that are not to be copied into their callers. */
#if defined(__GNUC__)
#define NNQ_APART __attribute__((noinline))
#else
#define NNQ_APART
#endif

/* One op of the model. */
typedef struct nnq_call {
    uint8_t *arena;
    const uint8_t *constants; /* DATA fields are offsets from here */
    const nnq_tensor *inputs; /* of an op with several */
    int32_t input_count;
    nnq_tensor in; /* the first input; the output where there is none */
    nnq_tensor out;
    nnq_params params;
} nnq_call;

static inline void nnq_load_input(nnq_tensor *loaded, const nnq_call *call, int32_t index) {
    *loaded = call->inputs[index];
}

/* No instruction, but an effect, without which gcc 12 leaves out calls of kernels: where it has made an address of sums
 * of constants (a TARGET_MEM_REF without a base), it takes the store there for one to a null pointer, and a function
 * of such stores for one that does nothing. */
#if defined(__GNUC__)
#define NNQ_EFFECT() __asm__ volatile("")
#else
#define NNQ_EFFECT() (void)0
#endif

static inline int8_t *nnq_row(const nnq_call *call, const nnq_tensor *tensor, int32_t y) {
    NNQ_EFFECT();
    return (int8_t *)call->arena + tensor->offset + (size_t)nnq_slot(tensor, y) * nnq_row_bytes(tensor);
}

static inline const uint8_t *nnq_constants(const nnq_call *call, int32_t offset) {
    return call->constants + offset;
}

#endif
