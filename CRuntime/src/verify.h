/* SPDX-License-Identifier: Apache-2.0
 * The verifier's state, and the rules that several ops share.
 */
#ifndef NNQ_VERIFY_H
#define NNQ_VERIFY_H

#include "internal.h"

struct nnq_check {
    nnq_call call; /* the op under check */
    uint32_t record;
    uint32_t ops_end; /* sections, as offsets in the file */
    uint32_t data_begin;
    uint32_t data_end;
    nnq_diagnostic at;
};

/* The passes after the header, in this order: each relies on the ones before. The first finds where scratch begins;
 * nnq_verify_updates and nnq_verify_bands are parts of the last. */
int32_t nnq_verify_tensors(nnq_check *check, nnq_model *model);
int32_t nnq_verify_stages(nnq_check *check);
int32_t nnq_verify_ops(nnq_check *check);
int32_t nnq_verify_plan(nnq_check *check);
int32_t nnq_verify_updates(nnq_check *check, int32_t stage_ops);
int32_t nnq_verify_bands(nnq_check *check, int32_t index, int32_t op, uint32_t record);

/* Record where an error is, and return it: at a byte of the file, at a field of the op under check, or, where shapes do
 * not fit together, at the record of the op's output. */
int32_t nnq_fail(nnq_check *check, int32_t error, uint32_t byte);
int32_t nnq_fail_field(nnq_check *check, int32_t error, int32_t field);
int32_t nnq_fail_shape(nnq_check *check);
int32_t nnq_fail_type(nnq_check *check);
/* At the rows that a tensor holds, for the op under check. */
int32_t nnq_fail_ring(nnq_check *check, int32_t tensor);

/* |value|, also of the least one. */
static inline uint32_t nnq_magnitude(int32_t value) {
    return value < 0 ? 0u - (uint32_t)value : (uint32_t)value;
}

int32_t nnq_same_shape(const nnq_tensor *a, const nnq_tensor *b);
/* Whether a window that moves over `in` elements, with pads on both sides, gives `out`. */
int32_t nnq_window_fits(nnq_window window, int32_t pad_after, int32_t in, int32_t out);
/* Whether the `size` bytes of a DATA field lie in the data section. */
int32_t nnq_check_data(nnq_check *check, int32_t field, uint64_t size);
/* act_min <= act_max, for a field act_min that act_max follows. */
int32_t nnq_check_clamp(nnq_check *check, int32_t field);
/* Each pad of a pool is smaller than its kernel, for the fields from kernel_height to pad_right. */
int32_t nnq_check_pads(nnq_check *check, int32_t field);

/* How an op's filter lies in memory. */
typedef struct nnq_filter_layout {
    int32_t channels; /* of the output */
    uint64_t taps;    /* weights of each channel */
    int32_t interleaved; /* channels lie side by side, tap after tap */
} nnq_filter_layout;

/* Everything about the fields of nnq_affine, from `field` on: ranges, constants, and the overflow certificate. */
int32_t nnq_check_affine(nnq_check *check, int32_t field, const nnq_filter_layout *layout);

#endif
