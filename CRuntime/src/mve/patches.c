/* SPDX-License-Identifier: Apache-2.0
 * patches.h.
 */
#include "patches.h"

enum { ROOM = 4096 /* for strips, but there is one at least */ };

static int32_t tiles_of(int32_t lines, int32_t positions) {
    return (lines + 1) / 2 * ((positions + 3) / 4);
}

void nnq_mve_open_patches(const nnq_shape *shape, nnq_patches *patches) {
    const int32_t depth = shape->in_channels;
    const nnq_axis down = {shape->in_height, shape->out_height, shape->pad_top, shape->in_width * depth,
                           shape->out_width * depth};
    const nnq_axis across = {shape->in_width, shape->out_width, shape->pad_left, depth, depth};
    patches->lines_are_columns = tiles_of(across.out, down.out) < tiles_of(down.out, across.out);
    patches->lines = patches->lines_are_columns ? across : down;
    patches->positions = patches->lines_are_columns ? down : across;
    patches->tiles = tiles_of(1, patches->positions.out);
    patches->strip_bytes = (patches->positions.out + 2) * 64;
    const int32_t all = tiles_of(patches->lines.out, 1);
    const int32_t fit = ROOM / patches->strip_bytes;
    patches->strips = fit < 1 ? 1 : fit < all ? fit : all;
}
