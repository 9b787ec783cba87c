// SPDX-License-Identifier: Apache-2.0
// Max pooling with an optional ReLU, forward and backward, for any layout that keeps channels together.
//
// ReLU and maximum commute, so a ReLU before the pool is done here on the pool's few outputs. The backward pass finds the
// winner by comparing again: reading the input costs less than writing and reading a table of winners.
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

INLINE void forward_plane(float *y, const float *x, const nnq_pool *p, size_t inner) {
    for (int32_t oy = 0; oy < p->oh; oy++) {
        for (int32_t ox = 0; ox < p->ow; ox++, y += inner) {
            const struct taps t = taps_at(p, oy, ox);
            const float floor = p->relu ? 0 : -FLT_MAX;
            for (size_t c = 0; c < inner; c++) y[c] = floor;
            for (int32_t row = t.row; row < t.row_end; row++) {
                const float *tap = x + ((size_t)row * (size_t)p->iw + (size_t)t.column) * inner;
                for (int32_t column = t.column; column < t.column_end; column++, tap += inner) {
                    for (size_t c = 0; c < inner; c++) y[c] = tap[c] > y[c] ? tap[c] : y[c];
                }
            }
        }
    }
}

// Channels are taken eight at a time; `block` is how many there are.
INLINE void backward_pixel(
    float *dx, const float *dy, const float *y, const float *x, const nnq_pool *p, struct taps t, size_t inner,
    size_t block) {
    float rest[8];
    for (size_t c = 0; c < block; c++) rest[c] = p->relu && y[c] <= 0 ? 0 : dy[c];
    for (int32_t row = t.row; row < t.row_end; row++) {
        const size_t first = ((size_t)row * (size_t)p->iw + (size_t)t.column) * inner;
        for (int32_t column = t.column; column < t.column_end; column++) {
            const size_t at = first + (size_t)(column - t.column) * inner;
            for (size_t c = 0; c < block; c++) {
                const int wins = x[at + c] == y[c];
                dx[at + c] += wins ? rest[c] : 0;
                rest[c] = wins ? 0 : rest[c];
            }
        }
    }
}

INLINE void backward_plane(
    float *dx, const float *dy, const float *y, const float *x, const nnq_pool *p, size_t inner) {
    memset(dx, 0, (size_t)p->ih * (size_t)p->iw * inner * sizeof *dx);
    for (int32_t oy = 0; oy < p->oh; oy++) {
        for (int32_t ox = 0; ox < p->ow; ox++, y += inner, dy += inner) {
            const struct taps t = taps_at(p, oy, ox);
            size_t c = 0;
            for (; c + 8 <= inner; c += 8) backward_pixel(dx + c, dy + c, y + c, x + c, p, t, inner, 8);
            if (c < inner) backward_pixel(dx + c, dy + c, y + c, x + c, p, t, inner, inner - c);
        }
    }
}

INLINE void planes_forward(const struct call *call, size_t first, size_t last, size_t inner) {
    const nnq_pool *p = call->pool;
    const size_t in = (size_t)p->ih * (size_t)p->iw * inner, out = (size_t)p->oh * (size_t)p->ow * inner;
    for (size_t i = first; i < last; i++) forward_plane(call->y + i * out, call->x + i * in, p, inner);
}

INLINE void planes_backward(const struct call *call, size_t first, size_t last, size_t inner) {
    const nnq_pool *p = call->pool;
    const size_t in = (size_t)p->ih * (size_t)p->iw * inner, out = (size_t)p->oh * (size_t)p->ow * inner;
    for (size_t i = first; i < last; i++) {
        backward_plane(call->dx + i * in, call->dy + i * out, call->out + i * out, call->x + i * in, p, inner);
    }
}

WIDE static void forward_wide(void *context, size_t first, size_t last) {
    const struct call *call = context;
    if (call->pool->inner == 8) planes_forward(call, first, last, 8);
    else planes_forward(call, first, last, call->pool->inner);
}

static void forward_portable(void *context, size_t first, size_t last) {
    const struct call *call = context;
    planes_forward(call, first, last, call->pool->inner);
}

WIDE static void backward_wide(void *context, size_t first, size_t last) {
    const struct call *call = context;
    if (call->pool->inner == 8) planes_backward(call, first, last, 8);
    else planes_backward(call, first, last, call->pool->inner);
}

static void backward_portable(void *context, size_t first, size_t last) {
    const struct call *call = context;
    planes_backward(call, first, last, call->pool->inner);
}

void nnq_max_pool(float *y, const float *x, const nnq_pool *pool) {
    struct call call = {.y = y, .x = x, .pool = pool};
    nnq_parallel_for(pool->planes, 4, HAS_WIDE ? forward_wide : forward_portable, &call);
}

void nnq_max_pool_backward(float *dx, const float *dy, const float *y, const float *x, const nnq_pool *pool) {
    struct call call = {.dx = dx, .x = x, .dy = dy, .out = y, .pool = pool};
    nnq_parallel_for(pool->planes, 4, HAS_WIDE ? backward_wide : backward_portable, &call);
}
