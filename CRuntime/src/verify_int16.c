/* SPDX-License-Identifier: Apache-2.0
 * The verifier's rules for ops on int16 activations, and where their constants lie. A program without such ops does not
 * link this file.
 */
#include "int16.h"
#include "verify.h"

int32_t nnq_check_int16(nnq_check *check) {
    const nnq_call *call = &check->call;
    for (int32_t i = 0; i < call->input_count; i++) {
        nnq_tensor input;
        nnq_load_input(&input, call, i);
        if (input.type != NNQ_INT16) {
            return nnq_fail(check, NNQ_ERROR_TYPE, check->record + NNQ_OP_HEAD_BYTES + 2u * (uint32_t)i);
        }
    }
    return call->out.type == NNQ_INT16 ? NNQ_OK : nnq_fail_type(check);
}

void nnq_requant_s16_open(nnq_requant_s16 *requant, const nnq_call *call, int32_t first_field, int32_t taps) {
    nnq_affine affine;
    nnq_load_affine(&affine, &call->params, first_field);
    const uint32_t channels = call->out.channels;
    requant->filter = (const int8_t *)nnq_constants(call, affine.filter);
    requant->bias = (const uint8_t *)requant->filter + nnq_block_offset((uint64_t)channels * (uint32_t)taps);
    requant->record = requant->bias + (size_t)channels * 4;
    requant->shift = requant->bias + (size_t)channels * 8;
    requant->base = affine.shift;
    requant->wide = affine.rounding;
    requant->pre_shift = affine.pre_shift;
    requant->low = affine.act_min;
    requant->high = affine.act_max;
}

/* The sum of |w| of `taps` weights, `step` bytes apart from `*at` on; -1, with `*at` the weight at fault, where one is
 * -128. Weights lie in the file, so that the sum is below 2^31 * 127. */
static int64_t weigh(const uint8_t *file, uint32_t *at, uint32_t step, uint64_t taps) {
    int64_t sum = 0;
    for (uint64_t i = 0; i < taps; i++, *at += step) {
        const int32_t weight = nnq_load_i8(file + *at);
        if (weight == INT8_MIN) {
            return -1;
        }
        sum += nnq_magnitude(weight);
    }
    return sum;
}

/* One channel: multiplier, shift, and (|bias| + 2^15 * sum |w|) * 2^pre_shift below 2^31, or 2^47 where accumulators
 * are wide. The bound itself is below 2^54: no shift of it is lost by dividing the limit. */
static int32_t check_channel(nnq_check *check, const nnq_affine *affine, uint64_t taps, int32_t interleaved,
                             uint32_t channel) {
    const uint8_t *file = check->call.model->file;
    const uint32_t channels = check->call.out.channels;
    const uint32_t block = (uint32_t)affine->filter + nnq_block_offset(channels * taps);
    const uint32_t bias = block + 4u * channel;
    const uint32_t record = bias + 4u * channels;
    const uint32_t shift_at = affine->shift > 0 ? record + 3 : block + 8u * channels + channel;
    const nnq_scaling scaling = nnq_unpack_scaling(nnq_load_u32(file + record), affine->shift, file[shift_at]);
    if (scaling.multiplier < 0) {
        return nnq_fail(check, NNQ_ERROR_PARAMETER, record);
    }
    if (scaling.shift < 33 || scaling.shift > 62) {
        return nnq_fail(check, NNQ_ERROR_PARAMETER, shift_at);
    }
    uint32_t at = (uint32_t)affine->filter + channel * (interleaved ? 1u : (uint32_t)taps);
    const int64_t sum = weigh(file, &at, interleaved ? channels : 1u, taps);
    if (sum < 0) {
        return nnq_fail(check, NNQ_ERROR_DATA, at);
    }
    const int64_t most = ((int64_t)1 << (affine->rounding ? 47 : 31)) - 1;
    if (nnq_magnitude(nnq_load_i32(file + bias)) + 32768 * sum > most >> affine->pre_shift) {
        return nnq_fail(check, NNQ_ERROR_OVERFLOW, bias);
    }
    return NNQ_OK;
}

int32_t nnq_check_affine_s16(nnq_check *check, int32_t field, uint64_t taps, int32_t interleaved) {
    nnq_affine affine;
    nnq_load_affine(&affine, &check->call.params, field);
    const uint32_t channels = check->call.out.channels;
    const uint64_t block = (uint64_t)(affine.shift > 0 ? 8u : 9u) * channels;
    int32_t error = nnq_check_clamp(check, field);
    if (error == NNQ_OK) {
        error = nnq_check_data(check, field + NNQ_FIELD_INDEX(dense_int16, filter),
                               (channels * taps + 3) / 4 * 4 + block);
    }
    for (uint32_t channel = 0; error == NNQ_OK && channel < channels; channel++) {
        error = check_channel(check, &affine, taps, interleaved, channel);
    }
    return error;
}
