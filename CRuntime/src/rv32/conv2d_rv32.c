/* SPDX-License-Identifier: Apache-2.0
 * conv2d for RV32: eight pixels at once, their sums in five words; conv2d_rv32_layout.c has the constants.
 *
 * Let S0 .. S7 be a channel's sums for eight pixels, |Si| < 2^19. All arithmetic being modulo 2^32, words that hold
 *
 *     W0 = S0 + S4 << 20                 W1 = S3 + S4 << 8 + S7 << 16
 *     W2 = S1 + S7 << 20                 W3 = S5 + S6 << 8 + S7 << 12
 *     W4 = S2 + S6 << 20
 *
 * determine them: 8 * 20 bits are 5 * 32. The words are linear in the pixels, so the pixels of each tap are staged in
 * the same way once for all channels, and five multiplications and additions serve eight products.
 */
#include "../shape.h"

#if NNQ_ISA_RV32

#include "conv2d_rv32.h"

#include <string.h>

/* The kernel's variables, in scratch. The assembly below knows the places of those in front. */
typedef struct conv_work {
    uint32_t words;     /*  0: address of the first tap's words, less those that the loop's first turn leaves out */
    uint32_t words_end; /*  4 */
    uint32_t weights;   /*  8: of the block of channels to come, less likewise */
    uint32_t next;      /* 12: from the end of a block's slice, or of its scales, to the next one's weights */
    int32_t taps;       /* 16 */
    uint32_t enter;     /* 20: of the assembly: where it enters the loop */
    int8_t *output;     /* 24 */
    int32_t stride;     /* 28: from one pixel of the output to the next */
    int32_t channels;   /* 32: to be computed */
    int32_t *totals;    /* 36: [channel][pixel], times 256 */
    int32_t mode;       /* 40: CONV_... */
    int32_t sums[20];   /* 44 */
    int32_t outputs[8]; /* 124 */
    const nnq_shape *shape;
    const uint8_t *constants;
    const int8_t *input;
    uint32_t *all_words;
    int32_t *all_totals;
    int8_t *aside;   /* outputs of a map of less than eight pixels, or null */
    int32_t zeros;   /* from the input to the zero points */
    int32_t slice;   /* taps */
    int32_t slab;    /* blocks */
    int32_t row;     /* taps of a kernel row */
    int32_t all;     /* taps of a window */
    int32_t inside;  /* whether all of the windows are */
    int32_t place[NNQ_OCTET_PIXELS]; /* of each window's first element, from the input on */
    int32_t clipped[NNQ_OCTET_PIXELS];
    int32_t y[NNQ_OCTET_PIXELS]; /* row and column of that element, maybe outside of the map */
    int32_t x[NNQ_OCTET_PIXELS];
} conv_work;

typedef char conv_places[offsetof(conv_work, outputs) == 124 && sizeof(conv_work) <= NNQ_OCTET_WORK_BYTES ? 1 : -1];

enum {
    CONV_KEEP = -1, /* adds to the totals; else these bits, and outputs: */
    CONV_ADD = 1,   /* adds the totals, which become 0 */
    CONV_AWAY = 2   /* nnq_scale_high's */
};

/* --- Staging --- */

#define CONV_STAGE(i)                                                                                                  \
    do {                                                                                                               \
        const uint32_t x4 = (uint32_t)p4[i], x6 = (uint32_t)p6[i], x7 = (uint32_t)p7[i];                               \
        words[5 * (i)] = (uint32_t)p0[i] + (x4 << 20);                                                                 \
        words[5 * (i) + 1] = (uint32_t)p3[i] + (x4 << 8) + (x7 << 16);                                                 \
        words[5 * (i) + 2] = (uint32_t)p1[i] + (x7 << 20);                                                             \
        words[5 * (i) + 3] = (uint32_t)p5[i] + (x6 << 8) + (x7 << 12);                                                 \
        words[5 * (i) + 4] = (uint32_t)p2[i] + (x6 << 20);                                                             \
    } while (0)

/* The words of `count` taps that follow each other in memory. */
static __attribute__((noinline)) void conv_stage_run(uint32_t *words, const int8_t *from, const int32_t *place,
                                                     int32_t count) {
    const int8_t *p0 = from + place[0], *p1 = from + place[1], *p2 = from + place[2], *p3 = from + place[3];
    const int8_t *p4 = from + place[4], *p5 = from + place[5], *p6 = from + place[6], *p7 = from + place[7];
    for (int32_t step = count & 1 ? 1 : 2; count > 0; step = 2) {
        CONV_STAGE(0);
        if (step == 2) {
            CONV_STAGE(1);
        }
        words += NNQ_OCTET_WORDS * step;
        count -= step;
        p0 += step, p1 += step, p2 += step, p3 += step, p4 += step, p5 += step, p6 += step, p7 += step;
    }
}

/* The taps from `at` in kernel row ky on, of windows that lie outside of the map in part: where they are, and how many
 * follow each other. */
static int32_t conv_clip(conv_work *work, int32_t ky, int32_t at, int32_t offset) {
    const int32_t depth = work->shape->in_channels;
    const int32_t kx = at / depth;
    for (int32_t i = 0; i < NNQ_OCTET_PIXELS; i++) {
        const int32_t inside = (uint32_t)(work->y[i] + ky) < work->shape->in_height &&
                               (uint32_t)(work->x[i] + kx) < work->shape->in_width;
        work->clipped[i] = inside ? work->place[i] : work->zeros - offset;
    }
    return (kx + 1) * depth - at;
}

/* The words of taps `first` and on. */
static __attribute__((noinline)) void conv_stage(conv_work *work, uint32_t *words, int32_t first, int32_t count) {
    const int32_t row_bytes = work->shape->in_width * work->shape->in_channels;
    while (count > 0) {
        const int32_t ky = first / work->row;
        const int32_t at = first - ky * work->row;
        const int32_t offset = ky * row_bytes + at;
        const int32_t rest = work->inside ? work->row - at : conv_clip(work, ky, at, offset);
        const int32_t run = nnq_octet_least(count, rest);
        conv_stage_run(words, work->input + offset, work->inside ? work->place : work->clipped, run);
        words += NNQ_OCTET_WORDS * run;
        first += run;
        count -= run;
    }
}

/* Where the windows of a pixel and of the seven after it lie; past the map's end, of the last one. */
static void conv_place(conv_work *work, int32_t pixel) {
    const nnq_shape *shape = work->shape;
    int32_t rest = shape->out_height * shape->out_width - 1 - pixel;
    int32_t column = pixel % shape->out_width;
    int32_t y = pixel / shape->out_width * shape->stride_height - shape->pad_top;
    int32_t x = column * shape->stride_width - shape->pad_left;
    work->inside = 1;
    for (int32_t i = 0; i < NNQ_OCTET_PIXELS; i++) {
        work->y[i] = y;
        work->x[i] = x;
        work->place[i] = (y * shape->in_width + x) * shape->in_channels;
        if (y < 0 || x < 0 || y + shape->kernel_height > shape->in_height ||
            x + shape->kernel_width > shape->in_width) {
            work->inside = 0;
        }
        if (rest > 0) {
            rest--;
            column++;
            x += shape->stride_width;
            if (column == shape->out_width) {
                column = 0;
                x = -shape->pad_left;
                y += shape->stride_height;
            }
        }
    }
}

/* --- Sums and outputs --- */

/* For blocks of four channels: sums over the taps of a slice, and outputs or totals from them.
 *
 * The loop over taps has 49 instructions for 32 products: 4 weights (a4 .. a7), 5 words (a2 and a3 in turns), 20 sums
 * in s0 .. s11, t0 .. t6, ra; a0 and a1 point to weights and words. Sums start at 2^19, so that the lowest 20 bits of a
 * word are a number without sign. Then, for each channel, 34 instructions take the five words apart into Si * 256 (and
 * 2^27 more where the 2^19 is in them), and 8 make an output of each. */
__attribute__((naked, noinline)) static void conv_blocks(__attribute__((unused)) conv_work *work) {
    __asm__(
        /* sums of the four channels += word `x` * their weights, `t` meanwhile loading the next word */
        ".macro conv_word x, t, next, s0, s1, s2, s3\n"
        "mul \\t, \\x, a4\n add \\s0, \\s0, \\t\n"
        "mul \\t, \\x, a5\n add \\s1, \\s1, \\t\n"
        "mul \\t, \\x, a6\n add \\s2, \\s2, \\t\n"
        "mul \\x, \\x, a7\n"
        ".if \\next\n lw \\t, \\next(a1)\n .endif\n"
        "add \\s3, \\s3, \\x\n"
        ".endm\n"
        ".macro conv_tap words, weights\n"
        "lw a2, \\words(a1)\n"
        "lb a4, \\weights(a0)\n lb a5, \\weights+1(a0)\n lb a6, \\weights+2(a0)\n lb a7, \\weights+3(a0)\n"
        "conv_word a2, a3, \\words+4,  s0, s5, s10, t3\n"
        "conv_word a3, a2, \\words+8,  s1, s6, s11, t4\n"
        "conv_word a2, a3, \\words+12, s2, s7, t0, t5\n"
        "conv_word a3, a2, \\words+16, s3, s8, t1, t6\n"
        "conv_word a2, a3, 0,          s4, s9, t2, ra\n"
        ".endm\n"
        ".macro conv_start\n"
        ".irp sum, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, t0, t1, t2, t3, t4, t5, t6, ra\n"
        "lui \\sum, 0x80\n"
        ".endr\n"
        ".endm\n"
        ".macro conv_frame op\n"
        "\\op ra, 8(sp)\n \\op s0, 12(sp)\n \\op s1, 16(sp)\n \\op s2, 20(sp)\n \\op s3, 24(sp)\n"
        "\\op s4, 28(sp)\n \\op s5, 32(sp)\n \\op s6, 36(sp)\n \\op s7, 40(sp)\n \\op s8, 44(sp)\n"
        "\\op s9, 48(sp)\n \\op s10, 52(sp)\n \\op s11, 56(sp)\n"
        ".endm\n"
        /* an output from `y`, to be clamped to s4 .. s5, at t3; `b` is the bias for it */
        ".macro conv_clamp y\n"
        "sra \\y, \\y, a4\n"
        "blt \\y, s4, 91f\n bge s5, \\y, 92f\n mv \\y, s5\n j 92f\n 91: mv \\y, s4\n 92:\n"
        "sb \\y, 0(t3)\n add t3, t3, s3\n"
        ".endm\n"
        ".macro conv_finish y, b\n"
        "add \\y, \\y, \\b\n mulh \\y, \\y, a2\n add \\y, \\y, a3\n"
        "conv_clamp \\y\n"
        ".endm\n"
        ".macro conv_total y, i, new\n"
        "lw t6, 4*\\i(s9)\n add \\y, \\y, t6\n sw \\new, 4*\\i(s9)\n"
        ".endm\n"
        /* adds the totals to the sums, and leaves these new ones */
        ".macro conv_totals a, b, c, d, e, f, g, h\n"
        "conv_total a1, 0, \\a\n conv_total a7, 1, \\b\n conv_total ra, 2, \\c\n conv_total t5, 3, \\d\n"
        "conv_total t0, 4, \\e\n conv_total t1, 5, \\f\n conv_total t4, 6, \\g\n conv_total t2, 7, \\h\n"
        "addi s9, s9, 32\n"
        ".endm\n"
        /* takes the start of sums off those that have it */
        ".macro conv_lower\n"
        "add a1, a1, s10\n add a7, a7, s10\n add ra, ra, s10\n add t5, t5, s10\n add t1, t1, s10\n"
        ".endm\n"
        ".macro conv_scale\n"
        "lw a2, 0(a0)\n lw a3, 4(a0)\n lw a4, 8(a0)\n addi a0, a0, 12\n"
        "andi a5, a4, -256\n mv t3, s2\n addi s2, s2, 1\n"
        ".endm\n"
    );
    __asm__(
        "addi sp, sp, -64\n"
        "sw a0, 0(sp)\n lw a1, 4(a0)\n sw a1, 4(sp)\n"
        "conv_frame sw\n"
        /* the loop's first turn has taps % 4 taps, or four */
        "lw a1, 16(a0)\n andi a1, a1, 3\n"
        "lla a2, 14f\n beqz a1, 1f\n addi a1, a1, -1\n"
        "lla a2, 11f\n beqz a1, 1f\n addi a1, a1, -1\n"
        "lla a2, 12f\n beqz a1, 1f\n lla a2, 13f\n"
        "1: sw a2, 20(a0)\n"
        "2: lw a2, 0(sp)\n"
        "conv_start\n"
        "lw a0, 8(a2)\n lw a1, 0(a2)\n lw a2, 20(a2)\n jr a2\n"
        "14: conv_tap 0, 0\n"
        "13: conv_tap 20, 4\n"
        "12: conv_tap 40, 8\n"
        "11: conv_tap 60, 12\n"
        "addi a1, a1, 80\n addi a0, a0, 16\n lw a2, 4(sp)\n bne a1, a2, 14b\n"
        /* sums to memory; from here on s0: work, s1: mask of a word's high field, s2: the channel's first output,
         * s3: stride, s4, s5: -128, 127, s6, s7: sums and their end, s8: channels, s9: totals, s10: -2^27, s11: mode */
        "lw a2, 0(sp)\n"
        "sw s0, 44(a2)\n sw s1, 48(a2)\n sw s2, 52(a2)\n sw s3, 56(a2)\n sw s4, 60(a2)\n"
        "sw s5, 64(a2)\n sw s6, 68(a2)\n sw s7, 72(a2)\n sw s8, 76(a2)\n sw s9, 80(a2)\n"
        "sw s10, 84(a2)\n sw s11, 88(a2)\n sw t0, 92(a2)\n sw t1, 96(a2)\n sw t2, 100(a2)\n"
        "sw t3, 104(a2)\n sw t4, 108(a2)\n sw t5, 112(a2)\n sw t6, 116(a2)\n sw ra, 120(a2)\n"
        "mv s0, a2\n lui s1, 0xfff00\n lw s2, 24(s0)\n lw s3, 28(s0)\n li s4, -128\n li s5, 127\n"
        "addi s6, s0, 44\n addi s7, s6, 80\n lw s8, 32(s0)\n lw s9, 36(s0)\n lui s10, 0xf8000\n lw s11, 40(s0)\n"
        /* t0 .. t4: W0 .. W4 of a channel; S0 in a1, S1 a7, S2 ra, S3 t5, S4 t0, S5 t1, S6 t4, S7 t2 */
        "3: lw t0, 0(s6)\n lw t1, 4(s6)\n lw t2, 8(s6)\n lw t3, 12(s6)\n lw t4, 16(s6)\n addi s6, s6, 20\n"
        "slli a1, t0, 12\n srli a1, a1, 4\n and t0, t0, s1\n srai t0, t0, 12\n"
        "slli a7, t2, 12\n srli a7, a7, 4\n and t2, t2, s1\n srai t2, t2, 4\n"
        "slli ra, t4, 12\n srli ra, ra, 4\n and t4, t4, s1\n srai t4, t4, 12\n"
        "sub t1, t1, t0\n sub t1, t1, t2\n"
        "slli t5, t1, 12\n srli t5, t5, 4\n"
        "slli t6, t1, 4\n srai t6, t6, 4\n sub t1, t1, t6\n and t6, t6, s1\n add t0, t0, t6\n"
        "add t2, t2, t1\n srai t2, t2, 4\n"
        "sub t3, t3, t4\n sub t3, t3, t2\n"
        "slli t1, t3, 12\n srli t1, t1, 4\n"
        "slli t6, t3, 4\n srai t6, t6, 4\n sub t3, t3, t6\n and t6, t6, s1\n add t4, t4, t6\n"
        "add t2, t2, t3\n srai t2, t2, 4\n"
        "bnez s11, 6f\n"
        /* a2: multiplier, a3: addend, a4: shift, a5: bias * 256, a6: the same less 2^27, t3: where the output goes */
        "4: conv_scale\n add a6, a5, s10\n"
        "conv_finish a1, a6\n conv_finish a7, a6\n conv_finish ra, a6\n conv_finish t5, a6\n"
        "conv_finish t0, a5\n conv_finish t1, a6\n conv_finish t4, a5\n conv_finish t2, a5\n"
        "5: addi s8, s8, -1\n beqz s8, 15f\n bne s6, s7, 3b\n"
        "sw s2, 24(s0)\n sw s8, 32(s0)\n sw s9, 36(s0)\n lw t0, 12(s0)\n add a0, a0, t0\n sw a0, 8(s0)\n j 2b\n"
        /* modes: to the totals; or from them, and on with outputs, those rounded away from zero by way of memory */
        "6: bltz s11, 8f\n andi t3, s11, 1\n beqz t3, 7f\n"
        "conv_totals zero, zero, zero, zero, zero, zero, zero, zero\n"
        "7: andi t3, s11, 2\n beqz t3, 4b\n j 9f\n"
        "8: conv_lower\n conv_totals a1, a7, ra, t5, t0, t1, t4, t2\n j 5b\n"
        "9: conv_lower\n conv_scale\n addi a3, a3, 64\n"
        "sw a1, 124(s0)\n sw a7, 128(s0)\n sw ra, 132(s0)\n sw t5, 136(s0)\n sw t0, 140(s0)\n sw t1, 144(s0)\n"
        "sw t4, 148(s0)\n sw t2, 152(s0)\n addi a1, s0, 124\n addi a7, a1, 32\n"
        "10: lw t0, 0(a1)\n addi a1, a1, 4\n add t0, t0, a5\n mulh t0, t0, a2\n"
        "slti t1, t0, -64\n slli t1, t1, 7\n sub t0, t0, t1\n add t0, t0, a3\n"
        "conv_clamp t0\n bne a1, a7, 10b\n j 5b\n"
        "15: conv_frame lw\n addi sp, sp, 64\n ret\n"
        ".purgem conv_word\n .purgem conv_tap\n .purgem conv_start\n .purgem conv_frame\n"
        ".purgem conv_clamp\n .purgem conv_finish\n .purgem conv_total\n .purgem conv_totals\n"
        ".purgem conv_lower\n .purgem conv_scale\n");
}

/* Channels of blocks `block` and on, from the words of a slice, taps `first` and on. */
static void conv_slice(conv_work *work, const uint32_t *words, int32_t block, int32_t first, int32_t count) {
    const int32_t block_bytes = nnq_octet_block_bytes(work->all);
    const int32_t is_last = first + count == work->all;
    const uint32_t missing = (uint32_t)-count & 3;
    work->words = (uint32_t)(uintptr_t)words - 4 * NNQ_OCTET_WORDS * missing;
    work->words_end = (uint32_t)(uintptr_t)(words + NNQ_OCTET_WORDS * count);
    work->weights = (uint32_t)(uintptr_t)work->constants +
                    (uint32_t)(NNQ_OCTET_HEAD_BYTES + block * block_bytes + NNQ_OCTET_BLOCK * first) -
                    NNQ_OCTET_BLOCK * missing;
    work->next = (uint32_t)(is_last ? NNQ_OCTET_BLOCK * first : block_bytes - NNQ_OCTET_BLOCK * count) -
                 NNQ_OCTET_BLOCK * missing;
    work->taps = count;
    work->mode = !is_last ? CONV_KEEP : (first > 0 ? CONV_ADD : 0) + (work->shape->away ? CONV_AWAY : 0);
    work->totals = work->all_totals;
    conv_blocks(work);
}

/* All channels of eight pixels, the words of whose first `known` taps are staged. */
static __attribute__((noinline)) void conv_pixels(conv_work *work, int32_t pixel, uint32_t *words, int32_t known,
                                                  int8_t *output) {
    const nnq_shape *shape = work->shape;
    const int32_t is_whole = work->all <= NNQ_OCTET_WHOLE_TAPS;
    output += pixel * shape->out_channels;
    conv_place(work, pixel);
    if (is_whole) {
        conv_stage(work, words + NNQ_OCTET_WORDS * known, known, work->all - known);
    }
    for (int32_t block = 0, rest = shape->out_channels; rest > 0; block += work->slab) {
        const int32_t channels = nnq_octet_least(NNQ_OCTET_BLOCK * work->slab, rest);
        for (int32_t first = 0; first < work->all; first += work->slice) {
            const int32_t count = nnq_octet_least(work->slice, work->all - first);
            if (!is_whole) {
                conv_stage(work, words, first, count);
            }
            work->output = work->aside != NULL ? work->aside : output;
            work->channels = channels;
            conv_slice(work, is_whole ? words + NNQ_OCTET_WORDS * first : words, block, first, count);
        }
        for (int32_t i = 0; work->aside != NULL && i < shape->out_height * shape->out_width; i++) {
            memcpy(output + i * shape->out_channels, work->aside + i * work->stride, (size_t)channels);
        }
        output += channels;
        rest -= channels;
    }
}

/* Eight columns from top to bottom, so that only those rows of windows are staged that are new; `rows` have room. */
static void conv_columns(conv_work *work, int32_t rows, int32_t x, int8_t *output) {
    const nnq_shape *shape = work->shape;
    const int32_t step = NNQ_OCTET_WORDS * shape->stride_height * work->row;
    const int32_t kept = (shape->kernel_height - shape->stride_height) * work->row;
    uint32_t *words = work->all_words;
    int32_t room = rows - shape->kernel_height;
    conv_pixels(work, x, words, 0, output);
    for (int32_t y = 1; y < shape->out_height; y++) {
        words += step;
        room -= shape->stride_height;
        if (room < 0) {
            for (int32_t i = 0; i < NNQ_OCTET_WORDS * kept; i++) {
                work->all_words[i] = words[i];
            }
            words = work->all_words;
            room = rows - shape->kernel_height;
        }
        conv_pixels(work, y * shape->out_width + x, words, kept, output);
    }
}

void nnq_conv2d_rv32(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                     uint8_t *scratch) {
    const nnq_octet_head *head = (const nnq_octet_head *)constants;
    conv_work *work = (conv_work *)scratch;
    uint8_t *totals = scratch + NNQ_OCTET_WORK_BYTES + head->words_bytes;
    uint8_t *zeros = totals + head->totals_bytes;
    const int32_t last = shape->out_height * shape->out_width - NNQ_OCTET_PIXELS;
    work->shape = shape;
    work->constants = constants;
    work->input = input;
    work->all_words = (uint32_t *)(scratch + NNQ_OCTET_WORK_BYTES);
    work->all_totals = (int32_t *)totals;
    work->aside = last < 0 ? (int8_t *)zeros + head->zeros_bytes : NULL;
    work->zeros = (int32_t)((uint32_t)(uintptr_t)zeros - (uint32_t)(uintptr_t)input);
    work->slice = head->slice;
    work->slab = head->slab;
    work->stride = last < 0 ? NNQ_OCTET_BLOCK * NNQ_OCTET_SLAB : shape->out_channels;
    work->row = shape->kernel_width * shape->in_channels;
    work->all = shape->kernel_height * work->row;
    memset(totals, 0, head->totals_bytes);
    memset(zeros, shape->in_zero_point, head->zeros_bytes);
    if (head->rows > 0) {
        for (int32_t x = 0; x < shape->out_width; x += NNQ_OCTET_PIXELS) {
            conv_columns(work, head->rows, nnq_octet_least(x, shape->out_width - NNQ_OCTET_PIXELS), output);
        }
        return;
    }
    for (int32_t pixel = 0; pixel < last + NNQ_OCTET_PIXELS; pixel += NNQ_OCTET_PIXELS) {
        conv_pixels(work, last < 0 ? 0 : nnq_octet_least(pixel, last), work->all_words, 0, output);
    }
}

#endif
