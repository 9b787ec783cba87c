/* SPDX-License-Identifier: Apache-2.0
 * depthwise_conv2d for RV32; depthwise_rv32_layout.c has its constants. 3x3 windows of stride 1 over a map that keeps its
 * size, without `away`, in assembly; all others in C.
 */
#include "../shape.h"

#if NNQ_ISA_RV32

#include "../bytes.h"
#include "depthwise_rv32.h"

#include <string.h>

/* What the assembly below works on; it knows the places. */
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

/* 3x3 windows, channel by channel, row by row. A pixel adds to all sums that it is part of, one column after another. All
 * sums and weights are times 256, as requantization wants them.
 *
 * Stride 1: two output rows from four input rows; of each, the outputs before, at and after a pixel are being summed. A
 * column takes 62 instructions for 18 products.
 * Stride 2: one output row; two columns take 41 instructions for 9 products.
 *
 * s6 .. s11, t0 .. t2: weights; a0: bias, t3: multiplier, t6: addend, ra: shift + 32 * columns to come, a1: 255
 * a6: from a pixel to the next; t4: pixel, t5: product
 * Stride 1: s0 .. s2, s3 .. s5: sums of either row, in turns; a2 .. a5: pixels of the rows, a7: from there to the output
 * Stride 2: s0, s1: sums; a2 .. a4: pixels, a5: output; s2: rows to come, s3: row, s4: its pixels, a7: bytes of a row */
__attribute__((naked, noinline)) static void depthwise_three(__attribute__((unused)) depthwise_work *work) {
    __asm__(
        ".macro dw_pixel row\n lb t4, 0(\\row)\n add \\row, \\row, a6\n .endm\n"
        ".macro dw_add sum, weight\n mul t5, t4, \\weight\n add \\sum, \\sum, t5\n .endm\n"
        ".macro dw_set sum, weight\n mul \\sum, t4, \\weight\n add \\sum, \\sum, a0\n .endm\n"
        ".macro dw_all before, at, after, w0, w1, w2\n"
        "dw_add \\before, \\w2\n dw_add \\at, \\w1\n dw_add \\after, \\w0\n"
        ".endm\n"
        ".macro dw_new before, at, after, w0, w1, w2\n"
        "dw_add \\before, \\w2\n dw_add \\at, \\w1\n dw_set \\after, \\w0\n"
        ".endm\n"
        ".macro dw_scale sum\n"
        "mulh \\sum, \\sum, t3\n add \\sum, \\sum, t6\n sra \\sum, \\sum, ra\n"
        "addi t5, \\sum, 128\n bgeu a1, t5, 91f\n srai \\sum, \\sum, 31\n xori \\sum, \\sum, 127\n 91:\n"
        ".endm\n"
        ".macro dw_output sum, row\n dw_scale \\sum\n add t5, \\row, a7\n sb \\sum, 0(t5)\n .endm\n"
        ".macro dw_column before, at, after, before1, at1, after1\n"
        "dw_pixel a2\n dw_new \\before, \\at, \\after, s6, s7, s8\n"
        "dw_pixel a3\n dw_all \\before, \\at, \\after, s9, s10, s11\n dw_new \\before1, \\at1, \\after1, s6, s7, s8\n"
        "dw_pixel a4\n dw_all \\before, \\at, \\after, t0, t1, t2\n dw_all \\before1, \\at1, \\after1, s9, s10, s11\n"
        "dw_pixel a5\n dw_all \\before1, \\at1, \\after1, t0, t1, t2\n"
        "dw_output \\before, a3\n dw_output \\before1, a4\n"
        "addi ra, ra, -32\n"
        ".endm\n"
        ".macro dw_last sum, sum1\n"
        "lw t5, 0(sp)\n lw t4, 64(t5)\n add \\sum, \\sum, t4\n add \\sum1, \\sum1, t4\n"
        "add a7, a7, a6\n dw_output \\sum, a3\n dw_output \\sum1, a4\n sub a7, a7, a6\n"
        ".endm\n"
        ".macro dw_weight weight, i\n lb \\weight, 12+\\i(t4)\n slli \\weight, \\weight, 8\n .endm\n"
        ".macro dw_side a, b, c\n add a3, \\a, \\b\n add a3, a3, \\c\n mul a3, a3, a2\n .endm\n"
        ".macro dw_middle\n"
        "dw_pixel a2\n dw_add s0, s7\n dw_pixel a3\n dw_add s0, s10\n dw_pixel a4\n dw_add s0, t1\n"
        ".endm\n");
    __asm__(
        "addi sp, sp, -64\n sw a0, 0(sp)\n"
        "sw ra, 4(sp)\n sw s0, 8(sp)\n sw s1, 12(sp)\n sw s2, 16(sp)\n sw s3, 20(sp)\n sw s4, 24(sp)\n sw s5, 28(sp)\n"
        "sw s6, 32(sp)\n sw s7, 36(sp)\n sw s8, 40(sp)\n sw s9, 44(sp)\n sw s10, 48(sp)\n sw s11, 52(sp)\n"
        "mv t5, a0\n lw a6, 16(t5)\n lw a7, 32(t5)\n li a1, 255\n"
        /* a channel: its constants, and what the padding beside the first and the last column adds */
        "1: lw t4, 0(t5)\n lw t3, 0(t4)\n lw t6, 4(t4)\n lw a0, 8(t4)\n"
        "dw_weight s6, 0\n dw_weight s7, 1\n dw_weight s8, 2\n dw_weight s9, 3\n dw_weight s10, 4\n dw_weight s11, 5\n"
        "dw_weight t0, 6\n dw_weight t1, 7\n dw_weight t2, 8\n addi t4, t4, 24\n sw t4, 0(t5)\n"
        "andi t4, a0, 31\n lw a2, 24(t5)\n add t4, t4, a2\n sw t4, 68(t5)\n andi a0, a0, -256\n"
        "lw a2, 28(t5)\n dw_side s8, s11, t2\n sw a3, 64(t5)\n dw_side s6, s9, t0\n add a3, a3, a0\n sw a3, 60(t5)\n"
        "lw a3, 4(t5)\n addi a4, a3, 1\n sw a4, 4(t5)\n lw t4, 36(t5)\n addi t4, t4, -1\n bnez t4, 10f\n"
        "lw t4, 12(t5)\n add a4, a3, t4\n add a5, a4, t4\n lw a2, 8(t5)\n lw t4, 20(t5)\n"
        /* two rows, t4 to come: below the last one lie zero points */
        "2: addi t4, t4, -2\n sw t4, 72(t5)\n bnez t4, 3f\n lw a5, 8(t5)\n"
        "3: lw ra, 68(t5)\n lw s0, 60(t5)\n mv s3, s0\n"
        "dw_pixel a2\n dw_add s0, s7\n dw_set s1, s6\n"
        "dw_pixel a3\n dw_add s0, s10\n dw_add s1, s9\n dw_add s3, s7\n dw_set s4, s6\n"
        "dw_pixel a4\n dw_add s0, t1\n dw_add s1, t0\n dw_add s3, s10\n dw_add s4, s9\n"
        "dw_pixel a5\n dw_add s3, t1\n dw_add s4, t0\n"
        "4: dw_column s0, s1, s2, s3, s4, s5\n bltz ra, 5f\n"
        "dw_column s1, s2, s0, s4, s5, s3\n bltz ra, 6f\n"
        "dw_column s2, s0, s1, s5, s3, s4\n bgez ra, 4b\n"
        "dw_last s0, s3\n j 7f\n"
        "5: dw_last s1, s4\n j 7f\n"
        "6: dw_last s2, s5\n"
        "7: lw t5, 0(sp)\n lw t4, 72(t5)\n beqz t4, 8f\n"
        "mv a2, a3\n mv a3, a4\n mv a4, a5\n lw s0, 12(t5)\n add a5, a5, s0\n addi s1, t4, -1\n bnez s1, 2b\n"
        "sub a2, a2, s0\n sub a3, a3, s0\n sub a4, a4, s0\n li t4, 2\n j 2b\n"
        "8: lw t4, 56(t5)\n addi t4, t4, -1\n sw t4, 56(t5)\n bnez t4, 1b\n"
        "lw ra, 4(sp)\n lw s0, 8(sp)\n lw s1, 12(sp)\n lw s2, 16(sp)\n lw s3, 20(sp)\n lw s4, 24(sp)\n lw s5, 28(sp)\n"
        "lw s6, 32(sp)\n lw s7, 36(sp)\n lw s8, 40(sp)\n lw s9, 44(sp)\n lw s10, 48(sp)\n lw s11, 52(sp)\n"
        "addi sp, sp, 64\n ret\n");
    __asm__(
        /* stride 2; rows above and below the map are zero points */
        "10: lw a5, 32(t5)\n addi t4, a5, 1\n sw t4, 32(t5)\n"
        "mv s4, a3\n lw s2, 52(t5)\n lw s3, 48(t5)\n lw a7, 12(t5)\n"
        "11: mv a2, s4\n add a3, a2, a7\n add a4, a3, a7\n mv s4, a4\n lw t4, 8(t5)\n"
        "bgez s3, 12f\n mv a2, t4\n"
        "12: addi s3, s3, 2\n lw s0, 20(t5)\n blt s3, s0, 13f\n mv a4, t4\n"
        "13: lw ra, 68(t5)\n lw s0, 60(t5)\n lw t4, 40(t5)\n beqz t4, 14f\n"
        "add a2, a2, a6\n add a3, a3, a6\n add a4, a4, a6\n j 15f\n"
        "14: dw_pixel a2\n dw_set s0, s6\n dw_pixel a3\n dw_add s0, s9\n dw_pixel a4\n dw_add s0, t0\n"
        "15: dw_middle\n"
        "dw_pixel a2\n dw_add s0, s8\n dw_set s1, s6\n"
        "dw_pixel a3\n dw_add s0, s11\n dw_add s1, s9\n"
        "dw_pixel a4\n dw_add s0, t2\n dw_add s1, t0\n"
        "dw_scale s0\n sb s0, 0(a5)\n add a5, a5, a6\n mv s0, s1\n addi ra, ra, -32\n bgez ra, 15b\n"
        "lw s1, 0(sp)\n lw t4, 44(s1)\n beqz t4, 16f\n"
        "dw_middle\n lw t4, 64(s1)\n add s0, s0, t4\n dw_scale s0\n sb s0, 0(a5)\n add a5, a5, a6\n"
        "16: mv t5, s1\n addi s2, s2, -1\n bnez s2, 11b\n j 8b\n"
        ".purgem dw_pixel\n .purgem dw_add\n .purgem dw_set\n .purgem dw_all\n .purgem dw_new\n .purgem dw_scale\n"
        ".purgem dw_output\n .purgem dw_column\n .purgem dw_last\n .purgem dw_weight\n .purgem dw_side\n"
        ".purgem dw_middle\n");
}

/* Windows of a row that end in the map. */
static int32_t depthwise_ends(const nnq_shape *shape) {
    return (shape->in_width - 3 + shape->pad_left) / shape->stride_width + 1;
}

static void depthwise_fast(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                           uint8_t *scratch) {
    const int32_t is_same = shape->stride_width == 1;
    const int32_t channels = shape->in_channels;
    const int32_t row_bytes = shape->in_width * channels;
    const uint32_t from = (uint32_t)(uintptr_t)input;
    const uint32_t to = (uint32_t)(uintptr_t)output;
    const uint32_t beside = is_same ? 0 : (uint32_t)(shape->pad_left * channels);
    depthwise_work work;
    work.constants = constants;
    work.input = from - beside - (is_same ? 0 : (uint32_t)(shape->pad_top * row_bytes));
    work.zeros = (uint32_t)(uintptr_t)scratch - beside;
    work.row_bytes = row_bytes;
    work.channels = channels;
    work.channels_left = channels;
    work.height = shape->in_height;
    work.columns = 32 * (depthwise_ends(shape) - 1);
    work.zero_point = shape->in_zero_point;
    work.output = is_same ? to - from - 2 * (uint32_t)channels : to;
    work.stride = shape->stride_width;
    work.left = shape->pad_left;
    work.right = shape->out_width - depthwise_ends(shape);
    work.row = -shape->pad_top;
    work.rows = shape->out_height;
    memset(scratch, shape->in_zero_point, (size_t)row_bytes);
    depthwise_three(&work);
}

/* --- All others --- */

/* The sum of a window, which may lie outside of the map in part. */
static int32_t depthwise_sum(const nnq_shape *shape, const int8_t *weights, const int8_t *input, int32_t row,
                             int32_t column) {
    const int32_t step = shape->in_channels;
    const int32_t end = column + shape->kernel_width;
    int32_t place = (row * shape->in_width + column) * step;
    int32_t sum = 0;
    for (int32_t i = 0; i < shape->kernel_height; i++, row++) {
        const int32_t inside = (uint32_t)row < shape->in_height;
        const int32_t first = place;
        for (int32_t j = column; j < end; j++, place += step) {
            sum += *weights++ * (inside && (uint32_t)j < shape->in_width ? input[place] : shape->in_zero_point);
        }
        place = first + shape->in_width * step;
    }
    return sum;
}

static void depthwise_channel(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output) {
    const int32_t bias = nnq_load_i32(constants + 8) >> 8;
    const nnq_high_scale scale = {nnq_load_i32(constants), nnq_load_i32(constants + 4), constants[8]};
    for (int32_t y = 0; y < shape->out_height; y++) {
        for (int32_t x = 0; x < shape->out_width; x++) {
            const int32_t sum =
                depthwise_sum(shape, (const int8_t *)constants + NNQ_DEPTHWISE_RV32_HEAD, input,
                              y * shape->stride_height - shape->pad_top, x * shape->stride_width - shape->pad_left);
            const int32_t value = nnq_scale_high(bias + sum, &scale, shape->away);
            *output = (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
            output += shape->out_channels;
        }
    }
}

void nnq_depthwise_rv32(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                        uint8_t *scratch) {
    if (nnq_depthwise_rv32_is_fast(shape)) {
        depthwise_fast(shape, constants, input, output, scratch);
        return;
    }
    for (int32_t c = 0; c < shape->in_channels; c++) {
        depthwise_channel(shape, constants, input + c, output + c);
        constants += nnq_depthwise_rv32_bytes(shape);
    }
}

#endif
