/* SPDX-License-Identifier: Apache-2.0
 * concat: joins tensors along height, width or channels, and brings them to one scale.
 */
#include "../kernel.h"
#include "../verify.h"

enum { RESCALE_BYTES = 8 };

/* clamp((q * multiplier + constant) >> shift) */
typedef struct rescale {
    int32_t constant;
    int32_t multiplier;
    int32_t shift;
} rescale;

static rescale load_rescale(const uint8_t *bytes) {
    const rescale result = {nnq_load_i32(bytes), nnq_load_u16(bytes + 4), bytes[6]};
    return result;
}

static nnq_window rows(const nnq_params *params) {
    return params->concat.axis == 0 ? nnq_rows_all(params) : nnq_rows_each(params);
}

/* The tensor's extent along the axis. */
static int32_t extent(const nnq_tensor *tensor, int32_t axis) {
    return axis == 0 ? tensor->height : axis == 1 ? tensor->width : tensor->channels;
}

static int32_t check_shapes(nnq_check *check) {
    const int32_t axis = check->call.params.concat.axis;
    const nnq_tensor *out = &check->call.out;
    int32_t joined = 0;
    for (int32_t i = 0; i < check->call.input_count; i++) {
        nnq_tensor in;
        nnq_load_input(&in, &check->call, i);
        joined += extent(&in, axis);
        if ((axis != 0 && in.height != out->height) || (axis != 1 && in.width != out->width) ||
            (axis != 2 && in.channels != out->channels)) {
            return nnq_fail_shape(check);
        }
    }
    return joined == extent(out, axis) ? NNQ_OK : nnq_fail_shape(check);
}

static int32_t check(nnq_check *check) {
    const uint32_t count = (uint32_t)check->call.input_count;
    int32_t error = check_shapes(check);
    if (error != NNQ_OK ||
        (error = nnq_check_data(check, NNQ_FIELD_INDEX(concat, rescales), RESCALE_BYTES * count)) != NNQ_OK) {
        return error;
    }
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t at = (uint32_t)check->call.params.concat.rescales + RESCALE_BYTES * i;
        const uint8_t *bytes = check->call.model->file + at;
        const rescale by = load_rescale(bytes);
        if (by.multiplier > INT16_MAX) {
            return nnq_fail(check, NNQ_ERROR_PARAMETER, at + 4);
        }
        if (by.shift < 1 || by.shift > 30 || bytes[7] != 0) {
            return nnq_fail(check, NNQ_ERROR_PARAMETER, at + 6);
        }
        if (nnq_magnitude(by.constant) + 128 * (uint32_t)by.multiplier > INT32_MAX) {
            return nnq_fail(check, NNQ_ERROR_OVERFLOW, at);
        }
    }
    return NNQ_OK;
}

/* Rescales `length` elements; the op's certificate bounds q * multiplier + constant. */
static void convert(int8_t *output, const int8_t *input, uint32_t length, const rescale *by) {
    if (by->multiplier == (int32_t)1 << by->shift && by->constant == (int32_t)1 << (by->shift - 1)) {
        memcpy(output, input, length);
        return;
    }
    for (uint32_t i = 0; i < length; i++) {
        output[i] = (int8_t)nnq_clamp((input[i] * by->multiplier + by->constant) >> by->shift, INT8_MIN, INT8_MAX);
    }
}

/* One input, `in`, of output rows first .. end - 1: it begins at row `top` and at byte `left` of its rows. */
static void copy_input(const nnq_call *call, const nnq_tensor *in, const rescale *by, nnq_taps band, int32_t top,
                       uint32_t left) {
    /* Along channels each pixel is a piece of its own; else the whole row is one. */
    const int32_t pieces = call->params.concat.axis == 2 ? in->width : 1;
    const uint32_t length = nnq_row_bytes(in) / (uint32_t)pieces;
    const uint32_t step = nnq_row_bytes(&call->out) / (uint32_t)pieces;
    const int32_t end = nnq_min(band.end, top + in->height);
    for (int32_t y = band.first > top ? band.first : top; y < end; y++) {
        const int8_t *input = nnq_row(call, in, y - top);
        int8_t *output = nnq_row(call, &call->out, y) + left;
        for (int32_t piece = 0; piece < pieces; piece++) {
            convert(output + (uint32_t)piece * step, input + (uint32_t)piece * length, length, by);
        }
    }
}

void nnq_concat_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const uint8_t *rescales = nnq_constants(call, call->params.concat.rescales);
    const nnq_taps band = {first, first + count};
    int32_t top = 0;
    uint32_t left = 0;
    for (int32_t i = 0; i < call->input_count; i++) {
        const rescale by = load_rescale(rescales + RESCALE_BYTES * i);
        nnq_tensor in;
        nnq_load_input(&in, call, i);
        copy_input(call, &in, &by, band, top, left);
        switch (call->params.concat.axis) {
        case 0: top += in.height; break;
        case 1: left += nnq_row_bytes(&in); break;
        default: left += in.channels; break;
        }
    }
}

NNQ_DEFINE_OP(concat, check, rows);
