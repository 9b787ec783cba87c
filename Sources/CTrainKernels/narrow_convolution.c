// SPDX-License-Identifier: Apache-2.0
// Filter gradient of a convolution whose input has few channels: a network's first layer.
//
// oneDNN pads such an input to eight channels, or unfolds it for a matrix product; both cost several times this. Here a
// filter's taps are taken nine at a time, each a running sum over all pixels in a register of eight filters.
#include "train_kernels.h"
#include "wide.h"

#include <string.h>

enum { TILE = 9 };

struct call {
    const float *x, *dy;
    float *scratch;
    const nnq_narrow *shape;
};

static size_t padded_height(const nnq_narrow *s) { return (size_t)(s->ih + s->top + s->bottom); }
static size_t padded_row(const nnq_narrow *s) { return (size_t)(s->iw + s->left + s->right) * (size_t)s->ic; }
static size_t tap_count(const nnq_narrow *s) { return (size_t)s->kh * (size_t)s->kw * (size_t)s->ic; }
static size_t tile_count(const nnq_narrow *s) { return (tap_count(s) + TILE - 1) / TILE; }
// The sums of one part: taps, rounded up to tiles, and the bias, of each block.
static size_t sum_count(const nnq_narrow *s) { return s->blocks * (tile_count(s) * TILE + 1) * 8; }
static size_t part_scratch(const nnq_narrow *s) { return sum_count(s) + padded_height(s) * padded_row(s); }

size_t nnq_narrow_scratch(const nnq_narrow *shape) { return nnq_part_count(shape->batch, 4) * part_scratch(shape); }

// Copies an image into the middle of a border of zeros, which the caller has made.
static void copy_inside(float *padded, const float *x, const nnq_narrow *s) {
    const size_t row = (size_t)s->iw * (size_t)s->ic;
    padded += (size_t)s->top * padded_row(s) + (size_t)(s->left * s->ic);
    for (size_t y = 0; y < (size_t)s->ih; y++) memcpy(padded + y * padded_row(s), x + y * row, row * sizeof *x);
}

// Where each tap of a tile lies from the window's corner; taps beyond the last repeat it and are not used.
static void tile_offsets(size_t offsets[TILE], size_t tile, const nnq_narrow *s) {
    const size_t width = (size_t)s->kw * (size_t)s->ic, last = tap_count(s) - 1;
    for (size_t i = 0; i < TILE; i++) {
        const size_t tap = tile * TILE + i < last ? tile * TILE + i : last;
        offsets[i] = tap / width * padded_row(s) + tap % width;
    }
}

INLINE void add_tile(
    lanes *sums, const float *padded, const float *dy, const size_t offsets[TILE], const nnq_narrow *s) {
    const float *tap[TILE];
    lanes acc[TILE];
    for (int i = 0; i < TILE; i++) acc[i] = sums[i];
    const size_t step = (size_t)(s->sw * s->ic);
    for (int32_t oy = 0; oy < s->oh; oy++) {
        const float *row = padded + (size_t)(oy * s->sh) * padded_row(s);
        for (int i = 0; i < TILE; i++) tap[i] = row + offsets[i];
        for (size_t at = 0, ox = 0; ox < (size_t)s->ow; ox++, at += step, dy += 8) {
            const lanes gradient = *(const lanes *)dy;
            for (int i = 0; i < TILE; i++) acc[i] += gradient * tap[i][at];
        }
    }
    for (int i = 0; i < TILE; i++) sums[i] = acc[i];
}

INLINE void add_bias(lanes *sum, const float *dy, size_t pixels) {
    lanes a = {0}, b = {0};
    size_t i = 0;
    for (; i + 2 <= pixels; i += 2, dy += 16) {
        a += *(const lanes *)dy;
        b += *(const lanes *)(dy + 8);
    }
    if (i < pixels) a += *(const lanes *)dy;
    *sum += a + b;
}

INLINE void add_images(const struct call *call, size_t part, size_t first, size_t last) {
    const nnq_narrow *s = call->shape;
    float *sums = call->scratch + part * part_scratch(s);
    float *padded = sums + sum_count(s);
    const size_t pixels = (size_t)s->oh * (size_t)s->ow, block = (tile_count(s) * TILE + 1) * 8;
    memset(sums, 0, part_scratch(s) * sizeof *sums);
    for (size_t image = first; image < last; image++) {
        copy_inside(padded, call->x + image * (size_t)(s->ih * s->iw * s->ic), s);
        for (size_t b = 0; b < s->blocks; b++) {
            const float *dy = call->dy + (image * s->blocks + b) * pixels * 8;
            float *of_block = sums + b * block;
            for (size_t tile = 0; tile < tile_count(s); tile++) {
                size_t offsets[TILE];
                tile_offsets(offsets, tile, s);
                add_tile((lanes *)(of_block + tile * TILE * 8), padded, dy, offsets, s);
            }
            add_bias((lanes *)(of_block + block - 8), dy, pixels);
        }
    }
}

WIDE static void add_wide(void *context, size_t part, size_t first, size_t last) {
    add_images(context, part, first, last);
}

static void add_portable(void *context, size_t part, size_t first, size_t last) {
    add_images(context, part, first, last);
}

void nnq_narrow_gradient(
    float *dw, float *db, const float *x, const float *dy, float *scratch, const nnq_narrow *shape) {
    struct call call = {x, dy, scratch, shape};
    const size_t parts = nnq_part_count(shape->batch, 4);
    nnq_parallel_for(shape->batch, 4, HAS_WIDE ? add_wide : add_portable, &call);
    const size_t taps = tap_count(shape) * 8, block = (tile_count(shape) * TILE + 1) * 8;
    memset(dw, 0, shape->blocks * taps * sizeof *dw);
    if (db) memset(db, 0, shape->blocks * 8 * sizeof *db);
    for (size_t part = 0; part < parts; part++) {
        for (size_t b = 0; b < shape->blocks; b++) {
            const float *sums = scratch + part * part_scratch(shape) + b * block;
            for (size_t i = 0; i < taps; i++) dw[b * taps + i] += sums[i];
            for (size_t i = 0; db && i < 8; i++) db[b * 8 + i] += sums[block - 8 + i];
        }
    }
}
