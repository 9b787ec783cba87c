/* SPDX-License-Identifier: Apache-2.0
 * The inner part of conv2d for Helium.
 */
#ifndef NNQ_MVE_PIXELS_H
#define NNQ_MVE_PIXELS_H

#include "windows.h"

/* What nnq_mve_pixels works on; it reads and writes fields by their offsets. */
typedef struct nnq_pixels_job {
    uint32_t step;          /*  0  from a pixel's window to the next one's */
    uint32_t channels;      /*  4  of a pixel's output */
    int32_t zero_point;     /*  8 */
    const uint8_t *addends; /* 12 */
    int32_t left;           /* 16  pixels left in this row; 0: none at all */
    int8_t *output;         /* 20  the next pixel's */
    const int8_t *source;   /* 24  and its window */
    uint8_t *to;            /* 28  where chunks of two pixels go */
    uint32_t full;          /* 32  chunks of a run but its last */
    uint32_t rest;          /* 36  bytes in that */
    const uint8_t *weights; /* 40 */
    uint32_t runs;          /* 44  pieces of a window that are contiguous */
    int32_t *sums_end;      /* 48 */
    int32_t *sums;          /* 52  16 of them */
    uint32_t hop;           /* 56  from a run's last chunk to the next run's first */
    uintptr_t stride;       /* 60  by planes from one to the next; else the same as `to` */
    uint32_t jump;          /* 64  from where a window behind a row's last one would be to the next row's first */
    int32_t width;          /* 68  pixels of a row */
    int32_t rows;           /* 72  left, this one among them */
    uint32_t chunks;        /* 76  of a window; by planes triples of planes */
    int32_t way;            /* 80  4: the long way, and `away` */
    int32_t by;             /* 84 */
    int32_t sum_memory[16]; /* 88 */
    nnq_windows windows;
} nnq_pixels_job;

/* Computes pixels until the job's rows end. */
void nnq_mve_pixels(nnq_pixels_job *job);

#endif
