// SPDX-License-Identifier: Apache-2.0
// Max pooling with an optional ReLU, forward and backward, for any layout that keeps channels together.
//
// ReLU and maximum commute, so a ReLU before the pool is done here on the pool's few outputs. The backward pass finds
// the winner by comparing again: reading the input costs less than writing and reading a table of winners.
#include "train_kernels.h"
#include "wide.h"

#include <float.h>
#include <string.h>

struct call {
    float *y, *dx;
    const float *x, *dy, *out;
    const nnq_pool *pool;
};

// The part of a window that lies inside the map.
struct taps {
    int32_t row, row_end, column, column_end;
};

INLINE struct taps taps_at(const nnq_pool *p, int32_t oy, int32_t ox) {
    struct taps t = {oy * p->sh - p->top, 0, ox * p->sw - p->left, 0};
    t.row_end = t.row + p->kh < p->ih ? t.row + p->kh : p->ih;
    t.column_end = t.column + p->kw < p->iw ? t.column + p->kw : p->iw;
    t.row = t.row > 0 ? t.row : 0;
    t.column = t.column > 0 ? t.column : 0;
    return t;
}

INLINE size_t pixel(const nnq_pool *p, int32_t row, int32_t column) {
    return ((size_t)row * (size_t)p->iw + (size_t)column) * p->inner;
}

INLINE void forward_lanes(float *y, const float *x, const nnq_pool *p, struct taps t) {
    const float floor = p->relu ? 0 : -FLT_MAX;
    lanes best = {floor, floor, floor, floor, floor, floor, floor, floor};
    for (int32_t row = t.row; row < t.row_end; row++) {
        for (int32_t column = t.column; column < t.column_end; column++) {
            const lanes tap = *(const lanes *)(x + pixel(p, row, column));
            const masks wins = tap > best;
            best = (lanes)(((masks)tap & wins) | ((masks)best & ~wins));
        }
    }
    *(lanes *)y = best;
}

static void forward_one(float *y, const float *x, const nnq_pool *p, struct taps t) {
    float best = p->relu ? 0 : -FLT_MAX;
    for (int32_t row = t.row; row < t.row_end; row++) {
        for (int32_t column = t.column; column < t.column_end; column++) {
            const float tap = x[pixel(p, row, column)];
            best = tap > best ? tap : best;
        }
    }
    *y = best;
}

INLINE void backward_lanes(
    float *dx, const float *dy, const float *y, const float *x, const nnq_pool *p, struct taps t, int apart) {
    const lanes value = *(const lanes *)y;
    const lanes zero = {0};
    masks rest = *(const masks *)dy;
    if (p->relu) rest &= value > zero;
    for (int32_t row = t.row; row < t.row_end; row++) {
        for (int32_t column = t.column; column < t.column_end; column++) {
            const size_t at = pixel(p, row, column);
            const masks wins = *(const lanes *)(x + at) == value;
            const lanes part = (lanes)(rest & wins);
            lanes *sum = (lanes *)(dx + at);
            *sum = apart ? part : *sum + part;
            rest &= ~wins;
        }
    }
}

static void backward_one(
    float *dx, const float *dy, const float *y, const float *x, const nnq_pool *p, struct taps t) {
    if (p->relu && *y <= 0) return;
    for (int32_t row = t.row; row < t.row_end; row++) {
        for (int32_t column = t.column; column < t.column_end; column++) {
            const size_t at = pixel(p, row, column);
            if (x[at] != *y) continue;
            dx[at] += *dy;
            return;
        }
    }
}

INLINE void forward_planes(const struct call *call, size_t first, size_t last) {
    const nnq_pool *p = call->pool;
    float *y = call->y + first * (size_t)p->oh * (size_t)p->ow * p->inner;
    for (size_t plane = first; plane < last; plane++) {
        const float *x = call->x + plane * (size_t)p->ih * (size_t)p->iw * p->inner;
        for (int32_t oy = 0; oy < p->oh; oy++) {
            for (int32_t ox = 0; ox < p->ow; ox++, y += p->inner) {
                const struct taps t = taps_at(p, oy, ox);
                size_t c = 0;
                for (; c + 8 <= p->inner; c += 8) forward_lanes(y + c, x + c, p, t);
                for (; c < p->inner; c++) forward_one(y + c, x + c, p, t);
            }
        }
    }
}

INLINE void backward_planes(const struct call *call, size_t first, size_t last) {
    const nnq_pool *p = call->pool;
    const size_t in = (size_t)p->ih * (size_t)p->iw * p->inner;
    // Where no two windows share a pixel, a sum has one term.
    const int apart = p->kh <= p->sh && p->kw <= p->sw;
    size_t o = first * (size_t)p->oh * (size_t)p->ow * p->inner;
    for (size_t plane = first; plane < last; plane++) {
        const float *x = call->x + plane * in;
        float *dx = call->dx + plane * in;
        memset(dx, 0, in * sizeof *dx);
        for (int32_t oy = 0; oy < p->oh; oy++) {
            for (int32_t ox = 0; ox < p->ow; ox++, o += p->inner) {
                const struct taps t = taps_at(p, oy, ox);
                const float *dy = call->dy + o, *y = call->out + o;
                size_t c = 0;
                if (apart) for (; c + 8 <= p->inner; c += 8) backward_lanes(dx + c, dy + c, y + c, x + c, p, t, 1);
                else for (; c + 8 <= p->inner; c += 8) backward_lanes(dx + c, dy + c, y + c, x + c, p, t, 0);
                for (; c < p->inner; c++) backward_one(dx + c, dy + c, y + c, x + c, p, t);
            }
        }
    }
}

WIDE static void forward_wide(void *context, size_t part, size_t first, size_t last) {
    (void)part;
    forward_planes(context, first, last);
}

static void forward_portable(void *context, size_t part, size_t first, size_t last) {
    (void)part;
    forward_planes(context, first, last);
}

WIDE static void backward_wide(void *context, size_t part, size_t first, size_t last) {
    (void)part;
    backward_planes(context, first, last);
}

static void backward_portable(void *context, size_t part, size_t first, size_t last) {
    (void)part;
    backward_planes(context, first, last);
}

void nnq_max_pool(float *y, const float *x, const nnq_pool *pool) {
    struct call call = {.y = y, .x = x, .pool = pool};
    nnq_parallel_for(pool->planes, 4, HAS_WIDE ? forward_wide : forward_portable, &call);
}

void nnq_max_pool_backward(float *dx, const float *dy, const float *y, const float *x, const nnq_pool *pool) {
    struct call call = {.dx = dx, .x = x, .dy = dy, .out = y, .pool = pool};
    nnq_parallel_for(pool->planes, 4, HAS_WIDE ? backward_wide : backward_portable, &call);
}
