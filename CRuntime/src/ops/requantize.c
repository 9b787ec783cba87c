/* SPDX-License-Identifier: Apache-2.0
 * requantize: the same values in another type, another scale or between other limits; int8 or int16 on either side.
 */
#include "../int16.h"
#include "../verify.h"

static int32_t check(nnq_check *check) {
    const nnq_requantize_params *p = &check->call.params.requantize;
    const nnq_tensor *in = &check->call.in;
    const nnq_tensor *out = &check->call.out;
    if (in->type > NNQ_INT16) {
        return nnq_fail(check, NNQ_ERROR_TYPE, check->record + NNQ_OP_HEAD_BYTES);
    }
    if (out->type > NNQ_INT16) {
        return nnq_fail_type(check);
    }
    if (!nnq_same_shape(in, out)) {
        return nnq_fail_shape(check);
    }
    if (out->type == NNQ_INT8 && (p->act_min < INT8_MIN || p->act_max > INT8_MAX)) {
        return nnq_fail_field(check, NNQ_ERROR_PARAMETER,
                              p->act_min < INT8_MIN ? NNQ_FIELD_INDEX(requantize, act_min)
                                                    : NNQ_FIELD_INDEX(requantize, act_max));
    }
    return nnq_check_clamp(check, NNQ_FIELD_INDEX(requantize, act_min));
}

/* |q - zero_point| <= 2^15, so that the product is within 2^46. The scaled value is below 2^30. In place, an element is
 * written where it was read. */
void nnq_requantize_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_requantize_params p = call->params.requantize;
    const nnq_tensor *in = &call->in;
    const nnq_tensor *out = &call->out;
    const int32_t length = nnq_row_length(out);
    for (int32_t y = first; y < first + count; y++) {
        const int8_t *input = nnq_row(call, in, y);
        int8_t *output = nnq_row(call, out, y);
        for (int32_t i = 0; i < length; i++) {
            const int32_t q = in->type == NNQ_INT8 ? input[i] : ((const int16_t *)(const void *)input)[i];
            const int64_t product = (int64_t)(q - in->zero_point) * p.multiplier;
            const int32_t value = nnq_clamp(out->zero_point + nnq_scale_sum(product, p.shift), p.act_min, p.act_max);
            if (out->type == NNQ_INT8) {
                output[i] = (int8_t)value;
            } else {
                ((int16_t *)(void *)output)[i] = (int16_t)value;
            }
        }
    }
}

NNQ_DEFINE_TYPED_OP(requantize, check, nnq_rows_each, 1, 0);
