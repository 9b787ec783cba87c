/* SPDX-License-Identifier: Apache-2.0
 * Whether the constants of a recurrent op's gates are legal, and the overflow certificate of every sum.
 */
#include "gates.h"

/* The certificate of one sum. Its weights lie in the file, so that 128 * sum |w| is below 2^31 * 2^14. */
static int32_t check_sum(nnq_check *check, const int8_t *weights, int32_t count, const uint8_t *bias, int32_t shift) {
    const int32_t left = shift < 31 ? 31 - shift : 0;
    uint64_t sum = 0;
    for (int32_t i = 0; i < count; i++) {
        sum += nnq_magnitude(weights[i]);
    }
    if (nnq_magnitude(nnq_load_i32(bias)) + 128 * sum > (uint32_t)INT32_MAX >> left) {
        return nnq_fail(check, NNQ_ERROR_OVERFLOW, (uint32_t)(bias - check->call.model->file));
    }
    return NNQ_OK;
}

/* The sums of every unit over the input (part 0) or over the hidden state (part 1) in one gate. */
static int32_t check_gate(nnq_check *check, const nnq_gates *gates, int32_t gate, int32_t part) {
    const size_t length = (size_t)gates->in + (size_t)gates->units;
    const uint8_t *multiplier = gates->multiplier + 8 * gate + 4 * part;
    const uint8_t *shift = gates->shift + 2 * gate + part;
    int32_t error = NNQ_OK;
    if (nnq_load_i32(multiplier) < 0) {
        return nnq_fail(check, NNQ_ERROR_PARAMETER, (uint32_t)(multiplier - check->call.model->file));
    }
    if (*shift < 1 || *shift > 62) {
        return nnq_fail(check, NNQ_ERROR_PARAMETER, (uint32_t)(shift - check->call.model->file));
    }
    for (int32_t unit = 0; error == NNQ_OK && unit < gates->units; unit++) {
        const size_t row = (size_t)unit * (size_t)gates->gates + (size_t)gate;
        const int8_t *weights = gates->filter + row * length + (part ? gates->in : 0);
        error = check_sum(check, weights, part ? gates->units : gates->in, gates->bias + 8 * row + 4 * part, *shift);
    }
    return error;
}

static int32_t check_constants(nnq_check *check, int32_t field, nnq_gates *gates) {
    const uint64_t rows = (uint64_t)(uint32_t)gates->gates * (uint32_t)gates->units;
    const uint64_t weights = rows * ((uint32_t)gates->in + (uint32_t)gates->units);
    const uint64_t block = 10 * (uint64_t)(uint32_t)gates->gates + 8 * rows;
    int32_t error = nnq_check_data(check, field, (weights + 3) / 4 * 4 + block);
    if (error != NNQ_OK) {
        return error;
    }
    int32_t offset;
    memcpy(&offset, nnq_field_in(&check->call.params, field), sizeof offset);
    nnq_gates_place(gates, check->call.model->file + offset);
    for (int32_t i = 0; error == NNQ_OK && i < 2 * gates->gates; i++) {
        error = check_gate(check, gates, i / 2, i % 2);
    }
    return error;
}

static int32_t has_shape(const nnq_tensor *tensor, int32_t width, int32_t channels) {
    return tensor->height == 1 && tensor->width == width && tensor->channels == channels;
}

int32_t nnq_check_recurrent(nnq_check *check, int32_t field, int32_t gates, int32_t columns) {
    const nnq_tensor *in = &check->call.in;
    const nnq_tensor *out = &check->call.out;
    nnq_gates constants = {.gates = gates, .in = in->channels, .units = out->channels};
    nnq_tensor hidden;
    nnq_tensor memory;
    nnq_load_input(&hidden, &check->call, 1);
    nnq_load_input(&memory, &check->call, 2);
    if (in->type != NNQ_INT8 || hidden.type != NNQ_INT8 || memory.type != NNQ_INT16 || out->type != NNQ_INT8) {
        return nnq_fail_type(check);
    }
    if (!has_shape(in, out->width, in->channels) || !has_shape(&hidden, columns, out->channels) ||
        !has_shape(&memory, 1, out->channels) || !has_shape(out, in->width, out->channels) ||
        hidden.zero_point != out->zero_point) {
        return nnq_fail_shape(check);
    }
    return check_constants(check, field, &constants);
}
