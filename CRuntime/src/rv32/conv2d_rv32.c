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
#include "../bytes.h"

#include <string.h>

/* What the assembly below works on; it knows the places of all members but the last four. */
typedef struct conv_work {
    uint32_t words;         /*  0: address of the first tap's words, less those that the loop's first turn leaves out */
    uint32_t words_end;     /*  4 */
    uint32_t weights;       /*  8: of the block of channels to come, less likewise */
    uint32_t next;          /* 12: from the end of a block to the next one's weights */
    int32_t taps;           /* 16 */
    uint32_t enter;         /* 20: for the assembly: where it enters the loop */
    int8_t *output;         /* 24 */
    int32_t stride;         /* 28: from one pixel of the output to the next */
    int32_t channels;       /* 32: to be computed */
    int32_t *totals;        /* 36: of slices before, times 256, [channel][pixel] */
    int32_t totals_step;    /* 40: from a channel to the next, in bytes; 0 where all are the same zeros */
    int32_t mode;           /* 44: CONV_FINISH, CONV_ADD, CONV_KEEP */
    int32_t below;          /* 48: nnq_scale_high's `away`: a high word below this is moved down by 2^7 ... */
    int32_t plus;           /* 52: ... and all of them up by this, 2^6 */
    int32_t sums[20];       /* 56 */
    int32_t place[NNQ_OCTET_PIXELS]; /* first element of each window, counted from the input's, maybe outside of it */
    int16_t row[NNQ_OCTET_PIXELS];
    int16_t column[NNQ_OCTET_PIXELS];
    const int8_t *from[NNQ_OCTET_PIXELS];
} conv_work;

typedef char conv_offsets[offsetof(conv_work, sums) == 56 && sizeof(conv_work) <= NNQ_OCTET_WORK_BYTES ? 1 : -1];

enum {
    CONV_FINISH = 0, /* outputs from this slice alone */
    CONV_ADD = 1,    /* outputs, totals added, and `away` heeded */
    CONV_KEEP = -1   /* no outputs: the slice is added to the totals */
};

/* --- Staging --- */

/* Five words of each of `count` taps that follow each other in memory. */
static void conv_stage_run(uint32_t *words, const int8_t *const *from, int32_t count) {
    const int8_t *p0 = from[0], *p1 = from[1], *p2 = from[2], *p3 = from[3];
    const int8_t *p4 = from[4], *p5 = from[5], *p6 = from[6], *p7 = from[7];
    for (; count > 0; count--) {
        const uint32_t x4 = (uint32_t)*p4++, x6 = (uint32_t)*p6++, x7 = (uint32_t)*p7++;
        words[0] = (uint32_t)*p0++ + (x4 << 20);
        words[1] = (uint32_t)*p3++ + (x4 << 8) + (x7 << 16);
        words[2] = (uint32_t)*p1++ + (x7 << 20);
        words[3] = (uint32_t)*p5++ + (x6 << 8) + (x7 << 12);
        words[4] = (uint32_t)*p2++ + (x6 << 20);
        words += 5;
    }
}

/* Taps `at` and on of kernel row ky; returns how many. All in the map: up to the row's end; else up to the column's. */
static int32_t conv_find_run(const nnq_shape *shape, conv_work *work, const int8_t *input, const int8_t *zeros,
                             int32_t ky, int32_t at) {
    const int32_t depth = shape->in_channels;
    const int32_t kx = at / depth;
    const int32_t offset = ky * shape->in_width * depth + at;
    int32_t whole = 1;
    for (int32_t i = 0; i < NNQ_OCTET_PIXELS; i++) {
        const int32_t inside = (uint32_t)(work->row[i] + ky) < shape->in_height &&
                               (uint32_t)(work->column[i] + kx) < shape->in_width;
        work->from[i] = inside ? input + (work->place[i] + offset) : zeros;
        whole &= inside && work->column[i] >= 0 && work->column[i] + shape->kernel_width <= shape->in_width;
    }
    return whole ? shape->kernel_width * depth - at : (kx + 1) * depth - at;
}

static void conv_stage(const nnq_shape *shape, conv_work *work, uint32_t *words, const int8_t *input,
                       const int8_t *zeros, int32_t first, int32_t count) {
    const int32_t row = shape->kernel_width * shape->in_channels;
    while (count > 0) {
        const int32_t ky = first / row;
        const int32_t run =
            nnq_octet_least(count, conv_find_run(shape, work, input, zeros, ky, first - ky * row));
        conv_stage_run(words, work->from, run);
        words += 5 * run;
        first += run;
        count -= run;
    }
}

/* Where the windows of pixel `first` and the seven after it lie. */
static void conv_place(const nnq_shape *shape, conv_work *work, int32_t first) {
    const int32_t last = shape->out_height * shape->out_width - 1;
    for (int32_t i = 0; i < NNQ_OCTET_PIXELS; i++) {
        const int32_t pixel = nnq_octet_least(first + i, last);
        const int32_t row = pixel / shape->out_width * shape->stride_height - shape->pad_top;
        const int32_t column = pixel % shape->out_width * shape->stride_width - shape->pad_left;
        work->row[i] = (int16_t)row;
        work->column[i] = (int16_t)column;
        work->place[i] = (row * shape->in_width + column) * shape->in_channels;
    }
}

/* --- Sums and outputs --- */

/* For blocks of four channels: sums over the taps of a slice, and outputs or totals from them.
 *
 * The loop over taps has 49 instructions for 32 products: 4 weights (a4 .. a7), 5 words (a2 and a3 in turns), 20 sums in
 * s0 .. s11, t0 .. t6, ra; a0 and a1 point to weights and words. Sums start at 2^19, so that the lowest 20 bits of a word
 * are a number without sign. Then, for each channel, 34 instructions take the five words apart into Si * 256 (and 2^27
 * more where the 2^19 is in them), and 8 to 10 make an output of each. */
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
        ".macro conv_each op, args:vararg\n"
        ".irp r, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, t0, t1, t2, t3, t4, t5, t6, ra\n"
        "\\op \\r, \\args\n"
        ".endr\n"
        ".endm\n"
        /* an output from `y`, to be clamped to s4 .. s5, at t3; `b` is the bias for it */
        ".macro conv_clamp y\n"
        "sra \\y, \\y, a4\n"
        "bge \\y, s4, 91f\n mv \\y, s4\n 91:\n"
        "bge s5, \\y, 92f\n mv \\y, s5\n 92:\n"
        "sb \\y, 0(t3)\n add t3, t3, s3\n"
        ".endm\n"
        ".macro conv_finish y, b\n"
        "add \\y, \\y, \\b\n mulh \\y, \\y, a2\n add \\y, \\y, a3\n"
        "conv_clamp \\y\n"
        ".endm\n"
        ".macro conv_add_finish y, b, i\n"
        "lw t6, 4*\\i(s9)\n add \\y, \\y, t6\n add \\y, \\y, \\b\n mulh \\y, \\y, a2\n"
        "slt t6, \\y, s10\n slli t6, t6, 7\n sub \\y, \\y, t6\n add \\y, \\y, a3\n"
        "conv_clamp \\y\n"
        ".endm\n"
        ".macro conv_keep y, i\n"
        "lw t6, 4*\\i(s9)\n add \\y, \\y, t6\n sw \\y, 4*\\i(s9)\n"
        ".endm\n"

    );
    __asm__(
        "addi sp, sp, -64\n"
        "sw a0, 0(sp)\n lw a1, 4(a0)\n sw a1, 4(sp)\n"
        "sw ra, 8(sp)\n sw s0, 12(sp)\n sw s1, 16(sp)\n sw s2, 20(sp)\n sw s3, 24(sp)\n sw s4, 28(sp)\n sw s5, 32(sp)\n"
        "sw s6, 36(sp)\n sw s7, 40(sp)\n sw s8, 44(sp)\n sw s9, 48(sp)\n sw s10, 52(sp)\n sw s11, 56(sp)\n"
        /* the loop's first turn has taps % 4 taps, or four */
        "lw a1, 16(a0)\n andi a1, a1, 3\n"
        "lla a2, 14f\n beqz a1, 1f\n addi a1, a1, -1\n"
        "lla a2, 11f\n beqz a1, 1f\n addi a1, a1, -1\n"
        "lla a2, 12f\n beqz a1, 1f\n lla a2, 13f\n"
        "1: sw a2, 20(a0)\n"
        "2: lw a2, 0(sp)\n"
        "conv_each lui, 0x80\n"
        "lw a0, 8(a2)\n lw a1, 0(a2)\n lw a2, 20(a2)\n jr a2\n"
        "14: conv_tap 0, 0\n"
        "13: conv_tap 20, 4\n"
        "12: conv_tap 40, 8\n"
        "11: conv_tap 60, 12\n"
        "addi a1, a1, 80\n addi a0, a0, 16\n lw a2, 4(sp)\n bne a1, a2, 14b\n"
        /* sums to memory; from here on s0: work, s1: mask of a word's high field, s2: the channel's first output, s3: stride,
         * s4, s5: -128, 127, s6, s7: sums and their end, s8: channels, s9: totals, s10: below, s11: mode */
        "lw a2, 0(sp)\n"
        "sw s0, 56(a2)\n sw s1, 60(a2)\n sw s2, 64(a2)\n sw s3, 68(a2)\n sw s4, 72(a2)\n sw s5, 76(a2)\n sw s6, 80(a2)\n"
        "sw s7, 84(a2)\n sw s8, 88(a2)\n sw s9, 92(a2)\n sw s10, 96(a2)\n sw s11, 100(a2)\n sw t0, 104(a2)\n"
        "sw t1, 108(a2)\n sw t2, 112(a2)\n sw t3, 116(a2)\n sw t4, 120(a2)\n sw t5, 124(a2)\n sw t6, 128(a2)\n"
        "sw ra, 132(a2)\n"
        "mv s0, a2\n lui s1, 0xfff00\n lw s2, 24(s0)\n lw s3, 28(s0)\n li s4, -128\n li s5, 127\n"
        "addi s6, s0, 56\n addi s7, s6, 80\n lw s8, 32(s0)\n lw s9, 36(s0)\n lw s10, 48(s0)\n lw s11, 44(s0)\n"
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
        "bltz s11, 6f\n"
        /* a2: multiplier, a3: addend, a4: shift, a5: bias * 256, a6: the same less 2^27, t3: where the output goes */
        "lw a2, 0(a0)\n lw a3, 4(a0)\n lw a4, 8(a0)\n addi a0, a0, 12\n"
        "andi a5, a4, -256\n lui t3, 0x8000\n sub a6, a5, t3\n mv t3, s2\n addi s2, s2, 1\n"
        "bnez s11, 5f\n"
        "conv_finish a1, a6\n conv_finish a7, a6\n conv_finish ra, a6\n conv_finish t5, a6\n"
        "conv_finish t0, a5\n conv_finish t1, a6\n conv_finish t4, a5\n conv_finish t2, a5\n"
        "4: addi s8, s8, -1\n beqz s8, 7f\n bne s6, s7, 3b\n"
        "sw s2, 24(s0)\n sw s8, 32(s0)\n sw s9, 36(s0)\n lw t0, 12(s0)\n add a0, a0, t0\n sw a0, 8(s0)\n j 2b\n"
        "5: lw t6, 52(s0)\n add a3, a3, t6\n"
        "conv_add_finish a1, a6, 0\n conv_add_finish a7, a6, 1\n conv_add_finish ra, a6, 2\n conv_add_finish t5, a6, 3\n"
        "conv_add_finish t0, a5, 4\n conv_add_finish t1, a6, 5\n conv_add_finish t4, a5, 6\n conv_add_finish t2, a5, 7\n"
        "lw t6, 40(s0)\n add s9, s9, t6\n j 4b\n"
        "6: lui t3, 0x8000\n sub a1, a1, t3\n sub a7, a7, t3\n sub ra, ra, t3\n sub t5, t5, t3\n sub t1, t1, t3\n"
        "conv_keep a1, 0\n conv_keep a7, 1\n conv_keep ra, 2\n conv_keep t5, 3\n"
        "conv_keep t0, 4\n conv_keep t1, 5\n conv_keep t4, 6\n conv_keep t2, 7\n"
        "addi s9, s9, 32\n j 4b\n"
        "7: lw ra, 8(sp)\n lw s0, 12(sp)\n lw s1, 16(sp)\n lw s2, 20(sp)\n lw s3, 24(sp)\n lw s4, 28(sp)\n lw s5, 32(sp)\n"
        "lw s6, 36(sp)\n lw s7, 40(sp)\n lw s8, 44(sp)\n lw s9, 48(sp)\n lw s10, 52(sp)\n lw s11, 56(sp)\n"
        "addi sp, sp, 64\n ret\n"
        ".purgem conv_word\n .purgem conv_tap\n .purgem conv_each\n .purgem conv_clamp\n .purgem conv_finish\n"
        ".purgem conv_add_finish\n .purgem conv_keep\n");
}

/* What lies where, and how many blocks of channels are computed before the next slice. */
typedef struct conv_memory {
    const int8_t *input;
    uint32_t *words;
    int32_t *totals;
    int8_t *zeros;
    int32_t slab;
} conv_memory;

/* One slice of the staged pixels for channels of blocks `block` and on. */
static void conv_slice(const nnq_shape *shape, conv_work *work, const uint8_t *constants, const uint32_t *words,
                       int32_t block, int32_t first, int32_t count) {
    const int32_t taps = nnq_octet_taps(shape);
    const uint32_t missing = (uint32_t)-count & 3;
    const int32_t is_last = first + count == taps;
    const uint8_t *weights =
        constants + NNQ_OCTET_HEAD_BYTES + block * nnq_octet_block_bytes(taps) + NNQ_OCTET_BLOCK * first;
    work->words = (uint32_t)(uintptr_t)words - NNQ_OCTET_TAP_BYTES * missing;
    work->words_end = (uint32_t)(uintptr_t)words + NNQ_OCTET_TAP_BYTES * (uint32_t)count;
    work->weights = (uint32_t)(uintptr_t)weights - NNQ_OCTET_BLOCK * missing;
    work->next = (uint32_t)(is_last ? NNQ_OCTET_BLOCK * first : nnq_octet_block_bytes(taps) - NNQ_OCTET_BLOCK * count) -
                 NNQ_OCTET_BLOCK * missing;
    work->taps = count;
    work->mode = !is_last ? CONV_KEEP : first > 0 || shape->away ? CONV_ADD : CONV_FINISH;
    conv_blocks(work);
}

static void conv_clear(int32_t *totals, int32_t count) {
    while (count-- > 0) {
        *totals++ = 0;
    }
}

/* Channels of a slab, of all pixels placed. */
static void conv_slab(const nnq_shape *shape, conv_work *work, const uint8_t *constants, const conv_memory *memory,
                      int32_t block, int8_t *output) {
    const int32_t taps = nnq_octet_taps(shape);
    const int32_t slice = nnq_load_i32(constants);
    const int32_t channels = nnq_octet_least(NNQ_OCTET_BLOCK * memory->slab, shape->out_channels - NNQ_OCTET_BLOCK * block);
    if (slice < taps) {
        conv_clear(memory->totals, NNQ_OCTET_PIXELS * ((channels + 3) & ~3));
    }
    for (int32_t first = 0; first < taps; first += slice) {
        const int32_t count = nnq_octet_least(slice, taps - first);
        const uint32_t *words = memory->words;
        if (taps > NNQ_OCTET_WHOLE_TAPS) {
            conv_stage(shape, work, memory->words, memory->input, memory->zeros, first, count);
        } else {
            words += NNQ_OCTET_WORDS * first;
        }
        work->output = output;
        work->channels = channels;
        work->totals = memory->totals;
        conv_slice(shape, work, constants, words, block, first, count);
    }
}

void nnq_conv2d_rv32(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                     uint8_t *scratch) {
    const int32_t taps = nnq_octet_taps(shape);
    const int32_t slice = nnq_load_i32(constants);
    const int32_t blocks = nnq_octet_blocks(shape);
    const int32_t pixels = shape->out_height * shape->out_width;
    const int32_t is_small = nnq_octet_is_small(shape);
    conv_work *work = (conv_work *)scratch;
    conv_memory memory;
    memory.input = input;
    memory.words = (uint32_t *)(scratch + NNQ_OCTET_WORK_BYTES);
    memory.totals = (int32_t *)((uint8_t *)memory.words + nnq_octet_words_bytes(taps));
    memory.zeros = (int8_t *)memory.totals + nnq_octet_totals_bytes(shape, taps);
    memory.slab = taps > NNQ_OCTET_WHOLE_TAPS || (is_small && slice == taps) ? NNQ_OCTET_SLAB_BLOCKS : slice < taps ? 1 : blocks;
    int8_t *aside = memory.zeros + nnq_octet_zeros_bytes(shape, taps);
    memset(memory.zeros, shape->in_zero_point, (size_t)nnq_octet_zeros_bytes(shape, taps));
    conv_clear(memory.totals, NNQ_OCTET_PIXELS * NNQ_OCTET_BLOCK);
    work->stride = is_small ? NNQ_OCTET_BLOCK * NNQ_OCTET_SLAB_BLOCKS : shape->out_channels;
    work->totals_step = slice < taps ? 4 * NNQ_OCTET_PIXELS : 0;
    work->below = shape->away ? -64 : INT32_MIN;
    work->plus = shape->away ? 64 : 0;
    for (int32_t start = 0; start < pixels; start += NNQ_OCTET_PIXELS) {
        const int32_t first = is_small ? 0 : nnq_octet_least(start, pixels - NNQ_OCTET_PIXELS);
        conv_place(shape, work, first);
        if (taps <= NNQ_OCTET_WHOLE_TAPS) {
            conv_stage(shape, work, memory.words, input, memory.zeros, 0, taps);
        }
        for (int32_t block = 0; block < blocks; block += memory.slab) {
            int8_t *to = output + first * shape->out_channels + NNQ_OCTET_BLOCK * block;
            conv_slab(shape, work, constants, &memory, block, is_small ? aside : to);
            for (int32_t i = 0; is_small && i < pixels; i++) {
                memcpy(to + i * shape->out_channels, aside + i * work->stride, (size_t)nnq_octet_least(work->stride, shape->out_channels - NNQ_OCTET_BLOCK * block));
            }
        }
    }
}

#endif
