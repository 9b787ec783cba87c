/* SPDX-License-Identifier: Apache-2.0
 * For tools that write packed files or generate C: the packed forms of kernels.def, and their packers. A device does not
 * link what is declared here.
 */
#ifndef NNQ_PACK_H
#define NNQ_PACK_H

#include "nnq/nnq.h"
#include "nnq/shape.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A packed form. */
typedef struct nnq_form {
    const char *name; /* "conv2d_3x3_dsp"; its kernel is nnq_<name>, its op nnq_op_<name> */
    const char *isa;  /* "DSP", "MVE", "ARMV7M", "ARMV6M", "RV32", and "INT4" for all */
    int32_t code;     /* its op code in a file */
    int32_t opcode;   /* of the op that it is a form of */
} nnq_form;

/* Form `index`, in the order in which a packer tries them; returns 0 past the last one. */
int32_t nnq_form_at(int32_t index, nnq_form *form);

/* Bytes of constants of a form, a multiple of 4, and of scratch; a size of 0 where the form does not fit the shape, or
 * for a code that is no form's. */
uint32_t nnq_form_size(int32_t code, const nnq_shape *shape);
uint32_t nnq_form_scratch(int32_t code, const nnq_shape *shape);

/* The scale of a channel, of an op with these fields and of an output with this zero point, where rounding twice may
 * (away 0, if act_min >= zero_point) or may not (away 1) take negative results for 0. Returns 0 where it cannot be
 * expressed. */
int32_t nnq_make_high_scale(nnq_high_scale *scale, int32_t multiplier, int32_t shift, int32_t rounding,
                            int32_t pre_shift, int32_t zero_point, int32_t away);

/* Writes nnq_form_size bytes of constants. The filter is in the order of the unpacked op, `channels` one an output
 * channel, |bias| + 128 * sum |w| < 2^23 for each of them. Returns 0 where the weights do not allow the form. */
int32_t nnq_pack(int32_t code, const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                 uint8_t *constants);

/* The same as a kernel does, slowly, on any machine. */
void nnq_compute_form(int32_t code, const nnq_shape *shape, const uint8_t *constants, const int8_t *input,
                      int8_t *output);

/* --- Generated C --- */

/* A faster kernel of an op that is not packed. */
typedef struct nnq_kernel {
    const char *op;   /* "add" */
    const char *name; /* "add_dsp"; the function is nnq_<name>, called as nnq_<op>_s8_portable is */
    const char *isa;
} nnq_kernel;

/* Kernel `index` of kernels.def; returns 0 past the last one. */
int32_t nnq_kernel_at(int32_t index, nnq_kernel *kernel);

/* Op `op` computes its output rows first .. first + count - 1. */
typedef void nnq_step(void *context, int32_t op, int32_t first, int32_t count);

/* Calls `step` for each call of a kernel in nnq_run, in order. */
void nnq_list_steps(const nnq_model *model, nnq_step *step, void *context);

#ifdef __cplusplus
}
#endif

#endif
