/* SPDX-License-Identifier: Apache-2.0
 * conv2d for Armv7-M without the DSP extension; conv2d_armv7m_layout.c has its constants.
 *
 * Eight output pixels are computed together in five words. A sum of 20 bits is known as soon as it is known modulo 2^20,
 * and eight of those are 5 * 32 bits. So the values a .. e, p, q, r that a tap has in eight windows are staged as
 *
 *     W1 = a + p << 20    W2 = b + p << 8 + q << 16    W3 = c + q << 20    W4 = d + q << 12 + r << 8    W5 = e + r << 20
 *
 * all modulo 2^32, and five MLA with a weight advance eight sums: 7 instructions for 8 multiplications with the loads of
 * the words and of the weight. As long as |sum| < 2^19, that is in a slice of taps whose weights' sum is at most 4095, the
 * eight sums are read out of the five at the end, see `read sums` below. Sums of several slices are kept in scratch.
 */
#include "../shape.h"

#if NNQ_ISA_ARMV7M

#include "../bytes.h"
#include "conv2d_armv7m.h"

/* --- Staging --- */

/* Five words a tap of eight windows that are `stride` bytes apart, `taps` bytes of each; returns where the next go.
 * 18 instructions a tap. Windows 0 .. 7 are a, c, e, p, b, r, d, q. */
__attribute__((naked, noinline)) static int32_t *stage_taps(const int8_t *input, int32_t stride, int32_t *words,
                                                            int32_t taps) {
    (void)input, (void)stride, (void)words, (void)taps;
    /* r0 window 0, r1 window 4, r2 stride, r3 3 * stride, r4-r8 W1-W5, r9 p, r10 r, r11 q, r12 words, lr taps */
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
    const int32_t *words_end;
    uint32_t first_taps;  /* in the first round of the loop, 1 .. 8; rounds have 8 */
    const uint8_t *block; /* of the first channel */
    const uint8_t *blocks_end;
    int8_t *output; /* of the first channel, pixel 0 */
    int32_t pixel;  /* bytes from a pixel's outputs to the next one's */
    int32_t *sums;  /* 256 times those of the slices before, read and written; not used where there is one slice */
    int32_t *kept;  /* the same address */
    uint32_t is_first;
    uint32_t result; /* 0 keep the sums, 1 write outputs, 2 write outputs with shape->away */
} pass;

/* Offsets of the members of run_pass's copy from the stack pointer. */
#define WORDS "#0"
#define FIRST_TAPS "#8"
#define BLOCK "#12"
#define BLOCKS_END "#16"
#define OUTPUT "#20"
#define SUMS "#28"
#define KEPT "#32"
#define IS_FIRST "#36"
#define RESULT "#40"

/* Runs the blocks of all channels; returns where the next block is.
 * Inner loop: 7 instructions for 8 multiplications, and 2 every 64.
 * r0-r4 words, r5 their address, r6-r10 W1-W5, r11 weight, r12 block, lr end of words */
__attribute__((naked, noinline)) static const uint8_t *run_pass(const pass *at) {
    (void)at;
    __asm__(
        "push   {r4-r11, lr}\n\t"
        "ldm    r0, {r1-r11}\n\t"
        "mov    r12, r4\n\t"
        /* Members that choose become the addresses of what they choose. */
        "movs   r0, #26\n\t" /* bytes of a tap's instructions */
        "mul    r3, r3, r0\n\t"
        "adr.w  r0, 3f\n\t"
        "sub    r3, r0, r3\n\t"
        "adr.w  r0, 4f\n\t"
        "cmp    r10, #0\n\t"
        "adr.w  r10, 5f\n\t"
        "it     ne\n\t"
        "movne  r10, r0\n\t"
        "adr.w  r0, 7f\n\t"
        "adr.w  lr, 8f\n\t"
        "cmp    r11, #1\n\t"
        "adr.w  r11, 6f\n\t"
        "it     eq\n\t"
        "moveq  r11, r0\n\t"
        "it     hi\n\t"
        "movhi  r11, lr\n\t"
        "add    r3, r3, #1\n\t"
        "add    r10, r10, #1\n\t"
        "add    r11, r11, #1\n\t"
        "push   {r1-r11}\n"

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

        /* Read sums: a low field is signed in its 20 bits; what remains of its word is the low 12 bits of p, q or r, with
         * which the next word is cleared. r0-r7 become 2^12 * (a, c, e, b, p, d, r, q). */
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
        "add    r12, r12, #3\n\t"
        "bic    r12, r12, #3\n\t"
        "ldr    pc, [sp, " IS_FIRST "]\n\t"

        /* The first slice: to 256 times the sums, add 256 times the bias. */
        ".balign 4\n"
        "4:\n\t"
        "ldr    r8, [r12], #4\n\t"
        ".irp   sum, r0, r1, r2, r3, r4, r5, r6, r7\n\t"
        "add    \\sum, r8, \\sum, asr #4\n\t"
        ".endr\n\t"
        "ldr    pc, [sp, " RESULT "]\n\t"

        /* A later slice: add the sums of the slices before. */
        ".balign 4\n"
        "5:\n\t"
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
        "ldr    pc, [sp, " RESULT "]\n\t"

        /* Not the last slice: keep the sums. */
        ".balign 4\n"
        "6:\n\t"
        "ldr    lr, [sp, " KEPT "]\n\t"
        "stm    lr!, {r0-r7}\n\t"
        "str    lr, [sp, " KEPT "]\n\t"
        "ldr    r0, [sp, " BLOCKS_END "]\n\t"
        "cmp    r12, r0\n\t"
        "bne.w  1b\n\t"
        "b      9f\n\t"

        /* The last slice: outputs. r9 multiplier, r10 addend, r11 shift, lr output, r12 bytes to the next pixel. */
        ".balign 4\n"
        "7:\n\t"
        "ldm    r12!, {r9-r11}\n\t"
        ".irp   sum, r0, r1, r2, r3, r4, r5, r6, r7\n\t"
        "smull  r8, \\sum, \\sum, r9\n\t"
        "add    \\sum, r10\n\t"
        "asr    \\sum, \\sum, r11\n\t"
        "ssat   \\sum, #8, \\sum\n\t"
        ".endr\n"
        "7:\n\t"
        "str    r12, [sp, " BLOCK "]\n\t"
        "ldrd   lr, r12, [sp, " OUTPUT "]\n\t"
        "add    r8, lr, #1\n\t"
        "str    r8, [sp, " OUTPUT "]\n\t"
        "strb   r0, [lr]\n\t"
        "strb   r1, [lr, r12]\n\t"
        "strb   r2, [lr, r12, lsl #1]\n\t"
        "add    lr, lr, r12, lsl #1\n\t"
        "strb   r4, [lr, r12]\n\t"
        "strb   r3, [lr, r12, lsl #1]\n\t"
        "strb   r5, [lr, r12, lsl #2]\n\t"
        "add    lr, lr, r12\n\t"
        "strb   r6, [lr, r12, lsl #1]\n\t"
        "strb   r7, [lr, r12, lsl #2]\n\t"
        "ldrd   r12, r0, [sp, " BLOCK "]\n\t"
        "cmp    r12, r0\n\t"
        "bne.w  1b\n\t"
        "b      9f\n\t"

        /* The same with nnq_scale_high's step for negative products. */
        ".balign 4\n"
        "8:\n\t"
        "ldm    r12!, {r9-r11}\n\t"
        ".irp   sum, r0, r1, r2, r3, r4, r5, r6, r7\n\t"
        "smull  r8, \\sum, \\sum, r9\n\t"
        "adds   \\sum, #64\n\t"
        "lsr    r8, \\sum, #31\n\t"
        "sub    \\sum, \\sum, r8, lsl #7\n\t"
        "add    \\sum, r10\n\t"
        "asr    \\sum, \\sum, r11\n\t"
        "ssat   \\sum, #8, \\sum\n\t"
        ".endr\n\t"
        "b      7b\n"

        "9:\n\t"
        "mov    r0, r12\n\t"
        "add    sp, sp, #44\n\t"
        "pop    {r4-r11, pc}");
}

#undef WORDS
#undef FIRST_TAPS
#undef BLOCK
#undef BLOCKS_END
#undef OUTPUT
#undef SUMS
#undef KEPT
#undef IS_FIRST
#undef RESULT

/* --- Eight windows --- */

/* What does not change between pixels. */
typedef struct conv {
    const nnq_shape *shape;
    const int8_t *input;
    int8_t *output;
    int32_t taps;  /* of a window */
    int32_t slice; /* taps of one */
    int32_t group; /* channels of one */
    int32_t pixels;
    int32_t *words;
} conv;

/* Bytes first .. first + count - 1 of a row of the input, which may lie outside of the map. */
static void copy_row(const conv *c, int8_t *to, int32_t row, int32_t first, int32_t count) {
    const nnq_shape *s = c->shape;
    const int32_t bytes = s->in_width * s->in_channels;
    const int32_t inside = row >= 0 && row < s->in_height;
    const int32_t begin = first > 0 ? first : 0;
    const int32_t end = inside ? nnq_eight_least(first + count, bytes) : begin;
    if (end - begin < count) {
        memset(to, s->in_zero_point, (size_t)count);
    }
    if (end > begin) {
        memcpy(to + (begin - first), c->input + row * bytes + begin, (size_t)(end - begin));
    }
}

/* Stages `count` taps of kernel row `ky` from `tap` of the row on. */
static int32_t *stage_row(const conv *c, int32_t pixel, int32_t ky, int32_t tap, int32_t count, int32_t *words) {
    const nnq_shape *s = c->shape;
    const int32_t stride = s->stride_width * s->in_channels;
    if (nnq_eight_flat(s) && c->pixels >= 8) {
        return stage_taps(c->input + pixel * stride + tap, stride, words, count);
    }
    const int32_t bytes = s->in_width * s->in_channels;
    const int32_t y = pixel / s->out_width;
    const int32_t x = pixel - y * s->out_width;
    const int32_t row = y * s->stride_height - s->pad_top + ky;
    const int32_t first = (x * s->stride_width - s->pad_left) * s->in_channels + tap;
    const int32_t all = 7 * stride + count;
    int8_t *patch = (int8_t *)c->words + nnq_eight_words_bytes(c->slice);
    if (x + 8 <= s->out_width && row >= 0 && row < s->in_height && first >= 0 && first + all <= bytes) {
        return stage_taps(c->input + row * bytes + first, stride, words, count);
    }
    if (x + 8 <= s->out_width && all <= 8 * count) {
        copy_row(c, patch, row, first, all);
        return stage_taps(patch, stride, words, count);
    }
    for (int32_t i = 0; i < 8; i++) {
        const int32_t at = nnq_eight_least(pixel + i, c->pixels - 1);
        const int32_t at_y = at / s->out_width;
        const int32_t at_x = at - at_y * s->out_width;
        copy_row(c, patch + i * count, at_y * s->stride_height - s->pad_top + ky,
                 (at_x * s->stride_width - s->pad_left) * s->in_channels + tap, count);
    }
    return stage_taps(patch, count, words, count);
}

/* Returns the end of the words. */
static int32_t *stage_slice(const conv *c, int32_t pixel, int32_t tap, int32_t count) {
    const int32_t row_taps = c->shape->kernel_width * c->shape->in_channels;
    int32_t *words = c->words + NNQ_EIGHT_WORDS;
    int32_t ky = tap / row_taps;
    tap -= ky * row_taps;
    for (; count > 0; ky++) {
        const int32_t now = nnq_eight_least(count, row_taps - tap);
        words = stage_row(c, pixel, ky, tap, now, words);
        count -= now;
        tap = 0;
    }
    return words;
}

static const uint8_t *compute_group(const conv *c, int32_t pixel, int32_t channel, const uint8_t *block) {
    const nnq_shape *s = c->shape;
    const int32_t count = nnq_eight_least(c->group, s->out_channels - channel);
    const int32_t is_whole = c->pixels >= 8;
    int8_t *behind = (int8_t *)c->words + nnq_eight_words_bytes(c->slice) + nnq_eight_patch_bytes(s, c->slice);
    pass at;
    at.words = c->words;
    at.output = is_whole ? c->output + pixel * s->out_channels + channel : behind;
    at.pixel = is_whole ? s->out_channels : count;
    at.sums = at.kept = (int32_t *)(behind + nnq_eight_output_bytes(s));
    for (int32_t tap = 0; tap < c->taps; tap += c->slice) {
        const int32_t taps = nnq_eight_least(c->slice, c->taps - tap);
        at.words_end = stage_slice(c, pixel, tap, taps);
        at.first_taps = (uint32_t)(taps - 1) % 8 + 1;
        at.block = block;
        at.blocks_end = block + count * nnq_eight_block_bytes(s, tap, taps);
        at.is_first = tap == 0;
        at.result = tap + taps < c->taps ? 0 : 1u + s->away;
        block = run_pass(&at);
    }
    for (int32_t i = 0; !is_whole && i < c->pixels; i++) {
        memcpy(c->output + i * s->out_channels + channel, behind + i * count, (size_t)count);
    }
    return block;
}

void nnq_conv2d_armv7m(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                       uint8_t *scratch) {
    conv c;
    c.shape = shape;
    c.input = input;
    c.output = output;
    c.taps = nnq_eight_taps(shape);
    c.slice = nnq_load_i32(constants);
    c.group = nnq_eight_group(shape, c.slice);
    c.pixels = nnq_eight_pixels(shape);
    c.words = (int32_t *)(void *)scratch;
    memset(scratch, 0, NNQ_EIGHT_BYTES);
    for (int32_t pixel = 0;; pixel = nnq_eight_least(pixel + 8, c.pixels - 8)) {
        const uint8_t *block = constants + 4;
        for (int32_t channel = 0; channel < shape->out_channels; channel += c.group) {
            block = compute_group(&c, pixel, channel, block);
        }
        if (pixel + 8 >= c.pixels) {
            return;
        }
    }
}

#endif
