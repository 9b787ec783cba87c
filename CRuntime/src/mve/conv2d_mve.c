/* SPDX-License-Identifier: Apache-2.0
 * conv2d for Helium; conv2d_mve_layout.c has its constants, windows.h how windows become chunks.
 *
 * Two pixels at a time: their windows are copied, chunk beside chunk, so that one load fills four registers with two
 * chunks of both; then, for each 4 channels, eight sums grow in the eight registers that vmladava can add to:
 *
 *     19 instructions for 2 chunks x 2 pixels x 4 channels: 19 / 256 = 0.074 a multiply-accumulate
 *
 * where vmladava alone would take 16 / 256. Sums leave by one stm; 8 channels of both pixels are requantized at once.
 */
#include "../shape.h"

#if NNQ_ISA_MVE

#include "copies.h"
#include "naked.h"
#include "requant.h"
#include "windows.h"

/* What nnq_conv2d_mve_pixels works on; it reads fields by their offsets. */
typedef struct nnq_conv2d_mve_job {
    int32_t left;         /*  0  pixels left in this row; 0: none at all */
    const int8_t *source; /*  4  the next pixel's window */
    int8_t *output;       /*  8  and its output */
    uint32_t step;        /* 12  from a pixel's window to the next one's */
    uint32_t channels;    /* 16  of a pixel's output */
    int32_t zero_point;   /* 20 */
    const uint8_t *addends; /* 24 */
    uint32_t jump;        /* 28  from where a window behind a row's last one would be to the next row's first */
    int32_t width;        /* 32  pixels of a row */
    int32_t rows;         /* 36  left, this one among them */
    uint8_t *to;          /* 40  chunks of two pixels */
    uint32_t full;        /* 44  chunks of a run but its last */
    uint32_t rest;        /* 48  bytes in that */
    uint32_t runs;        /* 52 */
    uint32_t hop;         /* 56  from a run's last chunk to the next run's first */
    const uint8_t *weights; /* 60 */
    int32_t *sums_end;    /* 64 */
    int32_t *sums;        /* 68  16 of them */
    uint8_t *windows;     /* 72  the same as `to` */
    uint32_t chunks;      /* 76 */
    int32_t way;          /* 80 */
    int32_t away;         /* 84 */
    int8_t *padded;       /* rows or strips */
    uint32_t pitch;       /* of one of them */
    uint32_t margin;      /* bytes before the map's first one */
    uint32_t bytes;       /* of an input row that are read */
    int32_t sum_memory[16];
} nnq_conv2d_mve_job;

/* How 16 bytes of a row of the input are scattered to a strip. */
typedef struct nnq_conv2d_mve_strip {
    uint8_t lanes[16]; /*  0 */
    uint32_t from_step; /* 16  bytes of whole columns within 16 */
    uint32_t to_step;   /* 20  and how far on the columns after these go */
} nnq_conv2d_mve_strip;

/* A chunk of two pixels, in registers a and b, by the next one of 4 channels. */
#define CHUNK(a, b)                                                                                                    \
    "vldmia r3!, {d8-d15}\n"                                                                                           \
    "vmladava.s8 r0, " a ", q4\n"                                                                                      \
    "vmladava.s8 r2, " a ", q5\n"                                                                                      \
    "vmladava.s8 r4, " a ", q6\n"                                                                                      \
    "vmladava.s8 r6, " a ", q7\n"                                                                                      \
    "vmladava.s8 r8, " b ", q4\n"                                                                                      \
    "vmladava.s8 r10, " b ", q5\n"                                                                                     \
    "vmladava.s8 r12, " b ", q6\n"                                                                                     \
    "vmladava.s8 lr, " b ", q7\n"

/* The eight sums: from biases, and to memory. */
#define BEGIN_SUMS "ldmia  r3!, {r0, r2, r4, r6, r8, r10, r12, lr}\n"
#define END_SUMS "stmia  r7!, {r0, r2, r4, r6, r8, r10, r12, lr}\n"

/* Sums of 8 channels into q0 .. q3, even channels of both pixels, then odd ones; multipliers into q4 and q5, shifts into
 * q6 and q7. */
#define LOAD_SUMS                                                                                                      \
    "vldmdb r7!, {d0-d7}\n"                                                                                            \
    "vldmia r3!, {d8-d15}\n"

#define MULTIPLY(by)                                                                                                   \
    by " q0, q0, q4\n" by " q1, q1, q4\n" by " q2, q2, q5\n" by                                                        \
       " q3, q3, q5\n"

#define SHIFT(by)                                                                                                      \
    by " q0, q0, q6\n" by " q1, q1, q6\n" by " q2, q2, q7\n" by                                                        \
       " q3, q3, q7\n"

/* Adds r4 where a register is negative. */
#define DOWN(q)                                                                                                        \
    "vpt.s32 lt, " q ", zr\n"                                                                                          \
    "vaddt.i32 " q ", " q ", r4\n"

/* Saturates, adds the zero point and stores; r2 is the number of channels left. Then the next 8 channels, or pixels. */
#define STORE                                                                                                          \
    "vqmovnb.s32 q0, q0\n"                                                                                             \
    "vqmovnt.s32 q0, q2\n"                                                                                             \
    "vqmovnb.s32 q1, q1\n"                                                                                             \
    "vqmovnt.s32 q1, q3\n"                                                                                             \
    "ldmia  sp, {r0, r1, r2, r4}\n"                                                                                    \
    "vqadd.s16 q0, q0, r4\n"                                                                                           \
    "vqadd.s16 q1, q1, r4\n"                                                                                           \
    "vqmovnb.s16 q0, q0\n"                                                                                             \
    "vqmovnb.s16 q1, q1\n"                                                                                             \
    "vctp.16 r2\n"                                                                                                     \
    "vpstt\n"                                                                                                          \
    "vstrbt.16 q0, [r0], #8\n"                                                                                         \
    "vstrbt.16 q1, [r1], #8\n"                                                                                         \
    "subs   r2, r2, #8\n"                                                                                              \
    "stmia  sp, {r0, r1, r2}\n"                                                                                        \
    "ble.w  10b\n"                                                                                                     \
    "ldr    pc, [sp, #20]\n"

/* Pixels until a job's rows end.
 *
 * While sums grow, r1 is the next chunk, r3 the next weight, r7 where sums go, r5 where they end, r9 the first chunk, r11
 * counts passes; all other registers are sums. The frame has
 *
 *      0  where the outputs of both pixels go    4    8  channels left   12  zero point   16  addends
 *     20  how a block of 8 channels begins           24  how 4 channels do, with their biases loaded
 *     28  what comes after that where passes are counted     32  after an odd chunk    36  passes
 *     40  how sums are requantized                   44  the job */
NNQ_MVE_NAKED static void nnq_conv2d_mve_pixels(NNQ_MVE_UNUSED nnq_conv2d_mve_job *job) {
    __asm__("push   {r4-r11, lr}\n"
            "vpush  {d8-d15}\n"
            "sub    sp, sp, #48\n"
            "str    r0, [sp, #44]\n"
            "ldr    r1, [r0, #76]\n" /* chunks */
            "ldrd   r5, r6, [r0, #80]\n" /* way, away */
            "lsr    r2, r1, #1\n" /* pairs of them: 8 a pass, those over first */
            "movs   r3, #0\n"
            "cmp    r2, #8\n"
            "itt    hi\n"
            "lsrhi  r3, r2, #3\n"
            "andhi  r2, r2, #7\n"
            "movs   r4, #76\n" /* bytes of code of a pair */
            "mul    r2, r2, r4\n"
            "adr.w  r4, 25f\n"
            "sub    r4, r4, r2\n"
            "orr    r4, r4, #1\n"
            "strd   r4, r3, [sp, #32]\n"
            "lsls   r2, r1, #31\n"
            "beq    1f\n"
            "adr.w  r4, 22f\n"
            "orr    r4, r4, #1\n"
            "1: str r4, [sp, #28]\n"
            "cbz    r3, 2f\n"
            "adr.w  r4, 23f\n"
            "orr    r4, r4, #1\n"
            "2: adr.w r2, 20f\n"
            "cmp    r1, #1\n"
            "bne    3f\n"
            "adr.w  r2, 18f\n"
            "3: cmp r1, #2\n"
            "bne    4f\n"
            "adr.w  r2, 19f\n"
            "4: orr r2, r2, #1\n"
            "strd   r2, r4, [sp, #20]\n"
            "adr.w  r2, 30f\n"
            "cmp    r5, #1\n"
            "blt    5f\n"
            "adr.w  r2, 31f\n"
            "beq    5f\n"
            "adr.w  r2, 32f\n"
            "cmp    r5, #2\n"
            "beq    5f\n"
            "adr.w  r2, 33f\n"
            "cbz    r6, 5f\n"
            "adr.w  r2, 34f\n"
            "5: orr r2, r2, #1\n"
            "str    r2, [sp, #40]\n");
    __asm__(/* Two pixels: r6 and r7 their windows, r8 and r9 their outputs. */
            "10: ldr r12, [sp, #44]\n"
            "ldmia  r12, {r0-r4, r11, lr}\n"
            "cbz    r0, 9f\n"
            "mov    r6, r1\n"
            "add    r7, r1, r3\n"
            "add    r1, r7, r3\n"
            "mov    r8, r2\n"
            "add    r9, r2, r4\n"
            "add    r2, r9, r4\n"
            "mov    r10, r4\n"
            "subs   r0, r0, #2\n"
            "ble    14f\n"
            "11: stmia r12, {r0-r2}\n"
            "stmia  sp, {r8-r11, lr}\n"
            "add    r12, r12, #40\n"
            "ldmia  r12!, {r0-r4}\n"
            "vctp.8 r2\n"
            "12: wls lr, r1, 13f\n"
            "1: vldrb.u8 q0, [r6], #16\n"
            "vldrb.u8 q1, [r7], #16\n"
            "vstmia r0!, {d0-d3}\n"
            "le     lr, 1b\n"
            "13: vpstt\n"
            "vldrbt.u8 q0, [r6]\n"
            "vldrbt.u8 q1, [r7]\n"
            "vstmia r0!, {d0-d3}\n"
            "add    r6, r6, r4\n"
            "add    r7, r7, r4\n"
            "subs   r3, r3, #1\n"
            "bne    12b\n"
            "ldmia  r12, {r3, r5, r7, r9}\n"
            "ldr    pc, [sp, #20]\n"

            "9: add sp, sp, #48\n"
            "vpop   {d8-d15}\n"
            "pop    {r4-r11, pc}\n"

            /* A row ends with the first pixel (r0 -1) or the second (0). */
            "14: ldrd r5, lr, [r12, #28]\n" /* jump, width */
            "ldr    r11, [r12, #36]\n"
            "subs   r11, r11, #1\n"
            "beq    16f\n"
            "cbz    r0, 15f\n"
            "add    r7, r7, r5\n" /* the second pixel is the next row's first */
            "add    r1, r7, r3\n"
            "subs   r0, lr, #1\n"
            "bne    17f\n"
            "subs   r11, r11, #1\n"
            "beq    17f\n"
            "15: add r1, r1, r5\n"
            "mov    r0, lr\n"
            "b      17f\n"
            "16: cmp r0, #0\n"
            "itt    mi\n" /* no second pixel: the first one again */
            "movmi  r7, r6\n"
            "movmi  r9, r8\n"
            "movs   r0, #0\n"
            "17: str r11, [r12, #36]\n"
            "ldrd   r11, lr, [r12, #20]\n"
            "b      11b\n");
    __asm__(/* 8 channels of windows of one chunk. */
            "18: vldmia r9, {d0-d3}\n"
            BEGIN_SUMS CHUNK("q0", "q1") END_SUMS
            BEGIN_SUMS CHUNK("q0", "q1") END_SUMS
            "ldr    pc, [sp, #40]\n"

            /* Of two chunks. */
            "19: vldmia r9, {d0-d7}\n"
            BEGIN_SUMS CHUNK("q0", "q1") CHUNK("q2", "q3") END_SUMS
            BEGIN_SUMS CHUNK("q0", "q1") CHUNK("q2", "q3") END_SUMS
            "ldr    pc, [sp, #40]\n");
    __asm__(/* Of any number. The carry is clear; set, it says that passes are counted. */
            "20: cmp r7, r5\n"
            "21: mov r1, r9\n"
            BEGIN_SUMS
            "ldr    pc, [sp, #24]\n"
            "22: vldmia r1!, {d0-d3}\n"
            CHUNK("q0", "q1")
            "ldr    pc, [sp, #32]\n"
            "23: ldr r11, [sp, #36]\n"
            "cmp    r11, #0\n"
            "ldr    pc, [sp, #28]\n"
            "24:\n"
            ".rept  8\n"
            "vldmia r1!, {d0-d7}\n"
            CHUNK("q0", "q1") CHUNK("q2", "q3")
            ".endr\n"
            "25: bhs 27f\n"
            "26: " END_SUMS
            "cmp    r7, r5\n"
            "bne.w  21b\n"
            "ldr    pc, [sp, #40]\n"
            "27: subs r11, r11, #1\n"
            "bhs.w  24b\n"
            "b      26b\n");
    __asm__("30: " LOAD_SUMS MULTIPLY("vqdmulh.s32") SHIFT("vrshl.s32") STORE
            "31: " LOAD_SUMS MULTIPLY("vqrdmulh.s32") SHIFT("vrshl.s32") STORE
            "32: " LOAD_SUMS MULTIPLY("vqrdmulh.s32")
            "mvn    r4, #0\n"
            DOWN("q0") DOWN("q1") DOWN("q2") DOWN("q3") SHIFT("vrshl.s32")
            "35: " STORE);
    __asm__(/* The long way: r4 is 1 for `away`. */
            "33: movs r4, #0\n"
            "b      36f\n"
            "34: movs r4, #1\n"
            "36: " LOAD_SUMS
            "vshl.i32 q0, q0, #8\n"
            "vshl.i32 q1, q1, #8\n"
            "vshl.i32 q2, q2, #8\n"
            "vshl.i32 q3, q3, #8\n"
            MULTIPLY("vmulh.s32")
            "cbz    r4, 37f\n"
            "movs   r4, #64\n"
            "vadd.i32 q0, q0, r4\n"
            "vadd.i32 q1, q1, r4\n"
            "vadd.i32 q2, q2, r4\n"
            "vadd.i32 q3, q3, r4\n"
            "mvn    r4, #127\n"
            DOWN("q0") DOWN("q1") DOWN("q2") DOWN("q3")
            "37: ldr r4, [sp, #16]\n"
            "vldmia r4!, {d8-d11}\n"
            "str    r4, [sp, #16]\n"
            "vadd.i32 q0, q0, q4\n"
            "vadd.i32 q1, q1, q4\n"
            "vadd.i32 q2, q2, q5\n"
            "vadd.i32 q3, q3, q5\n"
            SHIFT("vshl.s32")
            "b      35b\n");
}

/* Writes a row of the input to a strip. */
NNQ_MVE_NAKED static void nnq_conv2d_mve_scatter(NNQ_MVE_UNUSED int8_t *to, NNQ_MVE_UNUSED const int8_t *from,
                                                 NNQ_MVE_UNUSED uint32_t bytes,
                                                 NNQ_MVE_UNUSED const nnq_conv2d_mve_strip *strip) {
    __asm__("push   {r4, r5, r6, lr}\n"
            "vldrb.u8 q1, [r3], #16\n"
            "ldrd   r4, r5, [r3]\n"
            "subs   r6, r2, #16\n"
            "blo    2f\n"
            "udiv   r6, r6, r4\n"
            "adds   r6, r6, #1\n"
            "mls    r2, r6, r4, r2\n"
            "dls    lr, r6\n"
            "1: vldrb.u8 q0, [r1]\n"
            "vstrb.8 q0, [r0, q1]\n"
            "add    r1, r1, r4\n"
            "add    r0, r0, r5\n"
            "le     lr, 1b\n"
            "2: vctp.8 r2\n"
            "vpstt\n"
            "vldrbt.u8 q0, [r1]\n"
            "vstrbt.8 q0, [r0, q1]\n"
            "pop    {r4, r5, r6, pc}\n");
}

static void open_strip(nnq_conv2d_mve_strip *strip, const nnq_shape *shape) {
    const uint32_t depth = shape->in_channels;
    const uint32_t column = depth * shape->kernel_height;
    uint32_t byte = 0;
    uint32_t place = 0;
    for (int32_t lane = 0; lane < 16; lane++) {
        strip->lanes[lane] = (uint8_t)(place + byte);
        if (++byte == depth) {
            byte = 0;
            place += column;
        }
    }
    strip->from_step = 16 - byte;
    strip->to_step = place;
}

/* The strips of `rows` rows of outputs from row y on. What lies beside the map stays as it is. */
static void load_strips(const nnq_conv2d_mve_job *job, const nnq_shape *shape, const int8_t *input, int32_t y,
                        int32_t rows) {
    const nnq_conv2d_mve_strip *strip = (const nnq_conv2d_mve_strip *)(const void *)(job + 1);
    int8_t *to = job->padded;
    for (int32_t end = y + rows; y < end; y++, to += job->pitch) {
        const int32_t top = y * shape->stride_height - shape->pad_top;
        if (top < 0 || top + shape->kernel_height > shape->in_height) {
            nnq_mve_fill(to, shape->in_zero_point, job->pitch);
        }
        for (int32_t i = 0; i < shape->kernel_height; i++) {
            if (top + i >= 0 && top + i < shape->in_height) {
                nnq_conv2d_mve_scatter(to + job->margin + i * shape->in_channels,
                                       input + (top + i) * shape->in_width * shape->in_channels, job->bytes, strip);
            }
        }
    }
}

/* A job on windows that lie `pitch` apart from row to row, and `column` from column to column. */
static void open_job(nnq_conv2d_mve_job *job, const nnq_shape *shape, const nnq_windows *windows, uint32_t column,
                     uint32_t pitch) {
    const uint32_t width = shape->out_width;
    job->step = shape->stride_width * column;
    job->jump = (windows->is_strip ? pitch : shape->stride_height * pitch) - width * job->step;
    job->full = (windows->run - 1) / 16;
    job->rest = windows->run - 16 * job->full;
    job->hop = pitch - 16 * job->full;
    job->runs = windows->runs;
    job->chunks = windows->chunks;
    job->channels = shape->out_channels;
    job->width = shape->out_width;
    job->pitch = pitch;
    job->away = shape->away;
    job->sums = job->sum_memory;
    job->sums_end = job->sum_memory + 16;
}

static void open_constants(nnq_conv2d_mve_job *job, const uint8_t *constants) {
    const uint32_t blocks = (job->channels + 7) / 8;
    job->way = constants[0];
    job->zero_point = (int8_t)constants[1];
    job->weights = constants + 4;
    job->addends = constants + 4 + blocks * (128 + 128 * job->chunks);
}

static void run(nnq_conv2d_mve_job *job, const int8_t *source, int32_t rows) {
    job->source = source;
    job->left = job->width;
    job->rows = rows;
    nnq_conv2d_mve_pixels(job);
}

void nnq_conv2d_mve(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                    uint8_t *scratch) {
    const nnq_windows windows = nnq_windows_of(shape);
    nnq_conv2d_mve_job *job = (nnq_conv2d_mve_job *)(void *)scratch;
    const uint32_t depth = shape->in_channels;
    const uint32_t column = windows.is_strip ? depth * shape->kernel_height : depth;
    const int32_t reads_input = nnq_reads_input(shape, &windows);
    open_job(job, shape, &windows, column, reads_input ? shape->in_width * depth : nnq_padded_pitch(shape, &windows));
    open_constants(job, constants);
    job->output = output;
    job->windows = job->to = scratch + NNQ_MVE_JOB;
    if (reads_input) {
        run(job, input, shape->out_height);
        return;
    }
    job->padded = (int8_t *)scratch + NNQ_MVE_JOB + 32 * windows.chunks;
    job->margin = shape->pad_left * column;
    job->bytes = nnq_row_under_windows(shape);
    nnq_mve_fill(job->padded, shape->in_zero_point, job->pitch * nnq_padded_rows(shape, &windows));
    if (windows.is_strip) {
        open_strip((nnq_conv2d_mve_strip *)(void *)(job + 1), shape);
    }
    for (int32_t y = 0; y < shape->out_height; y += NNQ_MVE_BAND) {
        const int32_t left = shape->out_height - y;
        const int32_t rows = left < NNQ_MVE_BAND ? left : NNQ_MVE_BAND;
        if (windows.is_strip) {
            load_strips(job, shape, input, y, rows);
        } else {
            nnq_mve_load_rows(shape, input, y * shape->stride_height - shape->pad_top,
                              (rows - 1) * shape->stride_height + shape->kernel_height, job->padded);
        }
        run(job, job->padded, rows);
    }
}

#undef CHUNK
#undef BEGIN_SUMS
#undef END_SUMS
#undef LOAD_SUMS
#undef MULTIPLY
#undef SHIFT
#undef DOWN
#undef STORE

#endif
