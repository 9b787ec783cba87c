/* SPDX-License-Identifier: Apache-2.0
 * depthwise_conv2d for RV32 with windows of 3x3; depthwise_3x3_rv32_layout.c says which, depthwise_rv32.h has the
 * constants.
 */
#include "../shape.h"

#if NNQ_ISA_RV32

#include "depthwise_3x3_rv32.h"

#include <string.h>

/* What the assembly below works on, in scratch; it knows the places. A row of zero points follows. */
typedef struct depthwise_work {
    const uint8_t *constants; /*  0 */
    uint32_t input;           /*  4: address of the first window's first pixel, maybe outside of the map */
    uint32_t zeros;           /*  8: the same in a row of zero points */
    int32_t row_bytes;        /* 12 */
    int32_t channels;         /* 16 */
    int32_t height;           /* 20 */
    int32_t columns;          /* 24: 32 * (windows of a row that end in the map - 1) */
    int32_t zero_point;       /* 28 */
    uint32_t output;          /* 32: stride 1: from a pixel to the output two columns before; stride 2: address */
    int32_t stride;           /* 36 */
    int32_t left;             /* 40: columns of padding to the left */
    int32_t right;            /* 44: of a row's last output, to the right */
    int32_t row;              /* 48: the first window's first row */
    int32_t rows;             /* 52: of the output */
    int32_t channels_left;    /* 56 */
    int32_t first_bias;       /* 60: of a row's first output, with the padding to the left */
    int32_t last_padding;     /* 64: of a row's last output */
    int32_t shift;            /* 68: and columns */
    int32_t rows_left;        /* 72 */
} depthwise_work;

typedef char depthwise_size[sizeof(depthwise_work) == NNQ_DEPTHWISE_3X3_RV32_WORK ? 1 : -1];

/* 3x3 windows, channel by channel, row by row, column by column. A column of pixels adds to the outputs before, at and
 * after it, which are being summed in s0, s1, s2: the first of its pixels moves them on, s0 = s1 + .., s1 = s2 + ..,
 * s2 = bias + .., the others add. All sums and weights are times 256, as requantization wants them.
 *
 * Stride 1: two output rows, in s0 .. s2 and s3 .. s5, from four input rows. A column: 62 instructions for 18 products.
 * Stride 2: one output row, in s0 and s1. Two columns: 40 instructions for 9 products.
 *
 * s6 .. s11, t0 .. t2: weights; a0: bias, t3: multiplier, t6: addend, ra: shift + 32 * columns to come, a1: 255
 * a2 .. a5: pixels of the rows, a6: from one to the next; t4: pixel, t5: product
 * Stride 1: a7: from a pixel in a3 or a4 to the output two columns before
 * Stride 2: a5: output; s2: rows to come, s3: row, s4: its pixels, a7: bytes of a row */
__attribute__((naked, noinline)) static void depthwise_rows(__attribute__((unused)) depthwise_work *work) {
    __asm__(
        ".macro dw_pixel row\n lb t4, 0(\\row)\n add \\row, \\row, a6\n .endm\n"
        ".macro dw_add sum, weight\n mul t5, t4, \\weight\n add \\sum, \\sum, t5\n .endm\n"
        ".macro dw_move to, from, weight\n mul t5, t4, \\weight\n add \\to, \\from, t5\n .endm\n"
        ".macro dw_set sum, weight\n mul \\sum, t4, \\weight\n add \\sum, \\sum, a0\n .endm\n"
        ".macro dw_three before, at, after, w0, w1, w2\n"
        "dw_add \\before, \\w2\n dw_add \\at, \\w1\n dw_add \\after, \\w0\n"
        ".endm\n"
        ".macro dw_first before, at, after\n"
        "dw_move \\before, \\at, s8\n dw_move \\at, \\after, s7\n dw_set \\after, s6\n"
        ".endm\n"
        ".macro dw_scale sum\n"
        "mulh \\sum, \\sum, t3\n add \\sum, \\sum, t6\n sra \\sum, \\sum, ra\n"
        "addi t5, \\sum, 128\n bgeu a1, t5, 91f\n srai \\sum, \\sum, 31\n xori \\sum, \\sum, 127\n 91:\n"
        ".endm\n"
        ".macro dw_output sum, row\n dw_scale \\sum\n add t5, \\row, a7\n sb \\sum, 0(t5)\n .endm\n"
        ".macro dw_weight weight, i\n lb \\weight, 12+\\i(t4)\n slli \\weight, \\weight, 8\n .endm\n"
        ".macro dw_side a, b, c\n add a3, \\a, \\b\n add a3, a3, \\c\n mul a3, a3, a2\n .endm\n"
        ".macro dw_middle\n"
        "dw_pixel a2\n dw_move s0, s1, s7\n dw_pixel a3\n dw_add s0, s10\n dw_pixel a4\n dw_add s0, t1\n"
        ".endm\n"
        ".macro dw_store\n dw_scale s0\n sb s0, 0(a5)\n add a5, a5, a6\n .endm\n"
        ".macro dw_frame op\n"
        "\\op ra, 4(sp)\n \\op s0, 8(sp)\n \\op s1, 12(sp)\n \\op s2, 16(sp)\n \\op s3, 20(sp)\n"
        "\\op s4, 24(sp)\n \\op s5, 28(sp)\n \\op s6, 32(sp)\n \\op s7, 36(sp)\n \\op s8, 40(sp)\n"
        "\\op s9, 44(sp)\n \\op s10, 48(sp)\n \\op s11, 52(sp)\n"
        ".endm\n");
    __asm__(
        "addi sp, sp, -64\n sw a0, 0(sp)\n"
        "dw_frame sw\n"
        "mv t5, a0\n lw a6, 16(t5)\n lw a7, 32(t5)\n li a1, 255\n"
        /* a channel: its constants, and what the padding beside the first and the last column adds */
        "1: lw t4, 0(t5)\n lw t3, 0(t4)\n lw t6, 4(t4)\n lw a0, 8(t4)\n"
        "dw_weight s6, 0\n dw_weight s7, 1\n dw_weight s8, 2\n dw_weight s9, 3\n dw_weight s10, 4\n dw_weight s11, 5\n"
        "dw_weight t0, 6\n dw_weight t1, 7\n dw_weight t2, 8\n addi t4, t4, 24\n sw t4, 0(t5)\n"
        "andi t4, a0, 31\n lw a2, 24(t5)\n add t4, t4, a2\n sw t4, 68(t5)\n andi a0, a0, -256\n"
        "lw a2, 28(t5)\n dw_side s8, s11, t2\n sw a3, 64(t5)\n dw_side s6, s9, t0\n add a3, a3, a0\n sw a3, 60(t5)\n"
        "lw a3, 4(t5)\n addi a4, a3, 1\n sw a4, 4(t5)\n lw t4, 36(t5)\n addi t4, t4, -1\n bnez t4, 6f\n"
        "lw t4, 12(t5)\n add a4, a3, t4\n add a5, a4, t4\n lw a2, 8(t5)\n lw t4, 20(t5)\n"
        /* two rows, of t4 to come: below the last one lie zero points */
        "2: addi t4, t4, -2\n sw t4, 72(t5)\n bnez t4, 3f\n lw a5, 8(t5)\n"
        "3: lw ra, 68(t5)\n lw s1, 60(t5)\n mv s4, s1\n"
        "dw_pixel a2\n dw_add s1, s7\n dw_set s2, s6\n"
        "dw_pixel a3\n dw_add s1, s10\n dw_add s2, s9\n dw_add s4, s7\n dw_set s5, s6\n"
        "dw_pixel a4\n dw_add s1, t1\n dw_add s2, t0\n dw_add s4, s10\n dw_add s5, s9\n"
        "dw_pixel a5\n dw_add s4, t1\n dw_add s5, t0\n"
        "4: dw_pixel a2\n dw_first s0, s1, s2\n"
        "dw_pixel a3\n dw_three s0, s1, s2, s9, s10, s11\n dw_first s3, s4, s5\n"
        "dw_pixel a4\n dw_three s0, s1, s2, t0, t1, t2\n dw_three s3, s4, s5, s9, s10, s11\n"
        "dw_pixel a5\n dw_three s3, s4, s5, t0, t1, t2\n"
        "dw_output s0, a3\n dw_output s3, a4\n addi ra, ra, -32\n bgez ra, 4b\n"
        "lw s0, 0(sp)\n lw t4, 64(s0)\n add s1, s1, t4\n add s4, s4, t4\n"
        "add a7, a7, a6\n dw_output s1, a3\n dw_output s4, a4\n sub a7, a7, a6\n mv t5, s0\n"
        "lw t4, 72(t5)\n beqz t4, 5f\n"
        "mv a2, a3\n mv a3, a4\n mv a4, a5\n lw s0, 12(t5)\n add a5, a5, s0\n addi s1, t4, -1\n bnez s1, 2b\n"
        "sub a2, a2, s0\n sub a3, a3, s0\n sub a4, a4, s0\n li t4, 2\n j 2b\n"
        "5: lw t4, 56(t5)\n addi t4, t4, -1\n sw t4, 56(t5)\n bnez t4, 1b\n"
        "dw_frame lw\n addi sp, sp, 64\n ret\n"
        /* stride 2, row by row; above and below the map lie zero points */
        "6: lw a5, 32(t5)\n addi t4, a5, 1\n sw t4, 32(t5)\n"
        "mv s4, a3\n lw s2, 52(t5)\n lw s3, 48(t5)\n lw a7, 12(t5)\n"
        "7: mv a2, s4\n add a3, a2, a7\n add a4, a3, a7\n mv s4, a4\n lw t4, 8(t5)\n"
        "bgez s3, 71f\n mv a2, t4\n"
        "71: addi s3, s3, 2\n lw s0, 20(t5)\n blt s3, s0, 72f\n mv a4, t4\n"
        "72: lw ra, 68(t5)\n lw s1, 60(t5)\n lw t4, 40(t5)\n beqz t4, 73f\n"
        "add a2, a2, a6\n add a3, a3, a6\n add a4, a4, a6\n j 8f\n"
        "73: dw_pixel a2\n dw_set s1, s6\n dw_pixel a3\n dw_add s1, s9\n dw_pixel a4\n dw_add s1, t0\n"
        "8: dw_middle\n"
        "dw_pixel a2\n dw_add s0, s8\n dw_set s1, s6\n"
        "dw_pixel a3\n dw_add s0, s11\n dw_add s1, s9\n"
        "dw_pixel a4\n dw_add s0, t2\n dw_add s1, t0\n"
        "dw_store\n addi ra, ra, -32\n bgez ra, 8b\n"
        "lw s5, 0(sp)\n lw t4, 44(s5)\n beqz t4, 9f\n"
        "dw_middle\n lw t4, 64(s5)\n add s0, s0, t4\n dw_store\n"
        "9: mv t5, s5\n addi s2, s2, -1\n bnez s2, 7b\n j 5b\n"
        ".purgem dw_pixel\n .purgem dw_add\n .purgem dw_move\n .purgem dw_set\n .purgem dw_three\n .purgem dw_first\n"
        ".purgem dw_scale\n .purgem dw_output\n .purgem dw_weight\n .purgem dw_side\n .purgem dw_middle\n"
        ".purgem dw_store\n .purgem dw_frame\n");
}

void nnq_depthwise_3x3_rv32(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                            uint8_t *scratch) {
    const int32_t is_same = shape->stride_width == 1;
    const int32_t channels = shape->in_channels;
    const int32_t row_bytes = shape->in_width * channels;
    const int32_t ends = (shape->in_width - 3 + shape->pad_left) / shape->stride_width + 1;
    const int32_t beside = is_same ? 0 : shape->pad_left * channels;
    depthwise_work *work = (depthwise_work *)scratch;
    int8_t *zeros = (int8_t *)(work + 1);
    work->constants = constants;
    work->input = (uint32_t)(uintptr_t)input - (uint32_t)(beside + (is_same ? 0 : shape->pad_top * row_bytes));
    work->zeros = (uint32_t)(uintptr_t)zeros - (uint32_t)beside;
    work->row_bytes = row_bytes;
    work->channels = channels;
    work->channels_left = channels;
    work->height = shape->in_height;
    work->columns = 32 * (ends - 1);
    work->zero_point = shape->in_zero_point;
    work->output = (uint32_t)(uintptr_t)output - (is_same ? (uint32_t)(uintptr_t)input + 2 * (uint32_t)channels : 0);
    work->stride = shape->stride_width;
    work->left = shape->pad_left;
    work->right = shape->out_width - ends;
    work->row = -shape->pad_top;
    work->rows = shape->out_height;
    memset(zeros, shape->in_zero_point, (size_t)row_bytes);
    depthwise_rows(work);
}

#endif
