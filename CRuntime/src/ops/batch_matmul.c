/* SPDX-License-Identifier: Apache-2.0
 * batch_matmul: products of matrices, one a row: width is the matrix's rows, channels its columns.
 */
#include "../scale.h"
#include "../verify.h"

/* One factor: element (i, k), of `count` by `depth`, is at i * across + k * along of its matrix. */
typedef struct factor {
    nnq_tensor tensor;
    int32_t count;
    int32_t depth;
    int32_t across;
    int32_t along;
} factor;

/* Input `index`; its rows are the depth where `depth_first`. */
static factor load_factor(const nnq_call *call, int32_t index, int32_t depth_first) {
    factor result;
    nnq_load_input(&result.tensor, call, index);
    result.count = depth_first ? result.tensor.channels : result.tensor.width;
    result.depth = depth_first ? result.tensor.width : result.tensor.channels;
    result.across = depth_first ? 1 : result.tensor.channels;
    result.along = depth_first ? result.tensor.channels : 1;
    return result;
}

static factor load_a(const nnq_call *call) {
    return load_factor(call, 0, call->params.batch_matmul.transpose_a);
}

static factor load_b(const nnq_call *call) {
    return load_factor(call, 1, !call->params.batch_matmul.transpose_b);
}

static int32_t check(nnq_check *check) {
    const nnq_tensor *out = &check->call.out;
    const factor a = load_a(&check->call);
    const factor b = load_b(&check->call);
    if (a.depth != b.depth || a.count != out->width || b.count != out->channels ||
        (a.tensor.height != out->height && a.tensor.height != 1) ||
        (b.tensor.height != out->height && b.tensor.height != 1)) {
        return nnq_fail_shape(check);
    }
    const uint64_t largest =
        (uint64_t)nnq_deviation(a.tensor.zero_point) * nnq_deviation(b.tensor.zero_point) * (uint32_t)a.depth;
    const int32_t error = nnq_check_scale(check, NNQ_FIELD_INDEX(batch_matmul, shift), largest);
    return error != NNQ_OK ? error : nnq_check_clamp(check, NNQ_FIELD_INDEX(batch_matmul, act_min));
}

/* Sum of (a - a's zero point) * (b - b's zero point) over the depth; the op's certificate bounds it. */
static int32_t product(const factor *a, const int8_t *in_a, const factor *b, const int8_t *in_b) {
    int32_t acc = 0;
    for (int32_t k = 0; k < a->depth; k++) {
        acc += (in_a[k * a->along] - a->tensor.zero_point) * (in_b[k * b->along] - b->tensor.zero_point);
    }
    return acc;
}

void nnq_batch_matmul_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_batch_matmul_params *p = &call->params.batch_matmul;
    const nnq_tensor *out = &call->out;
    const factor a = load_a(call);
    const factor b = load_b(call);
    const int32_t zero_point = out->zero_point;
    for (int32_t y = first; y < first + count; y++) {
        const int8_t *in_a = nnq_row(call, &a.tensor, a.tensor.height == 1 ? 0 : y);
        const int8_t *in_b = nnq_row(call, &b.tensor, b.tensor.height == 1 ? 0 : y);
        int8_t *output = nnq_row(call, out, y);
        for (int32_t i = 0; i < a.count; i++) {
            for (int32_t j = 0; j < b.count; j++) {
                const int32_t acc = product(&a, in_a + i * a.across, &b, in_b + j * b.across);
                const int32_t scaled = nnq_scale(acc, p->multiplier, p->shift, p->rounding);
                *output++ =
                    (int8_t)(zero_point + nnq_clamp(scaled, p->act_min - zero_point, p->act_max - zero_point));
            }
        }
    }
}

NNQ_DEFINE_OP(batch_matmul, check, nnq_rows_all);
