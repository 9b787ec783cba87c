/* SPDX-License-Identifier: Apache-2.0
 * Rules about an op that several ops share: shapes, constants, and the overflow certificate.
 */
#include "requant.h"
#include "verify.h"

int32_t nnq_fail_field(nnq_check *check, int32_t error, int32_t field) {
    const nnq_field *fields = nnq_call_op(&check->call)->fields;
    uint32_t byte = check->record + NNQ_OP_HEAD_BYTES + 2u * (uint32_t)check->call.input_count;
    for (int32_t i = 0; i < field; i++) {
        byte += nnq_wire_size(fields[i].wire);
    }
    return nnq_fail(check, error, byte);
}

int32_t nnq_fail_shape(nnq_check *check) {
    return nnq_fail(check, NNQ_ERROR_SHAPE, nnq_tensor_record(check->call.output));
}

int32_t nnq_fail_type(nnq_check *check) {
    return nnq_fail(check, NNQ_ERROR_TYPE, nnq_tensor_record(check->call.output) + 7);
}

static int32_t field_value(nnq_check *check, int32_t field) {
    int32_t value;
    memcpy(&value, nnq_field_in(&check->call.params, field), sizeof value);
    return value;
}

int32_t nnq_same_shape(const nnq_tensor *a, const nnq_tensor *b) {
    return a->height == b->height && a->width == b->width && a->channels == b->channels;
}

int32_t nnq_window_fits(nnq_window window, int32_t pad_after, int32_t in, int32_t out) {
    const int32_t room = in + window.pad + pad_after - window.extent;
    return room >= 0 && room / window.stride + 1 == out;
}

int32_t nnq_check_data(nnq_check *check, int32_t field, uint64_t size) {
    const uint32_t offset = (uint32_t)field_value(check, field);
    if (offset % 4 != 0 || offset < check->data_begin || offset > check->data_end ||
        size > check->data_end - offset) {
        return nnq_fail_field(check, NNQ_ERROR_DATA, field);
    }
    return NNQ_OK;
}

int32_t nnq_check_clamp(nnq_check *check, int32_t field) {
    const int32_t legal = field_value(check, field) <= field_value(check, field + 1);
    return legal ? NNQ_OK : nnq_fail_field(check, NNQ_ERROR_PARAMETER, field);
}

int32_t nnq_check_pads(nnq_check *check, int32_t field) {
    for (int32_t i = 0; i < 4; i++) {
        if (field_value(check, field + 4 + i) >= field_value(check, field + i / 2)) {
            return nnq_fail_field(check, NNQ_ERROR_PARAMETER, field + 4 + i);
        }
    }
    return NNQ_OK;
}

/* Adds up |w| of one channel's weights, at `*at`, `step` bytes apart. Weights lie in the file, so that the sum is below
 * 2^31 * 127. On an error `*at` is the weight at fault. */
static int32_t weigh(const uint8_t *file, uint32_t *at, uint32_t step, uint64_t taps, uint64_t *sum) {
    *sum = 0;
    for (uint64_t i = 0; i < taps; i++) {
        const int32_t weight = nnq_load_i8(file + *at);
        if (weight == INT8_MIN) {
            return NNQ_ERROR_DATA;
        }
        *sum += nnq_magnitude(weight);
        *at += step;
    }
    return NNQ_OK;
}

/* One channel: multiplier, shift, and (|bias| + 128 * sum |w|) * 2^s <= 2^31 - 1. */
static int32_t check_channel(nnq_check *check, const nnq_affine *affine, const nnq_filter_layout *layout,
                             int32_t channel) {
    const uint8_t *file = check->call.model->file;
    const uint32_t channels = (uint32_t)layout->channels;
    const uint32_t block = (uint32_t)affine->filter + nnq_block_offset(channels * layout->taps);
    const uint32_t bias = block + 4u * (uint32_t)channel;
    const uint32_t record = bias + 4u * channels;
    /* A packed record holds its shift in its own highest byte. */
    const uint32_t shift_at = affine->shift > 0 ? record + 3 : block + 8u * channels + (uint32_t)channel;
    const nnq_scaling scaling = nnq_unpack_scaling(nnq_load_u32(file + record), affine->shift, file[shift_at]);
    const int32_t shift = scaling.shift;
    uint32_t at = (uint32_t)affine->filter + (uint32_t)channel * (layout->interleaved ? 1u : (uint32_t)layout->taps);
    uint64_t sum;
    if (scaling.multiplier < 0) {
        return nnq_fail(check, NNQ_ERROR_PARAMETER, record);
    }
    if (shift < (affine->rounding ? 1 : 33) || shift > 62) {
        return nnq_fail(check, NNQ_ERROR_PARAMETER, shift_at);
    }
    const int32_t error = weigh(file, &at, layout->interleaved ? channels : 1u, layout->taps, &sum);
    if (error != NNQ_OK) {
        return nnq_fail(check, error, at);
    }
    const int32_t left = !affine->rounding ? affine->pre_shift : shift < 31 ? 31 - shift : 0;
    if (nnq_magnitude(nnq_load_i32(file + bias)) + 128 * sum > (uint32_t)INT32_MAX >> left) {
        return nnq_fail(check, NNQ_ERROR_OVERFLOW, bias);
    }
    return NNQ_OK;
}

int32_t nnq_check_affine(nnq_check *check, int32_t field, const nnq_filter_layout *layout) {
    nnq_affine affine;
    nnq_load_affine(&affine, &check->call.params, field);
    const uint64_t channels = (uint64_t)(uint32_t)layout->channels;
    int32_t error = nnq_check_clamp(check, field);
    if (error == NNQ_OK && affine.rounding && affine.pre_shift != 0) {
        error = nnq_fail_field(check, NNQ_ERROR_PARAMETER, field + NNQ_FIELD_INDEX(dense, pre_shift));
    }
    if (error == NNQ_OK) {
        const uint64_t filter = (channels * layout->taps + 3) / 4 * 4;
        const uint64_t block = (affine.shift > 0 ? 8u : 9u) * channels;
        error = nnq_check_data(check, field + NNQ_FIELD_INDEX(dense, filter), filter + block);
    }
    for (int32_t channel = 0; error == NNQ_OK && channel < layout->channels; channel++) {
        error = check_channel(check, &affine, layout, channel);
    }
    return error;
}
