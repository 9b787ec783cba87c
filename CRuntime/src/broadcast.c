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

/* How one input moves along an output row. */
typedef struct walk {
    int32_t fills; /* it has every element of the row */
    int32_t single; /* it has one element for the row */
    int32_t advance; /* elements from pixel to pixel */
    int32_t step; /* from channel to channel */
} walk;

static walk walk_of(const nnq_tensor *in, const nnq_tensor *out) {
    walk result;
    result.fills = in->width == out->width && in->channels == out->channels;
    result.single = in->width == 1 && in->channels == 1;
    result.advance = in->width == 1 ? 0 : in->channels;
    result.step = in->channels == out->channels;
    return result;
}

void nnq_broadcast(const nnq_call *call, int32_t first, int32_t count,
                   void (*function)(const nnq_call *call, const nnq_pair *pair)) {
    const nnq_tensor *a = &call->in;
    const nnq_tensor *out = &call->out;
    nnq_tensor b;
    nnq_pair pair;
    nnq_load_input(&b, call, 1);
    const walk walk_a = walk_of(a, out);
    const walk walk_b = walk_of(&b, out);
    const int32_t by_rows = (walk_a.fills || walk_a.single) && (walk_b.fills || walk_b.single);
    const int32_t pieces = by_rows ? 1 : out->width;
    pair.step_a = by_rows ? walk_a.fills : walk_a.step;
    pair.step_b = by_rows ? walk_b.fills : walk_b.step;
    pair.count = (by_rows ? out->width : 1) * out->channels;
    pair.zero_point_a = a->zero_point;
    pair.zero_point_b = b.zero_point;
    for (int32_t y = first; y < first + count; y++) {
        pair.a = nnq_row(call, a, a->height == 1 ? 0 : y);
        pair.b = nnq_row(call, &b, b.height == 1 ? 0 : y);
        pair.output = nnq_row(call, out, y);
        for (int32_t piece = 0; piece < pieces; piece++) {
            function(call, &pair);
            pair.a += walk_a.advance;
            pair.b += walk_b.advance;
            pair.output += pair.count;
        }
    }
}
