/* SPDX-License-Identifier: Apache-2.0
 * conv2d for Helium: brings windows to where pixels.c multiplies them; conv2d_mve_layout.c has its constants.
 */
#include "../shape.h"

#if NNQ_ISA_MVE

#include "copies.h"
#include "naked.h"
#include "pixels.h"
#include "requant.h"

/* How rows of the input are scattered to a strip, 16 bytes at a time. */
typedef struct nnq_strip {
    uint8_t lanes[16];  /*  0 */
    uint32_t from_step; /* 16  bytes of whole columns within 16 */
    uint32_t to_step;   /* 20  and how far on the columns after these go */
    uint32_t bytes;     /* 24  of a row */
    uint32_t from_row;  /* 28  from a row to the next one */
    uint32_t to_row;    /* 32 */
} nnq_strip;

NNQ_MVE_NAKED static void scatter(NNQ_MVE_UNUSED int8_t *to, NNQ_MVE_UNUSED const int8_t *from,
                                  NNQ_MVE_UNUSED int32_t rows, NNQ_MVE_UNUSED const nnq_strip *strip) {
    __asm__("push   {r4-r10, lr}\n"
            "vldrb.u8 q1, [r3], #16\n"
            "ldmia  r3, {r4-r8}\n"
            "movs   r3, #0\n"
            "subs   r9, r6, #16\n"
            "blo    1f\n"
            "udiv   r3, r9, r4\n"
            "adds   r3, r3, #1\n"
            "mls    r6, r3, r4, r6\n"
            "1: vctp.8 r6\n"
            "2: mov r9, r0\n"
            "mov    r10, r1\n"
            "wls    lr, r3, 4f\n"
            "3: vldrb.u8 q0, [r10]\n"
            "vstrb.8 q0, [r9, q1]\n"
            "add    r10, r10, r4\n"
            "add    r9, r9, r5\n"
            "le     lr, 3b\n"
            "4: vpstt\n"
            "vldrbt.u8 q0, [r10]\n"
            "vstrbt.8 q0, [r9, q1]\n"
            "add    r0, r0, r8\n"
            "add    r1, r1, r7\n"
            "subs   r2, r2, #1\n"
            "bgt    2b\n"
            "pop    {r4-r10, pc}\n");
}

static void open_strip(nnq_strip *strip, const nnq_shape *shape, uint32_t column) {
    const uint32_t depth = shape->in_channels;
    uint32_t place = 0;
    uint32_t byte = 0;
    for (int32_t lane = 0; lane < 16; lane++) {
        strip->lanes[lane] = (uint8_t)(place + byte);
        if (++byte == depth) {
            byte = 0;
            place += column;
        }
    }
    strip->from_step = 16 - byte;
    strip->to_step = place;
    strip->bytes = nnq_mve_row_under_windows(shape);
    strip->from_row = shape->in_width * depth;
    strip->to_row = depth;
}

/* The strip of row y of outputs. What lies beside the map stays as it is. */
static void load_strip(const nnq_strip *strip, const nnq_shape *shape, const nnq_windows *windows, const int8_t *input,
                       int32_t y, int8_t *to) {
    const int32_t top = y * shape->stride_height - shape->pad_top;
    const int32_t first = top < 0 ? -top : 0;
    const int32_t below = shape->in_height - top;
    const int32_t end = below < shape->kernel_height ? below : shape->kernel_height;
    if (end - first < shape->kernel_height) {
        nnq_mve_fill(to, shape->in_zero_point, windows->pitch);
    }
    if (end > first) {
        to += shape->pad_left * windows->column + (uint32_t)first * strip->to_row;
        scatter(to, input + (top + first) * (int32_t)strip->from_row, end - first, strip);
    }
}

static void open_job(nnq_pixels_job *job, const nnq_shape *shape, const uint8_t *constants) {
    const nnq_windows *windows = &job->windows;
    job->by = windows->by;
    job->step = windows->by == NNQ_BY_PLANES ? 16 : shape->stride_width * windows->column;
    job->jump = windows->pitch * (windows->by == NNQ_BY_STRIP ? 1u : shape->stride_height);
    job->jump -= shape->out_width * job->step;
    job->full = (windows->run - 1) / 16;
    job->rest = windows->run - 16 * job->full;
    job->hop = windows->pitch - 16 * job->full;
    job->runs = windows->runs;
    job->chunks = windows->by == NNQ_BY_PLANES ? windows->chunks / 9 : windows->chunks;
    job->channels = shape->out_channels;
    job->width = shape->out_width;
    job->sums = job->sum_memory;
    job->sums_end = job->sum_memory + 16;
    job->way = constants[0] + (constants[0] == NNQ_MVE_LONG && shape->away);
    job->zero_point = (int8_t)constants[1];
    job->weights = constants + 4;
    job->addends = constants + 4 + (job->channels + 7) / 8 * (128 + 128 * windows->chunks);
    job->to = (uint8_t *)job + NNQ_CONV2D_MVE_JOB;
    job->stride = windows->by == NNQ_BY_PLANES ? nnq_padded_width(shape) * 16 : (uintptr_t)job->to;
}

static void run(nnq_pixels_job *job, const int8_t *source, int32_t rows) {
    job->source = source;
    job->left = job->width;
    job->rows = rows;
    nnq_mve_pixels(job);
}

void nnq_conv2d_mve(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                    uint8_t *scratch) {
    nnq_pixels_job *job = (nnq_pixels_job *)(void *)scratch;
    nnq_strip *strip = (nnq_strip *)(void *)(job + 1);
    nnq_windows *windows = &job->windows;
    nnq_mve_open_windows(shape, windows);
    open_job(job, shape, constants);
    job->output = output;
    if (windows->reads_input) {
        run(job, input, shape->out_height);
        return;
    }
    int8_t *padded = (int8_t *)job->to + (windows->by == NNQ_BY_PLANES ? 0 : 32 * windows->chunks);
    nnq_mve_fill(padded, shape->in_zero_point, windows->pitch * windows->rows);
    open_strip(strip, shape, windows->column);
    for (int32_t y = 0; y < shape->out_height; y += NNQ_MVE_BAND) {
        const int32_t left = shape->out_height - y;
        const int32_t rows = left < NNQ_MVE_BAND ? left : NNQ_MVE_BAND;
        if (windows->by == NNQ_BY_STRIP) {
            for (int32_t i = 0; i < rows; i++) {
                load_strip(strip, shape, windows, input, y + i, padded + (uint32_t)i * windows->pitch);
            }
        } else {
            nnq_mve_load_rows(shape, input, y * shape->stride_height - shape->pad_top,
                              (rows - 1) * shape->stride_height + shape->kernel_height, padded,
                              windows->by == NNQ_BY_PLANES);
        }
        run(job, padded, rows);
    }
}

#endif
