/* SPDX-License-Identifier: Apache-2.0
 * conv2d for Armv7-M without the DSP extension; conv2d_armv7m_layout.c has its constants.
 *
 * Eight output pixels are computed together in five words. A sum of 20 bits is known as soon as it is known modulo
 * 2^20, and eight of those are 5 * 32 bits. So the values a .. e, p, q, r that a tap has in eight windows are staged,
 * modulo 2^32, as
 *
 *     W1 = a + p << 20    W2 = b + p << 8 + q << 16    W3 = c + q << 20    W4 = d + q << 12 + r << 8
 *     W5 = e + r << 20
 *
 * and five MLA with a weight advance eight sums: 7 instructions for 8 multiplications with the loads of the words and
 * of the weight. As long as |sum| < 2^19, that is in a slice of taps where |w| sums up to 4095 at most, the eight sums
 * are read out of the five at the end, see "Read sums" below. Sums of several slices are kept in scratch.
 */
#include "../shape.h"

#if NNQ_ISA_ARMV7M

#include "../bytes.h"
#include "assembly.h"
#include "conv2d_armv7m.h"

/* --- Staging --- */

/* Makes five words a tap of eight windows that are `stride` bytes apart, `taps` bytes of each; returns their end.
 * 18 instructions a tap. Windows 0 .. 7 are a, c, e, p, b, r, d, q.
 * r0 window 0, r1 window 4, r2 stride, r3 3 * stride, r4-r8 W1-W5, r9 p, r10 r, r11 q, r12 words, lr taps */
NNQ_ASSEMBLY int32_t *stage_taps(NNQ_REGISTER const int8_t *input, NNQ_REGISTER int32_t stride,
                                 NNQ_REGISTER int32_t *words, NNQ_REGISTER int32_t taps) {
    __asm__("push   {r4-r11, lr}\n\t"
            "mov    r12, r2\n\t"
            "mov    lr, r3\n\t"
            "mov    r2, r1\n\t"
            "add    r1, r0, r2, lsl #2\n\t"
            "add    r3, r2, r2, lsl #1\n"
            "1:\n\t"
            "ldrsb  r9, [r0, r3]\n\t"
            "ldrsb  r10, [r1, r2]\n\t"
            "ldrsb  r11, [r1, r3]\n\t"
            "ldrsb  r6, [r0, r2]\n\t"
            "ldrsb  r7, [r0, r3, lsl #1]\n\t"
            "ldrsb  r8, [r0, r2, lsl #1]\n\t"
            "ldrsb  r5, [r1], #1\n\t"
            "ldrsb  r4, [r0], #1\n\t"
            "add    r4, r4, r9, lsl #20\n\t"
            "add    r5, r5, r9, lsl #8\n\t"
            "add    r5, r5, r11, lsl #16\n\t"
            "add    r6, r6, r11, lsl #20\n\t"
            "add    r7, r7, r11, lsl #12\n\t"
            "add    r7, r7, r10, lsl #8\n\t"
            "add    r8, r8, r10, lsl #20\n\t"
            "stm    r12!, {r4-r8}\n\t"
            "subs   lr, lr, #1\n\t"
            "bne    1b\n\t"
            "mov    r0, r12\n\t"
            "pop    {r4-r11, pc}");
}

/* --- A slice of taps for a group of channels --- */

typedef struct pass {
    const int32_t *words; /* five zeros, then those of the slice */
    int32_t taps;         /* of the slice */
    const int32_t *kept_end;
    const int8_t *output_end; /* channels run up to here */
    int8_t *output;           /* of the first channel, pixel 0 */
    int32_t pixel;            /* bytes from a pixel's outputs to the next one's */
    const int32_t *sums;      /* 256 times those of the slices before, eight a channel */
    int32_t *kept;            /* the same address: where they go */
    int32_t is_first;
    int32_t is_last;
    int32_t away;
} pass;

/* Offsets from the stack pointer of what run_pass has there. */
#define WORDS "#0" /* and their end */
#define KEPT_END "#8"
#define OUTPUT_END "#12"
#define OUTPUT "#16" /* and pixel */
#define SUMS "#24"
#define KEPT "#28"
#define IS_FIRST "#32"
#define IS_LAST "#36"
#define AWAY "#40"
#define FIRST_TAPS "#44"

#define EACH_SUM ".irp   sum, r0, r1, r2, r3, r4, r5, r6, r7\n\t"

/* Runs the blocks of channels; returns where they end.
 * Inner loop: 7 instructions for 8 multiplications, and 2 every 64.
 * r0-r4 words, r5 their address, r6-r10 W1-W5, r11 weight, r12 block, lr end of words */
NNQ_ASSEMBLY const uint8_t *run_pass(NNQ_REGISTER const uint8_t *block, NNQ_REGISTER const pass *at) {
    __asm__(
        "push   {r4-r11, lr}\n\t"
        "mov    lr, r0\n\t"
        "ldm    r1, {r1-r11}\n\t"
        /* The loop has eight taps, 26 bytes of instructions each; the first round those that would be left. */
        "subs   r0, r2, #1\n\t"
        "and    r0, r0, #7\n\t"
        "adds   r0, #1\n\t"
        "movs   r12, #26\n\t"
        "mul    r0, r0, r12\n\t"
        "adr.w  r12, 3f + 1\n\t"
        "sub    r12, r12, r0\n\t"
        /* 1 where the weights end at a multiple of 4. */
        "ands   r0, r2, #3\n\t"
        "clz    r0, r0\n\t"
        "lsrs   r0, r0, #5\n\t"
        /* The end of the words: 20 bytes a tap. */
        "adds   r2, #1\n\t"
        "add    r2, r2, r2, lsl #2\n\t"
        "add    r2, r1, r2, lsl #2\n\t"
        /* What chooses becomes the address of what it chooses. */
        "cmp    r9, #0\n\t"
        "ite    ne\n\t"
        "adrne.w r9, 4f + 1\n\t"
        "adreq.w r9, 5f + 1\n\t"
        "add    r9, r9, r0, lsl #3\n\t" /* the first two instructions there */
        "cmp    r10, #0\n\t"
        "ite    ne\n\t"
        "adrne.w r10, 7f + 1\n\t"
        "adreq.w r10, 6f + 1\n\t"
        "cmp    r11, #0\n\t"
        "ite    ne\n\t"
        "adrne.w r11, 8f + 1\n\t"
        "adreq.w r11, 9f + 1\n\t"
        "push   {r1-r12}\n\t"
        "mov    r12, lr\n"

        /* A channel. */
        "1:\n\t"
        "ldrd   r5, lr, [sp, " WORDS "]\n\t"
        "ldm    r5!, {r6-r10}\n\t"
        "ldr    pc, [sp, " FIRST_TAPS "]\n"
        "2:\n\t"
        ".rept  8\n\t"
        "ldm    r5!, {r0-r4}\n\t"
        "ldrsb  r11, [r12], #1\n\t"
        "mla    r6, r0, r11, r6\n\t"
        "mla    r7, r1, r11, r7\n\t"
        "mla    r8, r2, r11, r8\n\t"
        "mla    r9, r3, r11, r9\n\t"
        "mla    r10, r4, r11, r10\n\t"
        ".endr\n"
        "3:\n\t"
        "cmp    r5, lr\n\t"
        "bne.w  2b\n\t"

        /* Read sums: the low field of a word is signed in its 20 bits; what is above is the low 12 bits of p, q or r,
         * with which the next word is cleared. r0-r7 become 2^12 * (a, c, e, b, p, d, r, q). */
        "lsl    r0, r6, #12\n\t" /* a */
        "sub    r6, r6, r0, asr #12\n\t"
        "lsl    r1, r8, #12\n\t" /* c */
        "sub    r8, r8, r1, asr #12\n\t"
        "lsl    r2, r10, #12\n\t" /* e */
        "sub    r10, r10, r2, asr #12\n\t"
        "sub    r7, r7, r8, lsr #4\n\t"
        "sub    r3, r7, r6, lsr #12\n\t"
        "lsl    r3, r3, #12\n\t" /* b */
        "sub    r7, r7, r3, asr #12\n\t"
        "lsl    r4, r7, #4\n\t" /* p */
        "sub    r7, r7, r4, asr #4\n\t" /* bits 12-15 of q, at the top */
        "lsr    r8, r8, #8\n\t"
        "add    r8, r8, r7, lsr #4\n\t" /* bits 0-15 of q, 2^12 times */
        "sub    r9, r9, r8\n\t"
        "sub    r5, r9, r10, lsr #12\n\t"
        "lsl    r5, r5, #12\n\t" /* d */
        "sub    r9, r9, r5, asr #12\n\t"
        "lsl    r6, r9, #4\n\t" /* r */
        "sub    r9, r9, r6, asr #4\n\t" /* bits 16-19 of q, at the top */
        "add    r7, r8, r9\n\t" /* q */
        "ldr    pc, [sp, " IS_FIRST "]\n\t"

        /* The first slice: 256 times the sums and the bias. A slice that is not the last one has 4n taps. */
        ".balign 4\n"
        "4:\n\t"
        "add    r12, r12, #3\n\t"
        "bic    r12, r12, #3\n\t"
        "ldr    r8, [r12], #4\n\t"
        EACH_SUM
        "add    \\sum, r8, \\sum, asr #4\n\t"
        ".endr\n\t"
        "ldr    pc, [sp, " IS_LAST "]\n\t"

        /* A later slice: 256 times the sums, with those of the slices before. */
        ".balign 4\n"
        "5:\n\t"
        "add    r12, r12, #3\n\t"
        "bic    r12, r12, #3\n\t"
        "ldr    lr, [sp, " SUMS "]\n\t"
        "ldm    lr!, {r8-r11}\n\t"
        "add    r0, r8, r0, asr #4\n\t"
        "add    r1, r9, r1, asr #4\n\t"
        "add    r2, r10, r2, asr #4\n\t"
        "add    r3, r11, r3, asr #4\n\t"
        "ldm    lr!, {r8-r11}\n\t"
        "add    r4, r8, r4, asr #4\n\t"
        "add    r5, r9, r5, asr #4\n\t"
        "add    r6, r10, r6, asr #4\n\t"
        "add    r7, r11, r7, asr #4\n\t"
        "str    lr, [sp, " SUMS "]\n\t"
        "ldr    pc, [sp, " IS_LAST "]\n\t"

        /* Not the last slice: keep the sums. */
        ".balign 4\n"
        "6:\n\t"
        "ldr    r8, [sp, " KEPT_END "]\n\t"
        "ldr    lr, [sp, " KEPT "]\n\t"
        "stm    lr!, {r0-r7}\n\t"
        "str    lr, [sp, " KEPT "]\n\t"
        "cmp    lr, r8\n\t"
        "bne.w  1b\n\t"
        "b      2f\n\t"

        /* The last slice: outputs. r9 multiplier, r10 addend, r11 shift */
        ".balign 4\n"
        "7:\n\t"
        "ldm    r12!, {r9-r11}\n\t"
        EACH_SUM
        "smull  r8, \\sum, \\sum, r9\n\t"
        ".endr\n\t"
        "ldr    pc, [sp, " AWAY "]\n\t"
        ".balign 4\n"
        "8:\n\t" /* nnq_scale_high's step for negative products */
        EACH_SUM
        "adds   \\sum, #64\n\t"
        "lsr    r8, \\sum, #31\n\t"
        "sub    \\sum, \\sum, r8, lsl #7\n\t"
        ".endr\n\t"
        ".balign 4\n"
        "9:\n\t"
        EACH_SUM
        "add    \\sum, r10\n\t"
        "asr    \\sum, \\sum, r11\n\t"
        "ssat   \\sum, #8, \\sum\n\t"
        ".endr\n\t"
        "ldrd   lr, r8, [sp, " OUTPUT "]\n\t"
        "add    r9, lr, #1\n\t"
        "str    r9, [sp, " OUTPUT "]\n\t"
        "strb   r0, [lr]\n\t"
        "strb   r1, [lr, r8]\n\t"
        "strb   r2, [lr, r8, lsl #1]\n\t"
        "add    lr, lr, r8, lsl #1\n\t"
        "strb   r4, [lr, r8]\n\t"
        "strb   r3, [lr, r8, lsl #1]\n\t"
        "strb   r5, [lr, r8, lsl #2]\n\t"
        "add    lr, lr, r8\n\t"
        "strb   r6, [lr, r8, lsl #1]\n\t"
        "strb   r7, [lr, r8, lsl #2]\n\t"
        "ldr    r0, [sp, " OUTPUT_END "]\n\t"
        "cmp    r9, r0\n\t"
        "bne.w  1b\n"
        "2:\n\t"
        "mov    r0, r12\n\t"
        "add    sp, sp, #48\n\t"
        "pop    {r4-r11, pc}");
}

#undef WORDS
#undef KEPT_END
#undef OUTPUT_END
#undef OUTPUT
#undef SUMS
#undef KEPT
#undef IS_FIRST
#undef IS_LAST
#undef AWAY
#undef FIRST_TAPS
#undef EACH_SUM

/* --- Eight windows --- */

/* The kernel's state. It lies in scratch, for the stack's sake. */
typedef struct conv {
    const nnq_shape *shape;
    const int8_t *input;
    int8_t *patch;
    int32_t stride;   /* bytes from a window to its neighbour */
    int32_t row_taps; /* of a row of the kernel */
    int32_t bytes;    /* of a row of the input */
    int32_t pixel;    /* the first one of eight */
    pass pass;
    int32_t zeros[NNQ_EIGHT_WORDS]; /* the words of a slice follow */
} conv;

/* Copies bytes first .. first + now - 1 of a row of the input, and as many more of the window, `count` in all, as rows
 * of the kernel follow. What is outside of the map is the zero point. */
static void copy_rows(const conv *c, int8_t *to, int32_t row, int32_t first, int32_t now, int32_t count) {
    const int8_t zero_point = c->shape->in_zero_point;
    const int32_t bytes = c->bytes;
    for (;;) {
        int8_t *end = to + now;
        int32_t at = row < 0 || row >= c->shape->in_height ? bytes : first;
        for (; at < 0 && to < end; at++) {
            *to++ = zero_point;
        }
        const int32_t inside = nnq_eight_least(bytes - at, (int32_t)(end - to));
        if (inside > 0) {
            memcpy(to, c->input + row * bytes + at, (size_t)inside);
            to += inside;
        }
        while (to < end) {
            *to++ = zero_point;
        }
        count -= now;
        if (count == 0) {
            return;
        }
        first += now - c->row_taps;
        now = nnq_eight_least(count, c->row_taps);
        row++;
    }
}

/* Stages the same of eight windows that are neighbours in a row, a row of the kernel at a time: from where they are, or
 * by way of the patch at the edges of the map. */
static void stage_rows(const conv *c, int32_t row, int32_t first, int32_t now, int32_t count) {
    int32_t *words = (int32_t *)(void *)(c + 1);
    for (; count > 0; row++) {
        const int32_t all = 7 * c->stride + now;
        const int8_t *from = c->patch;
        if (row >= 0 && row < c->shape->in_height && first >= 0 && first + all <= c->bytes) {
            from = c->input + row * c->bytes + first;
        } else {
            copy_rows(c, c->patch, row, first, all, all);
        }
        words = stage_taps(from, c->stride, words, now);
        count -= now;
        first += now - c->row_taps;
        now = nnq_eight_least(count, c->row_taps);
    }
}

/* Stages taps tap .. tap + count - 1 of eight windows. Where they are not in one row, each is copied. */
__attribute__((noinline)) static void stage_slice(const conv *c, int32_t tap, int32_t count) {
    const nnq_shape *s = c->shape;
    const int32_t ky = tap / c->row_taps;
    const int32_t top = ky - s->pad_top;
    const int32_t left = tap - ky * c->row_taps - s->pad_left * s->in_channels;
    const int32_t now = nnq_eight_least(count, (ky + 1) * c->row_taps - tap);
    int32_t y = c->pixel / s->out_width;
    int32_t x = c->pixel - y * s->out_width;
    if (x + 8 <= s->out_width) {
        stage_rows(c, y * s->stride_height + top, x * c->stride + left, now, count);
        return;
    }
    for (int32_t i = 0; i < 8; i++) {
        copy_rows(c, c->patch + i * count, y * s->stride_height + top, x * c->stride + left, now, count);
        if (c->pixel + i + 1 < nnq_eight_pixels(s) && ++x == s->out_width) {
            x = 0;
            y++;
        }
    }
    stage_taps(c->patch, count, (int32_t *)(void *)(c + 1), count);
}

void nnq_conv2d_armv7m(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                       uint8_t *scratch) {
    const nnq_eight_plan *plan = (const nnq_eight_plan *)(const void *)constants;
    const int32_t channels = shape->out_channels;
    const int32_t taps = nnq_eight_taps(shape);
    const int32_t pixels = nnq_eight_pixels(shape);
    conv *c = (conv *)(void *)scratch;
    pass *at = &c->pass;
    int32_t *sums = (int32_t *)(void *)(scratch + plan->sums);
    memset(c, 0, sizeof *c);
    c->shape = shape;
    c->input = input;
    c->patch = (int8_t *)scratch + plan->patch;
    c->stride = shape->stride_width * shape->in_channels;
    c->row_taps = shape->kernel_width * shape->in_channels;
    c->bytes = shape->in_width * shape->in_channels;
    at->words = c->zeros;
    at->away = shape->away;
    for (;;) {
        const uint8_t *block = constants + sizeof *plan;
        for (int32_t channel = 0; channel < channels; channel += plan->group) {
            const int32_t count = nnq_eight_least(plan->group, channels - channel);
            at->output = pixels < 8 ? c->patch : output + c->pixel * channels + channel;
            at->output_end = at->output + count;
            at->pixel = pixels < 8 ? count : channels;
            at->sums = at->kept = sums;
            at->kept_end = taps > plan->slice ? sums + 8 * count : sums; /* one slice keeps none */
            for (int32_t tap = 0; tap < taps; tap += plan->slice) {
                at->taps = nnq_eight_least(plan->slice, taps - tap);
                at->is_first = tap == 0;
                at->is_last = tap + at->taps == taps;
                if (plan->is_flat) {
                    stage_taps(input + c->pixel * taps + tap, taps, (int32_t *)(void *)(c + 1), at->taps);
                } else {
                    stage_slice(c, tap, at->taps);
                }
                block = run_pass(block, at);
            }
            for (int32_t i = 0; pixels < 8 && i < pixels; i++) {
                memcpy(output + i * channels + channel, c->patch + i * count, (size_t)count);
            }
        }
        if (c->pixel + 8 >= pixels) {
            return;
        }
        c->pixel = nnq_eight_least(c->pixel + 8, pixels - 8);
    }
}

#endif
