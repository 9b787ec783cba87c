/* SPDX-License-Identifier: Apache-2.0
 * depthwise_conv2d for Armv7-M without the DSP extension; depthwise_conv2d_armv7m_layout.c has its constants.
 *
 * Of 16 channels, what six neighbouring columns of outputs need is copied into scratch, where a column of a channel is 16
 * bytes from the next one, so that its offset is part of the instructions. Each byte loaded serves the up to three outputs
 * of a row of which it is in the window.
 */
#include "../shape.h"

#if NNQ_ISA_ARMV7M

#include <string.h>

#include "depthwise_conv2d_armv7m.h"

/* Copies 16 bytes each from `count` places, `step` bytes apart. */
__attribute__((naked, noinline)) static void copy_columns(int8_t *to, const int8_t *from, int32_t step, int32_t count) {
    (void)to, (void)from, (void)step, (void)count;
    __asm__("push   {r4-r7}\n\t"
            "orr    r12, r1, r2\n\t"
            "tst    r12, #3\n\t"
            "bne    2f\n"
            "1:\n\t"
            "ldm    r1, {r4-r7}\n\t"
            "add    r1, r1, r2\n\t"
            "stm    r0!, {r4-r7}\n\t"
            "subs   r3, r3, #1\n\t"
            "bne    1b\n\t"
            "b      3f\n"
            "2:\n\t" /* LDM needs addresses that are multiples of 4, LDR does not */
            "ldr    r4, [r1]\n\t"
            "ldr    r5, [r1, #4]\n\t"
            "ldr    r6, [r1, #8]\n\t"
            "ldr    r7, [r1, #12]\n\t"
            "add    r1, r1, r2\n\t"
            "stm    r0!, {r4-r7}\n\t"
            "subs   r3, r3, #1\n\t"
            "bne    2b\n"
            "3:\n\t"
            "pop    {r4-r7}\n\t"
            "bx     lr");
}

/* --- Six columns of outputs, some rows, some channels --- */

typedef struct pass {
    int32_t pixel;        /* bytes from a pixel's outputs to the next one's */
    const int8_t *staged; /* of the first channel */
    int8_t *output;       /* of the first channel */
    const uint8_t *constants;
    int32_t channels;
    int32_t weight_bytes; /* of a channel */
    int32_t staged_step;  /* bytes from what a row of outputs needs to what the next one needs */
    int32_t output_step;  /* bytes from a row of outputs to the next one */
    int32_t output_bytes; /* output_step * rows */
    int32_t pixels;       /* 1 .. 6 that are written */
    int32_t is_strided;   /* 1 where the stride is two */
    int32_t away;
} pass;

/* Offsets from the stack pointer of run_pass: of the row, of the channel, of its copy of `pass`. */
#define WEIGHTS "#0" /* and their end */
#define OUTPUT_END "#8"
#define BIASES "#12" /* six times the bias */
#define ROW_STAGED "#36"
#define ROW_OUTPUT "#40"
#define STAGED "#48" /* and output */
#define CONSTANTS "#56"
#define CHANNELS "#60"
#define WEIGHT_BYTES "#64"
#define STEPS "#68"
#define OUTPUT_BYTES "#76"
#define PIXELS "#80"
#define IS_STRIDED "#84"
#define AWAY "#88"

/* A column of the strip: its byte into r3. */
#define COLUMN(offset) "ldrsb  r3, [r4, #" #offset "]\n\t"
#define LAST_COLUMN(strip) "ldrsb  r3, [r4], #" #strip "\n\t"
#define TAP(sum, weight) "mla    " #sum ", r3, " #weight ", " #sum "\n\t"

/* Inner loops: 31 instructions for 18 multiplications, 36 where the stride is two.
 * r0-r2 weights of a strip, r3 input, r4 staged, r5 weights, r6-r11 sums, lr end of weights */
__attribute__((naked, noinline)) static void run_pass(const pass *at) {
    (void)at;
    __asm__(
        "push   {r4-r11, lr}\n\t"
        "ldm    r0, {r1-r12}\n\t"
        /* Members that choose become the addresses of what they choose. */
        "adr.w  r0, 6f + 1\n\t"
        "rsb    r10, r10, #6\n\t"
        "add    r10, r0, r10, lsl #2\n\t"
        "cmp    r11, #0\n\t"
        "adr.w  r11, 3f + 1\n\t"
        "it     ne\n\t"
        "adrne.w  r11, 4f + 1\n\t"
        "cmp    r12, #0\n\t"
        "adr.w  r12, 5f + 1\n\t"
        "it     ne\n\t"
        "adrne.w  r12, 7f + 1\n\t"
        "push   {r1-r12}\n\t"
        "sub    sp, sp, #44\n"

        /* A channel. */
        "1:\n\t"
        "ldr    r5, [sp, " CONSTANTS "]\n\t"
        "ldr    r0, [sp, " WEIGHT_BYTES "]\n\t"
        "add    lr, r5, r0\n\t"
        "strd   r5, lr, [sp, " WEIGHTS "]\n\t"
        "ldr    r6, [lr, #12]\n\t"
        "mov    r7, r6\n\t"
        "mov    r8, r6\n\t"
        "mov    r9, r6\n\t"
        "mov    r10, r6\n\t"
        "mov    r11, r6\n\t"
        "add    r12, sp, " BIASES "\n\t"
        "stm    r12, {r6-r11}\n\t"
        "ldrd   r4, r3, [sp, " STAGED "]\n\t"
        "strd   r4, r3, [sp, " ROW_STAGED "]\n\t"
        "ldr    r0, [sp, " OUTPUT_BYTES "]\n\t"
        "add    r0, r0, r3\n\t"
        "str    r0, [sp, " OUTPUT_END "]\n"

        /* A row of outputs. */
        "2:\n\t"
        "add    r12, sp, " BIASES "\n\t"
        "ldm    r12, {r6-r11}\n\t"
        "ldrd   r5, lr, [sp, " WEIGHTS "]\n\t"
        "ldr    pc, [sp, " IS_STRIDED "]\n\t"

        ".balign 4\n"
        "4:\n\t"
        "ldrsb  r0, [r5]\n\t"
        "ldrsb  r1, [r5, #1]\n\t"
        "ldrsb  r2, [r5, #2]\n\t"
        "adds   r5, #4\n\t"
        COLUMN(16) TAP(r6, r1)
        COLUMN(32) TAP(r6, r2) TAP(r7, r0)
        COLUMN(48) TAP(r7, r1)
        COLUMN(64) TAP(r7, r2) TAP(r8, r0)
        COLUMN(80) TAP(r8, r1)
        COLUMN(96) TAP(r8, r2) TAP(r9, r0)
        COLUMN(112) TAP(r9, r1)
        COLUMN(128) TAP(r9, r2) TAP(r10, r0)
        COLUMN(144) TAP(r10, r1)
        COLUMN(160) TAP(r10, r2) TAP(r11, r0)
        COLUMN(176) TAP(r11, r1)
        COLUMN(192) TAP(r11, r2)
        LAST_COLUMN(208) TAP(r6, r0)
        "cmp    r5, lr\n\t"
        "bne    4b\n\t"
        "b      8f\n\t"

        ".balign 4\n"
        "3:\n\t"
        "ldrsb  r1, [r5, #1]\n\t"
        "ldrsb  r2, [r5, #2]\n\t"
        "ldrsb  r0, [r5], #4\n\t"
        COLUMN(16) TAP(r6, r1) TAP(r7, r0)
        COLUMN(32) TAP(r6, r2) TAP(r7, r1) TAP(r8, r0)
        COLUMN(48) TAP(r7, r2) TAP(r8, r1) TAP(r9, r0)
        COLUMN(64) TAP(r8, r2) TAP(r9, r1) TAP(r10, r0)
        COLUMN(80) TAP(r9, r2) TAP(r10, r1) TAP(r11, r0)
        COLUMN(96) TAP(r10, r2) TAP(r11, r1)
        COLUMN(112) TAP(r11, r2)
        LAST_COLUMN(128) TAP(r6, r0)
        "cmp    r5, lr\n\t"
        "bne    3b\n"

        /* r0 multiplier, r1 addend, r2 shift */
        "8:\n\t"
        "ldm    lr, {r0-r2}\n\t"
        ".irp   sum, r6, r7, r8, r9, r10, r11\n\t"
        "lsl    \\sum, \\sum, #8\n\t"
        "smull  r3, \\sum, \\sum, r0\n\t"
        ".endr\n\t"
        "ldr    pc, [sp, " AWAY "]\n\t"
        ".balign 4\n"
        "7:\n\t" /* nnq_scale_high's step for negative products */
        ".irp   sum, r6, r7, r8, r9, r10, r11\n\t"
        "add    \\sum, \\sum, #64\n\t"
        "lsr    r3, \\sum, #31\n\t"
        "sub    \\sum, \\sum, r3, lsl #7\n\t"
        ".endr\n\t"
        ".balign 4\n"
        "5:\n\t"
        ".irp   sum, r6, r7, r8, r9, r10, r11\n\t"
        "add    \\sum, \\sum, r1\n\t"
        "asr    \\sum, \\sum, r2\n\t"
        "ssat   \\sum, #8, \\sum\n\t"
        ".endr\n\t"
        "ldrd   r3, r12, [sp, " ROW_OUTPUT "]\n\t"
        "add    r5, r3, r12\n\t"
        "ldr    pc, [sp, " PIXELS "]\n\t"
        ".balign 4\n"
        "6:\n\t"
        "strb   r11, [r5, r12, lsl #2]\n\t"
        "strb   r10, [r3, r12, lsl #2]\n\t"
        "strb   r9, [r5, r12, lsl #1]\n\t"
        "strb   r8, [r3, r12, lsl #1]\n\t"
        "strb   r7, [r3, r12]\n\t"
        "strb   r6, [r3]\n\t"

        "ldr    r4, [sp, " ROW_STAGED "]\n\t"
        "ldrd   r0, r1, [sp, " STEPS "]\n\t"
        "add    r4, r4, r0\n\t"
        "add    r3, r3, r1\n\t"
        "strd   r4, r3, [sp, " ROW_STAGED "]\n\t"
        "ldr    r0, [sp, " OUTPUT_END "]\n\t"
        "cmp    r3, r0\n\t"
        "bne.w  2b\n\t"

        "ldrd   r0, r1, [sp, " STAGED "]\n\t"
        "adds   r0, #1\n\t"
        "adds   r1, #1\n\t"
        "strd   r0, r1, [sp, " STAGED "]\n\t"
        "ldrd   r0, r1, [sp, " CONSTANTS "]\n\t"
        "add    r0, lr, #16\n\t"
        "subs   r1, #1\n\t"
        "strd   r0, r1, [sp, " CONSTANTS "]\n\t"
        "bne.w  1b\n\t"
        "add    sp, sp, #92\n\t"
        "pop    {r4-r11, pc}");
}

#undef WEIGHTS
#undef OUTPUT_END
#undef BIASES
#undef ROW_STAGED
#undef ROW_OUTPUT
#undef STAGED
#undef CONSTANTS
#undef CHANNELS
#undef WEIGHT_BYTES
#undef STEPS
#undef OUTPUT_BYTES
#undef PIXELS
#undef IS_STRIDED
#undef AWAY
#undef COLUMN
#undef LAST_COLUMN
#undef TAP

/* --- Staging --- */

typedef struct maps {
    const nnq_shape *shape;
    const int8_t *input;
    const int8_t *input_end;
    int8_t *staged;
    int32_t first;    /* channel staged */
    int32_t channels; /* 16, or all where there are less */
} maps;

/* `count` columns of a row, `step` columns of the map apart. */
static void stage_strip(const maps *m, int8_t *to, int32_t row, int32_t column, int32_t step, int32_t count) {
    const nnq_shape *s = m->shape;
    int32_t before = 0;
    int32_t inside = 0;
    if (row >= 0 && row < s->in_height) {
        for (; before < count && column < 0; before++) {
            column += step;
        }
        inside = column < s->in_width ? (s->in_width - 1 - column) / step + 1 : 0;
        inside = inside < count - before ? inside : count - before;
    }
    if (inside < count) {
        memset(to, s->in_zero_point, (size_t)(count * NNQ_STRIP_CHANNELS));
    }
    if (inside == 0) {
        return;
    }
    const int8_t *from = m->input + (row * s->in_width + column) * s->in_channels + m->first;
    const int32_t bytes = step * s->in_channels;
    to += before * NNQ_STRIP_CHANNELS;
    if ((inside - 1) * bytes + NNQ_STRIP_CHANNELS <= m->input_end - from) {
        copy_columns(to, from, bytes, inside);
        return;
    }
    for (int32_t i = 0; i < inside; i++) {
        memcpy(to + i * NNQ_STRIP_CHANNELS, from + i * bytes, (size_t)m->channels);
    }
}

/* What outputs from (y, x) on need: rows of the input, each of all strips. */
static void stage(const maps *m, int32_t y, int32_t x, int32_t input_rows) {
    const nnq_shape *s = m->shape;
    const int32_t taps = nnq_strip_taps(s);
    const int32_t columns = nnq_strip_columns(s);
    const int32_t step = taps == 1 ? s->stride_width : 1;
    int8_t *to = m->staged;
    for (int32_t i = 0; i < input_rows; i++) {
        for (int32_t strip = 0; strip < nnq_strips(s); strip++) {
            stage_strip(m, to, y * s->stride_height - s->pad_top + i, x * s->stride_width - s->pad_left + taps * strip,
                        step, columns);
            to += columns * NNQ_STRIP_CHANNELS;
        }
    }
}

void nnq_depthwise_conv2d_armv7m(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                                 uint8_t *scratch) {
    const int32_t all = shape->in_channels;
    const int32_t most_rows = nnq_strip_rows(shape);
    const int32_t width = shape->out_width;
    maps m = {shape, input, input + shape->in_height * shape->in_width * all, (int8_t *)scratch, 0,
              all < NNQ_STRIP_CHANNELS ? all : NNQ_STRIP_CHANNELS};
    pass at;
    at.pixel = all;
    at.weight_bytes = nnq_strip_weight_bytes(shape);
    at.staged_step = nnq_strip_row_bytes(shape) * shape->stride_height;
    at.output_step = width * all;
    at.pixels = width < NNQ_STRIP_PIXELS ? width : NNQ_STRIP_PIXELS;
    at.is_strided = shape->stride_width == 2;
    at.away = shape->away;
    for (int32_t channel = 0; channel < all; channel += NNQ_STRIP_CHANNELS) {
        at.channels = all - channel < m.channels ? all - channel : m.channels;
        m.first = channel + at.channels - m.channels;
        at.constants = constants + channel * (at.weight_bytes + 16);
        at.staged = m.staged + (channel - m.first);
        for (int32_t y = 0; y < shape->out_height; y += most_rows) {
            const int32_t rows = shape->out_height - y < most_rows ? shape->out_height - y : most_rows;
            at.output_bytes = at.output_step * rows;
            for (int32_t x = 0;; x = x + 12 <= width ? x + 6 : width - 6) {
                stage(&m, y, x, nnq_strip_input_rows(shape, rows));
                at.output = output + (y * width + x) * all + channel;
                run_pass(&at);
                if (x + NNQ_STRIP_PIXELS >= width) {
                    break;
                }
            }
        }
    }
}

#endif
