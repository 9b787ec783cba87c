/* SPDX-License-Identifier: Apache-2.0
 * resize_bilinear: each output row and column lies between two of the input's, by a table.
 */
#include "../kernel.h"
#include "../verify.h"

/* Fractions are in units of 1 / ONE. */
enum { POSITION_BYTES = 4, ONE = 1 << 10 };

/* Between elements `lower` and `lower` + 1; exactly at `lower` where the fraction is 0. */
typedef struct position {
    int32_t lower;
    int32_t fraction;
} position;

static position load_position(const uint8_t *bytes) {
    const position result = {nnq_load_u16(bytes), nnq_load_u16(bytes + 2)};
    return result;
}

/* Whether `count` positions at byte `at` of the file lie within `extent` elements. */
static int32_t check_positions(nnq_check *check, uint32_t at, int32_t count, int32_t extent) {
    for (int32_t i = 0; i < count; i++) {
        const position place = load_position(check->call.model->file + at);
        if (place.lower + (place.fraction > 0) >= extent) {
            return nnq_fail(check, NNQ_ERROR_PARAMETER, at);
        }
        if (place.fraction >= ONE) {
            return nnq_fail(check, NNQ_ERROR_PARAMETER, at + 2);
        }
        at += POSITION_BYTES;
    }
    return NNQ_OK;
}

static int32_t check(nnq_check *check) {
    const nnq_tensor *in = &check->call.in;
    const nnq_tensor *out = &check->call.out;
    const uint32_t positions = (uint32_t)check->call.params.resize_bilinear.positions;
    if (in->channels != out->channels || in->zero_point != out->zero_point) {
        return nnq_fail_shape(check);
    }
    const uint64_t size = POSITION_BYTES * ((uint64_t)out->height + out->width);
    int32_t error = nnq_check_data(check, NNQ_FIELD_INDEX(resize_bilinear, positions), size);
    if (error == NNQ_OK) {
        error = check_positions(check, positions, out->height, in->height);
    }
    if (error == NNQ_OK) {
        error = check_positions(check, positions + POSITION_BYTES * (uint32_t)out->height, out->width, in->width);
    }
    return error;
}

/* The four neighbours of an output pixel, with weights that add up to 2^20. */
typedef struct neighbours {
    const int8_t *element[4];
    int32_t weight[4];
} neighbours;

static neighbours find_neighbours(const int8_t *upper, const int8_t *lower, int32_t down, position across,
                                  int32_t channels) {
    const int32_t left = across.lower * channels;
    const int32_t right = across.fraction > 0 ? left + channels : left;
    const neighbours result = {
        .element = {upper + left, upper + right, lower + left, lower + right},
        .weight = {(ONE - down) * (ONE - across.fraction), (ONE - down) * across.fraction,
                   down * (ONE - across.fraction), down * across.fraction},
    };
    return result;
}

/* The weighted mean, to nearest, ties away from zero. |sum| <= 2^27: it is a mean of int8 times 2^20. */
static void pixel(const neighbours *near, int8_t *output, int32_t channels) {
    const int32_t half = 1 << 19;
    for (int32_t c = 0; c < channels; c++) {
        const int32_t sum = near->element[0][c] * near->weight[0] + near->element[1][c] * near->weight[1] +
                            near->element[2][c] * near->weight[2] + near->element[3][c] * near->weight[3];
        output[c] = (int8_t)((sum > 0 ? sum + half : sum - half) / (1 << 20));
    }
}

void nnq_resize_bilinear_s8_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_tensor *in = &call->in;
    const nnq_tensor *out = &call->out;
    const uint8_t *down = nnq_constants(call, call->params.resize_bilinear.positions);
    const uint8_t *across = down + POSITION_BYTES * out->height;
    for (int32_t y = first; y < first + count; y++) {
        const position row = load_position(down + POSITION_BYTES * y);
        const int8_t *upper = nnq_row(call, in, row.lower);
        const int8_t *lower = nnq_row(call, in, row.lower + (row.fraction > 0));
        int8_t *output = nnq_row(call, out, y);
        for (int32_t x = 0; x < out->width; x++) {
            const position column = load_position(across + POSITION_BYTES * x);
            const neighbours near = find_neighbours(upper, lower, row.fraction, column, in->channels);
            pixel(&near, output + x * in->channels, in->channels);
        }
    }
}

NNQ_DEFINE_OP(resize_bilinear, check, nnq_rows_all);
