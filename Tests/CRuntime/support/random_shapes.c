/* SPDX-License-Identifier: Apache-2.0
 * Random ops that rearrange tensors, resize them, or multiply two of them.
 */
#include "random_parts.h"

/* Some of the places 0 .. extent - 1, in steps of either sign. */
typedef struct range {
    int32_t begin, step, count;
} range;

static range random_range(rng *r, int32_t extent) {
    range result = {0, 1, extent};
    if (!rng_once_in(r, 3)) {
        const int32_t size = rng_once_in(r, 6) ? 32767 : rng_range(r, 1, extent < 4 ? extent : 4);
        result.begin = rng_range(r, 0, extent - 1);
        result.step = rng_once_in(r, 3) ? -size : size;
        const int32_t room = result.step < 0 ? result.begin : extent - 1 - result.begin;
        result.count = rng_range(r, 1, 1 + room / size);
    }
    return result;
}

int32_t random_slice(builder *b, rng *r, int32_t input) {
    const builder_tensor in = b->tensors[input];
    const range h = random_range(r, in.height);
    const range w = random_range(r, in.width);
    const range c = random_range(r, in.channels);
    const nnq_params params = {.slice = {NNQ_OP_SLICE, h.begin, w.begin, c.begin, h.step, w.step, c.step}};
    return builder_op_add(b, &params, &input, 1, h.count, w.count, c.count, in.zero_point);
}

int32_t random_transpose(builder *b, rng *r, int32_t input) {
    const builder_tensor in = b->tensors[input];
    const int32_t extents[3] = {in.height, in.width, in.channels};
    const int32_t first = rng_range(r, 0, 2);
    const int32_t second = (first + rng_range(r, 1, 2)) % 3;
    const int32_t third = 3 - first - second;
    const nnq_params params = {.transpose = {NNQ_OP_TRANSPOSE, first, second, third}};
    return builder_op_add(b, &params, &input, 1, extents[first], extents[second], extents[third], in.zero_point);
}

enum { MOST_PLACES = 24 };

int32_t random_resize_nearest(builder *b, rng *r, int32_t input) {
    const builder_tensor in = b->tensors[input];
    const int32_t height = rng_range(r, 1, MOST_PLACES);
    const int32_t width = rng_range(r, 1, MOST_PLACES);
    uint8_t indices[2 * 2 * MOST_PLACES];
    for (int32_t i = 0; i < height + width; i++) {
        put_u16(indices + 2 * i, (uint32_t)rng_range(r, 0, (i < height ? in.height : in.width) - 1));
    }
    const nnq_params params = {
        .resize_nearest = {NNQ_OP_RESIZE_NEAREST, builder_data(b, indices, 2 * (size_t)(height + width))}};
    return builder_op_add(b, &params, &input, 1, height, width, in.channels, in.zero_point);
}

int32_t random_resize_bilinear(builder *b, rng *r, int32_t input) {
    const builder_tensor in = b->tensors[input];
    const int32_t height = rng_range(r, 1, MOST_PLACES);
    const int32_t width = rng_range(r, 1, MOST_PLACES);
    uint8_t positions[4 * 2 * MOST_PLACES];
    for (int32_t i = 0; i < height + width; i++) {
        const int32_t lower = rng_range(r, 0, (i < height ? in.height : in.width) - 1);
        const int is_last = lower == (i < height ? in.height : in.width) - 1;
        const int32_t fraction = rng_once_in(r, 3) ? 512 * rng_range(r, 0, 1) : rng_range(r, 0, 1023);
        put_u16(positions + 4 * i, (uint32_t)lower);
        put_u16(positions + 4 * i + 2, is_last ? 0 : (uint32_t)fraction);
    }
    const nnq_params params = {
        .resize_bilinear = {NNQ_OP_RESIZE_BILINEAR, builder_data(b, positions, 4 * (size_t)(height + width))}};
    return builder_op_add(b, &params, &input, 1, height, width, in.channels, in.zero_point);
}

/* Another factor for `a`: one of the tensors that fit from a random one on, or -1. */
static int32_t other_factor(const builder *b, rng *r, const builder_tensor *a, int32_t depth, int32_t transposed) {
    const int32_t from = rng_range(r, 0, b->tensor_count - 1);
    for (int32_t i = 0; i < b->tensor_count; i++) {
        const int32_t index = (from + i) % b->tensor_count;
        if (random_is_remembered(b, index)) {
            continue;
        }
        const builder_tensor *t = &b->tensors[index];
        if ((transposed ? t->channels : t->width) == depth &&
            (t->height == a->height || t->height == 1 || a->height == 1)) {
            return index;
        }
    }
    return -1;
}

int32_t random_batch_matmul(builder *b, rng *r, int32_t input) {
    const builder_tensor a = b->tensors[input];
    const int32_t transpose_a = rng_range(r, 0, 1);
    const int32_t transpose_b = rng_range(r, 0, 1);
    const int32_t depth = transpose_a ? a.width : a.channels;
    const int32_t inputs[2] = {input, other_factor(b, r, &a, depth, transpose_b)};
    if (inputs[1] < 0 || depth > INT32_MAX / 65025) {
        return -1;
    }
    const builder_tensor other = b->tensors[inputs[1]];
    nnq_batch_matmul_params p = {NNQ_OP_BATCH_MATMUL, transpose_a, transpose_b, 0, 0, rng_range(r, 0, 1), 0, 0};
    random_clamp(r, &p.act_min, &p.act_max);
    random_scale(r, 65025 * depth, 1, &p.multiplier, &p.shift);
    const nnq_params params = {.batch_matmul = p};
    return builder_op_add(b, &params, inputs, 2, a.height > other.height ? a.height : other.height,
                          transpose_a ? a.channels : a.width, transpose_b ? other.width : other.channels,
                          random_zero_point(r));
}

int32_t random_gather(builder *b, rng *r, int32_t input) {
    const builder_tensor in = b->tensors[input];
    const int32_t indices = in.height * in.width * in.channels;
    const int32_t channels = rng_range(r, 1, 9);
    int8_t values[300 * 9];
    nnq_params params = {.gather = {NNQ_OP_GATHER, rng_range(r, 1, 300), 0}};
    for (int32_t i = 0; i < params.gather.count * channels; i++) {
        values[i] = (int8_t)rng_range(r, -128, 127);
    }
    params.gather.values = builder_data(b, values, (size_t)(params.gather.count * channels));
    const int32_t height = rng_once_in(r, 2) ? 1 : in.height;
    return builder_op_add(b, &params, &input, 1, height, indices / height, channels, random_zero_point(r));
}

int32_t random_arg_max(builder *b, rng *r, int32_t input) {
    const builder_tensor in = b->tensors[input];
    const nnq_params params = {.arg_max = {NNQ_OP_ARG_MAX, rng_range(r, 0, 1)}};
    const int32_t output = builder_op_add(b, &params, &input, 1, in.height, in.width, 1, 0);
    b->tensors[output].type = NNQ_INT32;
    return output;
}
