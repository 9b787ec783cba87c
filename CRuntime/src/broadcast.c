/* SPDX-License-Identifier: Apache-2.0
 * Broadcasting: finds the runs of elements on which an op of two inputs can work without looking at shapes.
 */
#include "broadcast.h"
#include "verify.h"

static int32_t repeats(const nnq_tensor *in, const nnq_tensor *out) {
    return (in->height == out->height || in->height == 1) && (in->width == out->width || in->width == 1) &&
           (in->channels == out->channels || in->channels == 1);
}

int32_t nnq_check_broadcast(nnq_check *check) {
    nnq_tensor b;
    nnq_load_input(&b, &check->call, 1);
    return repeats(&check->call.in, &check->call.out) && repeats(&b, &check->call.out) ? NNQ_OK : nnq_fail_shape(check);
}

int32_t nnq_check_choice(nnq_check *check) {
    const int32_t zero_point = check->call.out.zero_point;
    nnq_tensor b;
    nnq_load_input(&b, &check->call, 1);
    if (check->call.in.zero_point != zero_point || b.zero_point != zero_point) {
        return nnq_fail_shape(check);
    }
    return nnq_check_broadcast(check);
}

/* How one input covers the output. */
enum {
    FILLS = 1,  /* it has every element of a row */
    SINGLE = 2, /* it has one element for a row */
    JOINED = 4  /* its rows follow each other as the output's do, or it has one element for all */
};

static int32_t cover(const nnq_tensor *in, const nnq_tensor *out) {
    if (in->width == out->width && in->channels == out->channels) {
        return in->height == out->height && !nnq_is_ring(in) ? FILLS | JOINED : FILLS;
    }
    return in->width > 1 || in->channels > 1 ? 0 : in->height == 1 ? SINGLE | JOINED : SINGLE;
}

/* Elements from pixel to pixel. */
static int32_t advance(const nnq_tensor *in) {
    return in->width == 1 ? 0 : in->channels;
}

void nnq_broadcast(const nnq_call *call, int32_t first, int32_t count,
                   void (*function)(const nnq_call *call, const nnq_pair *pair)) {
    const nnq_tensor *a = &call->in;
    const nnq_tensor *out = &call->out;
    nnq_tensor b;
    nnq_pair pair;
    nnq_load_input(&b, call, 1);
    const int32_t of_a = cover(a, out);
    const int32_t of_b = cover(&b, out);
    int32_t pieces = 1;
    pair.step_a = of_a & FILLS;
    pair.step_b = of_b & FILLS;
    pair.count = (int32_t)nnq_row_bytes(out);
    pair.zero_point_a = a->zero_point;
    pair.zero_point_b = b.zero_point;
    if (of_a == 0 || of_b == 0) {
        pieces = out->width;
        pair.step_a = a->channels == out->channels;
        pair.step_b = b.channels == out->channels;
        pair.count = out->channels;
    } else if ((of_a & of_b & JOINED) != 0 && !nnq_is_ring(out) && pair.count <= INT16_MAX) {
        /* Rows up to that length do not add up to 2^31 elements. */
        pair.count *= count;
        count = 1;
    }
    for (int32_t y = first; y < first + count; y++) {
        pair.a = nnq_row(call, a, a->height == 1 ? 0 : y);
        pair.b = nnq_row(call, &b, b.height == 1 ? 0 : y);
        pair.output = nnq_row(call, out, y);
        for (int32_t piece = 0; piece < pieces; piece++) {
            function(call, &pair);
            pair.a += advance(a);
            pair.b += advance(&b);
            pair.output += pair.count;
        }
    }
}

void nnq_clamp_run(int8_t *output, int32_t count, int32_t act_min, int32_t act_max) {
    if (act_min == INT8_MIN && act_max == INT8_MAX) {
        return;
    }
    for (const int8_t *end = output + count; output < end; output++) {
        const int32_t value = *output < act_min ? act_min : *output;
        *output = (int8_t)(value > act_max ? act_max : value);
    }
}
