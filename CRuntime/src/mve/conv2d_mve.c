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

/* What nnq_conv2d_mve_pixels works on; it reads and writes fields by their offsets. */
typedef struct nnq_conv2d_mve_job {
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
} nnq_conv2d_mve_job;

typedef char nnq_conv2d_mve_job_is_as_read[offsetof(nnq_conv2d_mve_job, source) == 24 &&
                                                   offsetof(nnq_conv2d_mve_job, stride) == 60 &&
                                                   offsetof(nnq_conv2d_mve_job, rows) == 72 &&
                                                   offsetof(nnq_conv2d_mve_job, by) == 84
                                               ? 1
                                               : -1];

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

/* Two chunks of both. */
#define PAIR "vldmia r1!, {d0-d7}\n" CHUNK("q0", "q1") CHUNK("q2", "q3")

/* The eight sums: from biases, and to memory. */
#define BEGIN_SUMS "ldmia  r3!, {r0, r2, r4, r6, r8, r10, r12, lr}\n"
#define END_SUMS "stmia  r7!, {r0, r2, r4, r6, r8, r10, r12, lr}\n"

/* Sums of 8 channels into q0 .. q3, even channels of both pixels, then odd ones; multipliers into q4 and q5, shifts
 * into q6 and q7. */
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

/* Saturates, adds the zero point and stores. Then the next 8 channels, or pixels. */
#define STORE                                                                                                          \
    "vqmovnb.s32 q0, q0\n"                                                                                             \
    "vqmovnt.s32 q0, q2\n"                                                                                             \
    "vqmovnb.s32 q1, q1\n"                                                                                             \
    "vqmovnt.s32 q1, q3\n"                                                                                             \
    "ldmia  sp, {r0, r1, r2, r4, r6}\n"                                                                                \
    "vqadd.s16 q0, q0, r1\n"                                                                                           \
    "vqadd.s16 q1, q1, r1\n"                                                                                           \
    "vqmovnb.s16 q0, q0\n"                                                                                             \
    "vqmovnb.s16 q1, q1\n"                                                                                             \
    "vctp.16 r0\n"                                                                                                     \
    "vpstt\n"                                                                                                          \
    "vstrbt.16 q0, [r4], #8\n"                                                                                         \
    "vstrbt.16 q1, [r6], #8\n"                                                                                         \
    "subs   r0, r0, #8\n"                                                                                              \
    "stmia  sp, {r0, r1, r2, r4, r6}\n"                                                                                \
    "ble.w  10b\n"                                                                                                     \
    "ldr    pc, [sp, #24]\n"

/* An address of code for loading into pc. */
#define CODE(register, label)                                                                                          \
    "adr.w  " register ", " label "\n"                                                                                 \
    "orr    " register ", " register ", #1\n"

/* Pixels until a job's rows end.
 *
 * While sums grow, r1 is the next chunk, r3 the next weight, r7 where sums go, r5 where they end, r9 the first chunk
 * (by planes how far they lie apart), r11 counts passes; all other registers are sums. The frame has
 *
 *      0  channels left           4  zero point     8  addends    12, 16  where the outputs of both pixels go
 *     20  the first one's window
 *     24  how a block of 8 channels begins          28  how 4 channels do, with their biases loaded
 *     32  what comes after that where passes are counted     36  after an odd chunk    40  passes
 *     44  how sums are requantized                  48  how pixels begin               52  the job */
NNQ_MVE_NAKED static void nnq_conv2d_mve_pixels(NNQ_MVE_UNUSED nnq_conv2d_mve_job *job) {
    __asm__("push   {r4-r11, lr}\n"
            "vpush  {d8-d15}\n"
            "sub    sp, sp, #56\n"
            "str    r0, [sp, #52]\n"
            "ldr    r1, [r0, #76]\n" /* chunks */
            "ldrd   r5, r6, [r0, #80]\n" /* way, by */
            "lsr    r2, r1, #1\n" /* pairs of them: 8 a pass, those over first */
            "movs   r3, #0\n"
            "cmp    r2, #8\n"
            "itt    hi\n"
            "lsrhi  r3, r2, #3\n"
            "andhi  r2, r2, #7\n"
            "movs   r4, #76\n" /* bytes of code of a pair */
            "mul    r2, r2, r4\n"
            CODE("r4", "25f")
            "sub    r4, r4, r2\n"
            "strd   r4, r3, [sp, #36]\n"
            "lsls   r2, r1, #31\n"
            "beq    1f\n"
            CODE("r4", "22f")
            "1: str r4, [sp, #32]\n"
            "cbz    r3, 2f\n"
            CODE("r4", "23f")
            "2:\n"
            CODE("r2", "20f")
            CODE("r3", "12f")
            "cmp    r1, #1\n"
            "bne    3f\n"
            CODE("r2", "18f")
            "3: cmp r1, #2\n"
            "bne    3f\n"
            CODE("r2", "19f")
            "3: cmp r1, #4\n"
            "bne    3f\n"
            CODE("r2", "38f")
            "3: cmp r6, #2\n" /* by planes */
            "bne    4f\n"
            "str    r1, [sp, #40]\n"
            CODE("r2", "28f")
            "mov    r3, r2\n"
            "4: strd r2, r4, [sp, #24]\n"
            CODE("r2", "30f")
            "cmp    r5, #1\n"
            "blt    5f\n"
            CODE("r2", "31f")
            "beq    5f\n"
            CODE("r2", "32f")
            "cmp    r5, #3\n"
            "blt    5f\n"
            CODE("r2", "33f")
            "beq    5f\n"
            CODE("r2", "34f")
            "5: strd r2, r3, [sp, #44]\n");
    __asm__(/* Two pixels: r10 and r11 their windows, r8 and r9 their outputs. */
            "10: ldr r12, [sp, #52]\n"
            "ldmia  r12!, {r0-r4, r8, r10}\n"
            "cbz    r4, 9f\n"
            "add    r11, r10, r0\n"
            "add    r6, r11, r0\n"
            "add    r9, r8, r1\n"
            "add    r5, r9, r1\n"
            "subs   r4, r4, #2\n"
            "ble    14f\n"
            "11: stmdb r12, {r4-r6}\n"
            "stmia  sp, {r1-r3, r8-r10}\n"
            "ldmia  r12, {r0-r5, r7-r9}\n"
            "ldr    pc, [sp, #48]\n"
            "12: vctp.8 r2\n"
            "13: wls lr, r1, 2f\n"
            "1: vldrb.u8 q0, [r10], #16\n"
            "vldrb.u8 q1, [r11], #16\n"
            "vstmia r0!, {d0-d3}\n"
            "le     lr, 1b\n"
            "2: vpstt\n"
            "vldrbt.u8 q0, [r10]\n"
            "vldrbt.u8 q1, [r11]\n"
            "vstmia r0!, {d0-d3}\n"
            "subs   r4, r4, #1\n"
            "beq    2f\n"
            "add    r10, r10, r8\n"
            "add    r11, r11, r8\n"
            "b      13b\n"
            "2: ldr pc, [sp, #24]\n"

            "9: add sp, sp, #56\n"
            "vpop   {d8-d15}\n"
            "pop    {r4-r11, pc}\n"

            /* A row ends with the first pixel (r4 -1) or the second (0). */
            "14: ldr r7, [r12, #44]\n" /* rows */
            "ldrd   lr, r12, [r12, #36]\n" /* jump, width */
            "subs   r7, r7, #1\n"
            "beq    16f\n"
            "cbz    r4, 15f\n"
            "add    r11, r11, lr\n" /* the second pixel is the next row's first */
            "add    r6, r11, r0\n"
            "subs   r4, r12, #1\n"
            "bne    17f\n"
            "subs   r7, r7, #1\n"
            "beq    17f\n"
            "15: add r6, r6, lr\n"
            "mov    r4, r12\n"
            "b      17f\n"
            "16: cmp r4, #0\n"
            "itt    mi\n" /* no second pixel: the first one again */
            "movmi  r11, r10\n"
            "movmi  r9, r8\n"
            "movs   r4, #0\n"
            "17: ldr r12, [sp, #52]\n"
            "str    r7, [r12, #72]\n"
            "add    r12, r12, #28\n"
            "b      11b\n");
    __asm__(/* 8 channels of windows of one chunk. */
            "18: vldmia r9, {d0-d3}\n"
            BEGIN_SUMS CHUNK("q0", "q1") END_SUMS
            BEGIN_SUMS CHUNK("q0", "q1") END_SUMS
            "ldr    pc, [sp, #44]\n"
            /* Of two chunks. */
            "19: vldmia r9, {d0-d7}\n"
            BEGIN_SUMS CHUNK("q0", "q1") CHUNK("q2", "q3") END_SUMS
            BEGIN_SUMS CHUNK("q0", "q1") CHUNK("q2", "q3") END_SUMS
            "ldr    pc, [sp, #44]\n");
    __asm__(/* Of four. */
            "38: mov r1, r9\n"
            BEGIN_SUMS PAIR PAIR END_SUMS
            "mov    r1, r9\n"
            BEGIN_SUMS PAIR PAIR END_SUMS
            "ldr    pc, [sp, #44]\n");
    __asm__(/* Of any number. The carry is clear; set, it says that passes are counted. */
            "20: cmp r7, r5\n"
            "21: mov r1, r9\n"
            BEGIN_SUMS
            "ldr    pc, [sp, #28]\n"
            "22: vldmia r1!, {d0-d3}\n"
            CHUNK("q0", "q1")
            "ldr    pc, [sp, #36]\n"
            "23: ldr r11, [sp, #40]\n"
            "cmp    r11, #0\n"
            "ldr    pc, [sp, #32]\n"
            "24:\n"
            ".rept  8\n"
            PAIR
            ".endr\n"
            "25: bhs 27f\n"
            "26: " END_SUMS
            "cmp    r7, r5\n"
            "bne.w  21b\n"
            "ldr    pc, [sp, #44]\n"
            "27: subs r11, r11, #1\n"
            "bhs.w  24b\n"
            "b      26b\n"
            /* By planes: four columns of each, of which three are the first pixel's and three the second one's. */
            "28: ldr r1, [sp, #20]\n"
            "ldr    r11, [sp, #40]\n"
            BEGIN_SUMS
            "29:\n"
            ".rept  3\n"
            "vldmia r1, {d0-d7}\n"
            "add    r1, r1, r9\n"
            CHUNK("q0", "q1") CHUNK("q1", "q2") CHUNK("q2", "q3")
            ".endr\n"
            "subs   r11, r11, #1\n"
            "bne.w  29b\n"
            END_SUMS
            "cmp    r7, r5\n"
            "bne.w  28b\n"
            "ldr    pc, [sp, #44]\n");
    __asm__("30: " LOAD_SUMS MULTIPLY("vqdmulh.s32") SHIFT("vrshl.s32") STORE
            "31: " LOAD_SUMS MULTIPLY("vqrdmulh.s32") SHIFT("vrshl.s32") STORE
            "32: " LOAD_SUMS MULTIPLY("vqrdmulh.s32")
            "mvn    r4, #0\n"
            DOWN("q0") DOWN("q1") DOWN("q2") DOWN("q3") SHIFT("vrshl.s32")
            "35: " STORE);
    __asm__(/* The long way: r2 and r4 are what `away` adds, to all and to negative numbers. */
            "33: movs r2, #0\n"
            "movs   r4, #0\n"
            "b      36f\n"
            "34: movs r2, #64\n"
            "mvn    r4, #127\n"
            "36: " LOAD_SUMS
            "vshl.i32 q0, q0, #8\n"
            "vshl.i32 q1, q1, #8\n"
            "vshl.i32 q2, q2, #8\n"
            "vshl.i32 q3, q3, #8\n"
            MULTIPLY("vmulh.s32")
            "vadd.i32 q0, q0, r2\n"
            "vadd.i32 q1, q1, r2\n"
            "vadd.i32 q2, q2, r2\n"
            "vadd.i32 q3, q3, r2\n"
            DOWN("q0") DOWN("q1") DOWN("q2") DOWN("q3")
            "ldr    r4, [sp, #8]\n"
            "vldmia r4!, {d8-d11}\n"
            "str    r4, [sp, #8]\n"
            "vadd.i32 q0, q0, q4\n"
            "vadd.i32 q1, q1, q4\n"
            "vadd.i32 q2, q2, q5\n"
            "vadd.i32 q3, q3, q5\n"
            SHIFT("vshl.s32")
            "b      35b\n");
}

/* How rows of the input are scattered to a strip, 16 bytes at a time. */
typedef struct nnq_conv2d_mve_strip {
    uint8_t lanes[16];  /*  0 */
    uint32_t from_step; /* 16  bytes of whole columns within 16 */
    uint32_t to_step;   /* 20  and how far on the columns after these go */
    uint32_t bytes;     /* 24  of a row */
    uint32_t from_row;  /* 28  from a row to the next one */
    uint32_t to_row;    /* 32 */
} nnq_conv2d_mve_strip;

NNQ_MVE_NAKED static void nnq_conv2d_mve_scatter(NNQ_MVE_UNUSED int8_t *to, NNQ_MVE_UNUSED const int8_t *from,
                                                 NNQ_MVE_UNUSED int32_t rows,
                                                 NNQ_MVE_UNUSED const nnq_conv2d_mve_strip *strip) {
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

static void open_strip(nnq_conv2d_mve_strip *strip, const nnq_shape *shape, uint32_t column) {
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
static void load_strip(const nnq_conv2d_mve_strip *strip, const nnq_shape *shape, const nnq_windows *windows,
                       const int8_t *input, int32_t y, int8_t *to) {
    const int32_t top = y * shape->stride_height - shape->pad_top;
    const int32_t first = top < 0 ? -top : 0;
    const int32_t below = shape->in_height - top;
    const int32_t end = below < shape->kernel_height ? below : shape->kernel_height;
    if (end - first < shape->kernel_height) {
        nnq_mve_fill(to, shape->in_zero_point, windows->pitch);
    }
    if (end > first) {
        to += shape->pad_left * windows->column + (uint32_t)first * strip->to_row;
        nnq_conv2d_mve_scatter(to, input + (top + first) * (int32_t)strip->from_row, end - first, strip);
    }
}

static void open_job(nnq_conv2d_mve_job *job, const nnq_shape *shape, const uint8_t *constants) {
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

static void run(nnq_conv2d_mve_job *job, const int8_t *source, int32_t rows) {
    job->source = source;
    job->left = job->width;
    job->rows = rows;
    nnq_conv2d_mve_pixels(job);
}

void nnq_conv2d_mve(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                    uint8_t *scratch) {
    nnq_conv2d_mve_job *job = (nnq_conv2d_mve_job *)(void *)scratch;
    nnq_conv2d_mve_strip *strip = (nnq_conv2d_mve_strip *)(void *)(job + 1);
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

#undef CHUNK
#undef PAIR
#undef BEGIN_SUMS
#undef END_SUMS
#undef LOAD_SUMS
#undef MULTIPLY
#undef SHIFT
#undef DOWN
#undef STORE
#undef CODE

#endif
