/* SPDX-License-Identifier: Apache-2.0
 * depthwise_conv2d for Armv7-M without the DSP extension; depthwise_conv2d_armv7m_layout.c has its constants.
 *
 * Of 16 channels, the columns that a block of neighbouring outputs needs are copied into scratch, where a column of a
 * channel is 16 bytes from the next one, so that its offset is part of the instructions. Each byte loaded serves the up
 * to three outputs of a row in whose window it is.
 */
#include "../shape.h"

#if NNQ_ISA_ARMV7M

#include "../bytes.h"
#include "assembly.h"
#include "depthwise_conv2d_armv7m.h"

/* Copies 16 bytes each from places `step` bytes apart, `columns` in each of `rows`; rows are `from_row` and `to_row`
 * bytes apart. */
NNQ_ASSEMBLY void copy_columns(NNQ_REGISTER int8_t *to, NNQ_REGISTER const int8_t *from,
                               NNQ_REGISTER int32_t columns, NNQ_REGISTER int32_t rows, NNQ_REGISTER int32_t step,
                               NNQ_REGISTER int32_t from_row, NNQ_REGISTER int32_t to_row) {
    __asm__("push   {r4-r11, lr}\n\t"
            "ldr    r8, [sp, #36]\n\t"
            "ldrd   r9, r10, [sp, #40]\n"
            "1:\n\t"
            "mov    r11, r0\n\t"
            "mov    r12, r1\n\t"
            "mov    lr, r2\n\t"
            "orr    r4, r1, r8\n\t"
            "tst    r4, #3\n\t"
            "bne    3f\n"
            "2:\n\t"
            "ldm    r12, {r4-r7}\n\t"
            "add    r12, r12, r8\n\t"
            "stm    r11!, {r4-r7}\n\t"
            "subs   lr, lr, #1\n\t"
            "bne    2b\n\t"
            "b      4f\n"
            "3:\n\t" /* LDM needs addresses that are multiples of 4, LDR does not */
            "ldr    r4, [r12]\n\t"
            "ldr    r5, [r12, #4]\n\t"
            "ldr    r6, [r12, #8]\n\t"
            "ldr    r7, [r12, #12]\n\t"
            "add    r12, r12, r8\n\t"
            "stm    r11!, {r4-r7}\n\t"
            "subs   lr, lr, #1\n\t"
            "bne    3b\n"
            "4:\n\t"
            "add    r0, r0, r10\n\t"
            "add    r1, r1, r9\n\t"
            "subs   r3, r3, #1\n\t"
            "bne    1b\n\t"
            "pop    {r4-r11, pc}");
}

/* --- A block of columns, some rows, some channels --- */

typedef struct pass {
    int32_t pixel;            /* bytes from a pixel's outputs to the next one's */
    const int8_t *staged;     /* of the first channel */
    int8_t *output;           /* of the first channel */
    const uint8_t *constants; /* of the first channel */
    int32_t *weights;         /* memory for a channel's: six times the bias, three words a strip, the scale */
    int32_t *weights_end;     /* where the scale is */
    int32_t channels;
    int32_t staged_step;  /* bytes from what a row of outputs needs to what the next one needs */
    int32_t output_step;  /* bytes from a row of outputs to the next one */
    int32_t output_bytes; /* output_step * rows */
    int32_t pixels;       /* 1 .. 6 that are written */
    int32_t flags;        /* 1 blocks of five, 2 stride of two, 4 away */
} pass;

/* Offsets from the stack pointer of what run_pass has there. */
#define LOOP "#0"
#define OUTPUT_END "#4"
#define ROW_STAGED "#8"
#define ROW_OUTPUT "#12" /* and pixel */
#define STAGED "#20"     /* and output */
#define CONSTANTS "#28"
#define WEIGHTS "#32" /* and their end */
#define WEIGHTS_END "#36"
#define CHANNELS "#40"
#define STEPS "#44"
#define OUTPUT_BYTES "#52"
#define PIXELS "#56"
#define FLAGS "#60"

#define EACH_SUM ".irp   sum, r6, r7, r8, r9, r10, r11\n\t"

/* Two columns of a strip, their bytes into r3 and r12; the second one is the first of all where it moves on to the next
 * strip. */
#define COLUMNS(first, second)                                                                                         \
    "ldrsb  r3, [r4, #" #first "]\n\t"                                                                                 \
    "ldrsb  r12, [r4, #" #second "]\n\t"
#define COLUMNS_AND_STRIP(first, strip)                                                                                \
    "ldrsb  r3, [r4, #" #first "]\n\t"                                                                                 \
    "ldrsb  r12, [r4], #" #strip "\n\t"
#define TAP(sum, column, weight) "mla    " #sum ", " #column ", " #weight ", " #sum "\n\t"

/* Inner loops: 29 instructions for 18 multiplications, 34 where the stride is two, 25 for 15 in a block of five.
 * r0-r2 weights of a strip, r3, r12 input, r4 staged, r5 weights, r6-r11 sums, lr end of weights */
NNQ_ASSEMBLY void run_pass(NNQ_REGISTER const pass *at) {
    __asm__(
        "push   {r4-r11, lr}\n\t"
        "ldm    r0, {r1-r12}\n\t"
        /* What chooses becomes the address of what it chooses. */
        "adr.w  r0, 6f + 1\n\t"
        "rsb    r11, r11, #6\n\t"
        "add    r11, r0, r11, lsl #2\n\t"
        "adr.w  r0, 3f + 1\n\t"
        "tst    r12, #1\n\t"
        "it     ne\n\t"
        "adrne.w r0, 5f + 1\n\t"
        "tst    r12, #2\n\t"
        "it     ne\n\t"
        "adrne.w r0, 4f + 1\n\t"
        "tst    r12, #4\n\t"
        "ite    ne\n\t"
        "adrne.w r12, 7f + 1\n\t"
        "adreq.w r12, 8f + 1\n\t"
        "push   {r1-r12}\n\t"
        "sub    sp, sp, #16\n\t"
        "str    r0, [sp, " LOOP "]\n"

        /* A channel: 256 times its bias, six times, and 256 times its weights, as words. */
        "1:\n\t"
        "ldrd   r4, r5, [sp, " CONSTANTS "]\n\t"
        "ldr    lr, [sp, " WEIGHTS_END "]\n\t"
        "ldr    r6, [r4], #4\n\t"
        ".irp   sum, r7, r8, r9, r10, r11\n\t"
        "mov    \\sum, r6\n\t"
        ".endr\n\t"
        "stm    r5!, {r6-r11}\n"
        "2:\n\t"
        "ldr    r3, [r4], #4\n\t"
        "sxtb   r0, r3\n\t"
        "sxtb   r1, r3, ror #8\n\t"
        "sxtb   r2, r3, ror #16\n\t"
        ".irp   weight, r0, r1, r2\n\t"
        "lsls   \\weight, \\weight, #8\n\t"
        ".endr\n\t"
        "stm    r5!, {r0-r2}\n\t"
        "cmp    r5, lr\n\t"
        "bne    2b\n\t"
        "ldm    r4!, {r0-r2}\n\t"
        "stm    r5, {r0-r2}\n\t"
        "str    r4, [sp, " CONSTANTS "]\n\t"
        "ldrd   r4, r3, [sp, " STAGED "]\n\t"
        "strd   r4, r3, [sp, " ROW_STAGED "]\n\t"
        "ldr    r0, [sp, " OUTPUT_BYTES "]\n\t"
        "add    r0, r0, r3\n\t"
        "str    r0, [sp, " OUTPUT_END "]\n"

        /* A row of outputs. */
        "2:\n\t"
        "ldrd   r5, lr, [sp, " WEIGHTS "]\n\t"
        "ldm    r5!, {r6-r11}\n\t"
        "ldr    pc, [sp, " LOOP "]\n\t"

        /* Strips: of a block of five, with a stride of two, and of a block of six. */
        ".balign 4\n"
        "5:\n\t"
        "ldm    r5!, {r0-r2}\n\t"
        "ldrsb  r3, [r4, #16]\n\t" TAP(r6, r3, r1) TAP(r7, r3, r0)
        COLUMNS(32, 48)
        TAP(r6, r3, r2) TAP(r7, r3, r1) TAP(r8, r3, r0) TAP(r7, r12, r2) TAP(r8, r12, r1) TAP(r9, r12, r0)
        COLUMNS(64, 80)
        TAP(r8, r3, r2) TAP(r9, r3, r1) TAP(r10, r3, r0) TAP(r9, r12, r2) TAP(r10, r12, r1)
        COLUMNS_AND_STRIP(96, 112)
        TAP(r10, r3, r2) TAP(r6, r12, r0)
        "cmp    r5, lr\n\t"
        "bne    5b\n\t"
        "b      9f\n\t"

        ".balign 4\n"
        "4:\n\t"
        "ldm    r5!, {r0-r2}\n\t"
        "ldrsb  r3, [r4, #16]\n\t" TAP(r6, r3, r1)
        COLUMNS(32, 48)
        TAP(r6, r3, r2) TAP(r7, r3, r0) TAP(r7, r12, r1)
        COLUMNS(64, 80)
        TAP(r7, r3, r2) TAP(r8, r3, r0) TAP(r8, r12, r1)
        COLUMNS(96, 112)
        TAP(r8, r3, r2) TAP(r9, r3, r0) TAP(r9, r12, r1)
        COLUMNS(128, 144)
        TAP(r9, r3, r2) TAP(r10, r3, r0) TAP(r10, r12, r1)
        COLUMNS(160, 176)
        TAP(r10, r3, r2) TAP(r11, r3, r0) TAP(r11, r12, r1)
        COLUMNS_AND_STRIP(192, 208)
        TAP(r11, r3, r2) TAP(r6, r12, r0)
        "cmp    r5, lr\n\t"
        "bne    4b\n\t"
        "b      9f\n\t"

        ".balign 4\n"
        "3:\n\t"
        "ldm    r5!, {r0-r2}\n\t"
        COLUMNS(16, 32)
        TAP(r6, r3, r1) TAP(r7, r3, r0) TAP(r6, r12, r2) TAP(r7, r12, r1) TAP(r8, r12, r0)
        COLUMNS(48, 64)
        TAP(r7, r3, r2) TAP(r8, r3, r1) TAP(r9, r3, r0) TAP(r8, r12, r2) TAP(r9, r12, r1) TAP(r10, r12, r0)
        COLUMNS(80, 96)
        TAP(r9, r3, r2) TAP(r10, r3, r1) TAP(r11, r3, r0) TAP(r10, r12, r2) TAP(r11, r12, r1)
        COLUMNS_AND_STRIP(112, 128)
        TAP(r11, r3, r2) TAP(r6, r12, r0)
        "cmp    r5, lr\n\t"
        "bne    3b\n"

        /* r0 multiplier, r1 addend, r2 shift */
        "9:\n\t"
        "ldm    lr, {r0-r2}\n\t"
        EACH_SUM
        "smull  r3, \\sum, \\sum, r0\n\t"
        ".endr\n\t"
        "ldr    pc, [sp, " FLAGS "]\n\t"
        ".balign 4\n"
        "7:\n\t" /* nnq_scale_high's step for negative products */
        EACH_SUM
        "add    \\sum, \\sum, #64\n\t"
        "lsr    r3, \\sum, #31\n\t"
        "sub    \\sum, \\sum, r3, lsl #7\n\t"
        ".endr\n\t"
        ".balign 4\n"
        "8:\n\t"
        EACH_SUM
        "add    \\sum, r1\n\t"
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
        "ldr    r0, [sp, " CHANNELS "]\n\t"
        "subs   r0, #1\n\t"
        "str    r0, [sp, " CHANNELS "]\n\t"
        "bne.w  1b\n\t"
        "add    sp, sp, #64\n\t"
        "pop    {r4-r11, pc}");
}

#undef LOOP
#undef OUTPUT_END
#undef ROW_STAGED
#undef ROW_OUTPUT
#undef STAGED
#undef CONSTANTS
#undef WEIGHTS
#undef WEIGHTS_END
#undef CHANNELS
#undef STEPS
#undef OUTPUT_BYTES
#undef PIXELS
#undef FLAGS
#undef EACH_SUM
#undef COLUMNS
#undef COLUMNS_AND_STRIP
#undef TAP

/* --- Staging --- */

/* The kernel's state. It lies in scratch, for the stack's sake. */
typedef struct maps {
    const nnq_shape *shape;
    const nnq_strip_plan *plan;
    const int8_t *input; /* from the first channel staged on */
    const int8_t *input_end;
    int8_t *staged;
    int32_t channels; /* 16, or all where there are less */
    pass pass;
} maps;

static int32_t least(int32_t a, int32_t b) {
    return a < b ? a : b;
}

/* Of neighbouring columns of `rows` rows from `row` on, those inside of the map. */
__attribute__((noinline)) static void stage_columns(const maps *m, int8_t *to, int32_t row, int32_t rows,
                                                    int32_t column, int32_t columns) {
    const nnq_shape *s = m->shape;
    const int32_t step = s->in_channels;
    const int32_t to_row = m->plan->strips * m->plan->columns * NNQ_STRIP_CHANNELS;
    const int32_t above = row < 0 ? -row : 0;
    const int32_t before = column < 0 ? -column : 0;
    rows = least(rows, s->in_height - row) - above;
    columns = least(columns, s->in_width - column) - before;
    if (rows <= 0 || columns <= 0) {
        return;
    }
    row += above;
    column += before;
    to += above * to_row + before * NNQ_STRIP_CHANNELS;
    const int8_t *from = m->input + (row * s->in_width + column) * step;
    const int32_t from_row = s->in_width * step;
    if (from + (rows - 1) * from_row + (columns - 1) * step + NNQ_STRIP_CHANNELS <= m->input_end) {
        copy_columns(to, from, columns, rows, step, from_row, to_row);
        return;
    }
    for (; rows > 0; rows--, to += to_row, from += from_row) {
        for (int32_t i = 0; i < columns; i++) {
            memcpy(to + i * NNQ_STRIP_CHANNELS, from + i * step, (size_t)m->channels);
        }
    }
}

/* `rows` rows from `row` on for outputs from column x on. */
__attribute__((noinline)) static void stage(const maps *m, int32_t row, int32_t rows, int32_t x) {
    const nnq_shape *s = m->shape;
    const nnq_strip_plan *plan = m->plan;
    const int32_t neighbours = plan->taps == 1 ? 1 : plan->columns;
    int32_t column = x * s->stride_width - s->pad_left;
    int8_t *to = m->staged;
    if (row < 0 || row + rows > s->in_height || column < 0 || plan->strips > 1 ||
        column + plan->columns > s->in_width) {
        memset(to, s->in_zero_point, (size_t)(rows * plan->strips * plan->columns * NNQ_STRIP_CHANNELS));
    }
    for (int32_t strip = 0; strip < plan->strips; strip++, column += plan->taps) {
        for (int32_t i = 0; i < plan->columns; i += neighbours) {
            stage_columns(m, to, row, rows, column + i * s->stride_width, neighbours);
            to += neighbours * NNQ_STRIP_CHANNELS;
        }
    }
}

void nnq_depthwise_conv2d_armv7m(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                                 uint8_t *scratch) {
    const nnq_strip_plan *plan = (const nnq_strip_plan *)(const void *)constants;
    const int32_t all = shape->in_channels;
    const int32_t width = shape->out_width;
    maps *m = (maps *)(void *)scratch;
    pass *at = &m->pass;
    m->shape = shape;
    m->plan = plan;
    m->input_end = input + shape->in_height * shape->in_width * all;
    m->channels = least(all, NNQ_STRIP_CHANNELS);
    at->pixel = all;
    at->constants = constants + sizeof *plan;
    at->weights = (int32_t *)(void *)(m + 1);
    at->weights_end = at->weights + 6 + plan->weights / 4 * 3;
    m->staged = (int8_t *)(at->weights_end + 3);
    at->output_step = width * all;
    at->staged_step = plan->strips * plan->columns * NNQ_STRIP_CHANNELS * shape->stride_height;
    at->pixels = least(plan->pixels, width);
    at->flags = (plan->pixels == 5 ? 1 : 0) + (plan->columns == 13 ? 2 : 0) + (shape->away ? 4 : 0);
    for (int32_t channel = 0; channel < all; channel += NNQ_STRIP_CHANNELS) {
        at->channels = least(all - channel, NNQ_STRIP_CHANNELS);
        m->input = input + channel + at->channels - m->channels;
        at->staged = m->staged + m->channels - at->channels;
        for (int32_t y = 0; y < shape->out_height; y += plan->rows) {
            const int32_t rows = least(plan->rows, shape->out_height - y);
            at->output_bytes = at->output_step * rows;
            for (int32_t x = 0;; x = least(x + plan->pixels, width - plan->pixels)) {
                stage(m, y * shape->stride_height - shape->pad_top,
                      (rows - 1) * shape->stride_height + shape->kernel_height, x);
                at->output = output + (y * width + x) * all + channel;
                run_pass(at);
                if (x + plan->pixels >= width) {
                    break;
                }
            }
        }
        at->constants += at->channels * (plan->weights + 16);
    }
}

#endif
