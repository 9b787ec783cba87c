/* SPDX-License-Identifier: Apache-2.0
 * conv2d 3x3 of stride 1 for Armv7E-M (Cortex-M4, M7, M33) by Winograd's F(4, 3) along rows, exactly: half of the
 * multiplications. conv2d_3x3_dsp_layout.c has the constants.
 *
 * Of four outputs beside each other, from six inputs d and three weights g:
 *
 *     v0 = 4 d0 - 5 d2 + d4              u0 = g0                    n = v * u, summed over channels and rows
 *     v1 = 4 d2 - d4 + (4 d1 - d3)       u1 = g0 + g1 + g2          s = n1 + n2     t = n1 - n2
 *     v2 = 4 d2 - d4 - (4 d1 - d3)       u2 = g0 - g1 + g2          p = n3 + n4     q = n3 - n4
 *     v3 = d4 - d2 + 2 (d3 - d1)         u3 = g0 + 2 g1 + 4 g2      6 y0 = s + (6 n0 + p) / 4
 *     v4 = d4 - d2 - 2 (d3 - d1)         u4 = g0 - 2 g1 + 4 g2      6 y1 = t + q / 2
 *     v5 = 4 d1 - 5 d3 + d5              u5 = g2                    6 y2 = s + p
 *                                                                   6 y3 = t + 2 (q + 3 n5)
 *
 * |v| <= 1280 and |u| <= 889 are halfwords, for SMLAD of two channels. All is modulo 2^32, where 6 y becomes 256 y by a
 * multiplication: a third is 0xAAAAAAAB, since 3 * 0xAAAAAAAB = 1. The two divisions are exact: there is no remainder,
 * as 6 n0 + p = 24 y0 - 4 s and q = 12 y1 - 2 t, and |6 n0 + p| < 2^30, |q| < 2^29, as sum |g| < 2^16 in a channel.
 *
 * Rows of the window are summed as they are: a block is four by four outputs, so that of three weights (one column,
 * transformed) and six rows of inputs come twelve products of two channels each.
 */
#include "conv2d_3x3_dsp.h"

#include "assembly.h"

#if NNQ_ISA_DSP

#include <string.h>

/* --- Inputs --- */

/* Transforms halfwords r6 .. r11 (d0 .. d5) and stores them as v0 .. v5; 26 instructions. */
#define INPUTS(at)                                                                                                     \
    "ssub16 r6, r6, r8\n"                                                                                              \
    "ssub16 r12, r10, r8\n"                                                                                            \
    "sadd16 r6, r6, r6\n"                                                                                              \
    "sadd16 r6, r6, r6\n"                                                                                              \
    "sadd16 r6, r6, r12\n"                                                                                             \
    "str r6, [lr, #" at "]\n"                                                                                          \
    "sadd16 r8, r8, r8\n"                                                                                              \
    "sadd16 r8, r8, r8\n"                                                                                              \
    "ssub16 r10, r8, r10\n"                                                                                            \
    "ssub16 r6, r9, r7\n"                                                                                              \
    "sadd16 r6, r6, r6\n"                                                                                              \
    "sadd16 r8, r12, r6\n"                                                                                             \
    "str r8, [lr, #3*192+" at "]\n"                                                                                    \
    "ssub16 r12, r12, r6\n"                                                                                            \
    "str r12, [lr, #4*192+" at "]\n"                                                                                   \
    "ssub16 r11, r11, r9\n"                                                                                            \
    "sadd16 r6, r6, r6\n"                                                                                              \
    "ssub16 r11, r11, r6\n"                                                                                            \
    "str r11, [lr, #5*192+" at "]\n"                                                                                   \
    "sadd16 r7, r7, r7\n"                                                                                              \
    "sadd16 r7, r7, r7\n"                                                                                              \
    "ssub16 r7, r7, r9\n"                                                                                              \
    "sadd16 r6, r10, r7\n"                                                                                             \
    "str r6, [lr, #192+" at "]\n"                                                                                      \
    "ssub16 r10, r10, r7\n"                                                                                            \
    "str r10, [lr, #2*192+" at "]\n"

/* Transforms a row of six pixels: to[chunk][v0 .. v5][pair of channels][6 rows]. r0 .. r5 pixels, lr destination; on
 * the stack the fours of channels that are left. */
NNQ_ASSEMBLY void transform_row(NNQ_REGISTER const int8_t *const *pixels, NNQ_REGISTER uint32_t *to,
                                NNQ_REGISTER uint32_t fours) {
    __asm__("push {r2, r4-r11, lr}\n"
            "mov lr, r1\n"
            "ldm r0, {r0-r5}\n"
            "1:\n"
            "ldr r6, [r0]\n"
            "ldr r7, [r1]\n"
            "ldr r8, [r2]\n"
            "ldr r9, [r3]\n"
            "ldr r10, [r4]\n"
            "ldr r11, [r5]\n"
            "sxtb16 r6, r6\n"
            "sxtb16 r7, r7\n"
            "sxtb16 r8, r8\n"
            "sxtb16 r9, r9\n"
            "sxtb16 r10, r10\n"
            "sxtb16 r11, r11\n" INPUTS("0")
            "ldr r6, [r0], #4\n"
            "ldr r7, [r1], #4\n"
            "ldr r8, [r2], #4\n"
            "ldr r9, [r3], #4\n"
            "ldr r10, [r4], #4\n"
            "ldr r11, [r5], #4\n"
            "sxtb16 r6, r6, ror #8\n"
            "sxtb16 r7, r7, ror #8\n"
            "sxtb16 r8, r8, ror #8\n"
            "sxtb16 r9, r9, ror #8\n"
            "sxtb16 r10, r10, ror #8\n"
            "sxtb16 r11, r11, ror #8\n" INPUTS("24")
            "add lr, lr, #48\n"
            "ldr r12, [sp]\n"
            "subs r12, r12, #1\n"
            "str r12, [sp]\n"
            "tst r12, #3\n"
            "bne.w 1b\n"
            "add lr, lr, #1152-192\n" /* the next chunk */
            "cmp r12, #0\n"
            "bne.w 1b\n"
            "pop {r2, r4-r11, pc}\n");
}

/* Copies the last two rows of a block to the first two of the one below it: of `pairs` of rows, 48 a chunk. */
NNQ_ASSEMBLY void share_rows(NNQ_REGISTER const uint32_t *from, NNQ_REGISTER uint32_t *to,
                             NNQ_REGISTER uint32_t pairs) {
    __asm__("push {r4, lr}\n"
            "add r0, r0, #16\n"
            "1:\n"
            ".rept 4\n"
            "ldrd r3, r4, [r0], #24\n"
            "strd r3, r4, [r1], #24\n"
            ".endr\n"
            "subs r2, r2, #4\n"
            "bne 1b\n"
            "pop {r4, pc}\n");
}

/* --- Channels --- */

/* What compute_channels gets, in the order in which it keeps it on its stack. */
typedef struct {
    uint32_t *inputs;       /* [block][chunk][v0 .. v5][8][6] */
    uint32_t *weights;      /* [u0 .. u5][8][3] */
    int32_t *sums;          /* [block][n0 .. n5][4], zero */
    uint32_t blocks;        /* how many */
    uint32_t chunks;
    uint32_t step;          /* from the end of a chunk to the same chunk of the next block */
    uint32_t stride;        /* between the outputs of pixels */
    uint32_t row_stride;
    int8_t *output[NNQ_CONV2D_3X3_DSP_BLOCKS];
    const uint8_t *constants;
    uint32_t unused[3];
} arguments;

/* Transforms halfwords of r0 .. r2 (g0 .. g2) and stores them as u0 .. u5; 18 instructions. */
#define WEIGHTS(at, rotation)                                                                                          \
    "sxtb16 r3, r0" rotation "\n"                                                                                      \
    "sxtb16 r4, r1" rotation "\n"                                                                                      \
    "sxtb16 r5, r2" rotation "\n"                                                                                      \
    "sadd16 r6, r3, r5\n"                                                                                              \
    "sadd16 r7, r6, r4\n"                                                                                              \
    "ssub16 r6, r6, r4\n"                                                                                              \
    "sadd16 r8, r5, r5\n"                                                                                              \
    "sadd16 r8, r8, r8\n"                                                                                              \
    "sadd16 r8, r8, r3\n"                                                                                              \
    "sadd16 r4, r4, r4\n"                                                                                              \
    "sadd16 r9, r8, r4\n"                                                                                              \
    "ssub16 r8, r8, r4\n"                                                                                              \
    "str r3, [r12, #" at "]\n"                                                                                         \
    "str r7, [r12, #96+" at "]\n"                                                                                      \
    "str r6, [r12, #2*96+" at "]\n"                                                                                    \
    "str r9, [r12, #3*96+" at "]\n"                                                                                    \
    "str r8, [r12, #4*96+" at "]\n"                                                                                    \
    "str r5, [r12, #5*96+" at "]\n"

/* A pair of channels: four sums (r0 .. r3), three weights (r4 .. r6), six inputs (r7 .. r9). 15 instructions for 24
 * multiplications, which are 48 MACs. */
#define MULTIPLY                                                                                                       \
    "ldm lr!, {r4-r6}\n"                                                                                               \
    "ldm r12!, {r7-r9}\n"                                                                                              \
    "smlad r0, r7, r4, r0\n"                                                                                           \
    "smlad r0, r8, r5, r0\n"                                                                                           \
    "smlad r1, r8, r4, r1\n"                                                                                           \
    "smlad r0, r9, r6, r0\n"                                                                                           \
    "smlad r1, r9, r5, r1\n"                                                                                           \
    "smlad r2, r9, r4, r2\n"                                                                                           \
    "ldm r12!, {r7-r9}\n"                                                                                              \
    "smlad r1, r7, r6, r1\n"                                                                                           \
    "smlad r2, r7, r5, r2\n"                                                                                           \
    "smlad r3, r7, r4, r3\n"                                                                                           \
    "smlad r2, r8, r6, r2\n"                                                                                           \
    "smlad r3, r8, r5, r3\n"                                                                                           \
    "smlad r3, r9, r6, r3\n"

/* Scales a sum as nnq_scale_high does if `away`: r3 is 64, r1 free. */
#define SCALE_AWAY(acc)                                                                                                \
    "smmla " acc ", " acc ", r8, r3\n"                                                                                 \
    "asr r1, " acc ", #31\n"                                                                                           \
    "add " acc ", " acc ", r9\n"                                                                                       \
    "add " acc ", " acc ", r1, lsl #7\n"

NNQ_ASSEMBLY void compute_channels(NNQ_REGISTER const arguments *what) {
    __asm__("push {r4-r11, lr}\n"
            "add r0, r0, #64\n"
            "ldmdb r0!, {r1-r8}\n"
            "push {r1-r8}\n"
            "ldmdb r0!, {r1-r8}\n"
            "push {r1-r8}\n"

            /* A channel: [sp, #52] chunks left, [sp, #56] the chunk's inputs. */
            "10:\n"
            "ldr r0, [sp, #16]\n"
            "ldr r1, [sp]\n"
            "strd r0, r1, [sp, #52]\n"

            /* A chunk. Transforms weights: lr from, r12 to, r11 fours of channels, r10 rows of the window. */
            "11:\n"
            "ldr lr, [sp, #48]\n"
            "ldr r12, [sp, #4]\n"
            "movs r11, #4\n"
            "1:\n"
            ".irp row, 0, 4, 8\n"
            "ldm lr!, {r0-r2}\n" WEIGHTS("\\row", "") WEIGHTS("\\row+12", ", ror #8")
            ".endr\n"
            "add r12, r12, #24\n"
            "subs r11, r11, #1\n"
            "bne.w 1b\n"
            "str lr, [sp, #48]\n"

            /* Multiplies: lr weights, r10 their end, r11 sums, r12 inputs; [sp, #60] blocks left. */
            "ldr lr, [sp, #4]\n"
            "add r10, lr, #576\n"
            "ldr r11, [sp, #8]\n"
            "ldr r12, [sp, #56]\n"
            "ldr r0, [sp, #12]\n"
            "3:\n"
            "str r0, [sp, #60]\n"
            "4:\n"
            "ldm r11, {r0-r3}\n"
            ".rept 8\n" MULTIPLY ".endr\n"
            "stm r11!, {r0-r3}\n"
            "cmp lr, r10\n"
            "bne.w 4b\n"
            "ldr r1, [sp, #20]\n"
            "ldr r0, [sp, #60]\n"
            "add r12, r12, r1\n"
            "sub lr, lr, #576\n"
            "subs r0, r0, #1\n"
            "bne.w 3b\n"
            "ldrd r0, r1, [sp, #52]\n"
            "add r1, r1, #1152\n"
            "subs r0, r0, #1\n"
            "strd r0, r1, [sp, #52]\n"
            "bne.w 11b\n"

            /* Outputs: r7 .. r10 bias, multiplier, addend, shift, r11 sums, r12 output, lr 256 / 6; [sp, #56] the
             * block's output, [sp, #60] blocks left. */
            "ldr lr, [sp, #48]\n"
            "ldm lr!, {r7-r10}\n"
            "str lr, [sp, #48]\n"
            "movw lr, #0x5580\n"
            "movt lr, #0x5555\n"
            "ldr r11, [sp, #8]\n"
            "add r1, sp, #32\n"
            "ldr r0, [sp, #12]\n"
            "5:\n"
            "str r0, [sp, #60]\n"
            "ldr r12, [r1]\n"
            "add r0, r12, #1\n"
            "str r0, [r1], #4\n"
            "str r1, [sp, #56]\n"
            "6:\n" /* a row of a block */
            "ldr r1, [r11, #16]\n"
            "ldr r2, [r11, #32]\n"
            "ldr r3, [r11, #48]\n"
            "ldr r4, [r11, #64]\n"
            "ldr r5, [r11, #80]\n"
            "ldr r0, [r11], #4\n"
            "add r6, r1, r2\n"          /* s */
            "sub r1, r1, r2\n"          /* t */
            "add r2, r3, r4\n"          /* p */
            "sub r3, r3, r4\n"          /* q */
            "add r0, r0, r0, lsl #1\n"
            "add r0, r2, r0, lsl #1\n"
            "add r0, r6, r0, asr #2\n"  /* 6 y0 */
            "add r4, r1, r3, asr #1\n"  /* 6 y1 */
            "add r2, r2, r6\n"          /* 6 y2 */
            "add r5, r5, r5, lsl #1\n"
            "add r5, r5, r3\n"
            "add r5, r1, r5, lsl #1\n"  /* 6 y3 */
            "mla r0, r0, lr, r7\n"
            "mla r4, r4, lr, r7\n"
            "mla r2, r2, lr, r7\n"
            "mla r5, r5, lr, r7\n"
            "lsls r1, r10, #1\n" /* negative: away */
            "bmi 8f\n"
            "smmla r0, r0, r8, r9\n"
            "smmla r4, r4, r8, r9\n"
            "smmla r2, r2, r8, r9\n"
            "smmla r5, r5, r8, r9\n"
            "7:\n"
            "asr r0, r0, r10\n"
            "asr r4, r4, r10\n"
            "asr r2, r2, r10\n"
            "asr r5, r5, r10\n"
            "ssat r0, #8, r0\n"
            "ssat r4, #8, r4\n"
            "ssat r2, #8, r2\n"
            "ssat r5, #8, r5\n"
            "ldrd r1, r3, [sp, #24]\n"
            "add r6, r1, r1, lsl #1\n"
            "strb r4, [r12, r1]\n"
            "strb r2, [r12, r1, lsl #1]\n"
            "strb r5, [r12, r6]\n"
            "strb r0, [r12]\n"
            "add r12, r12, r3\n"
            "tst r11, #15\n"
            "bne.w 6b\n"
            "sub r11, r11, #16\n"
            "movs r0, #0\n"
            "movs r1, #0\n"
            "movs r2, #0\n"
            "movs r3, #0\n"
            ".rept 6\n"
            "stm r11!, {r0-r3}\n"
            ".endr\n"
            "ldrd r1, r0, [sp, #56]\n"
            "subs r0, r0, #1\n"
            "bne.w 5b\n"
            "cmp r10, #0\n"
            "bpl.w 10b\n" /* not the last channel */
            "add sp, sp, #64\n"
            "pop {r4-r11, pc}\n"
            "8:\n"
            "movs r3, #64\n"
            SCALE_AWAY("r0") SCALE_AWAY("r4") SCALE_AWAY("r2") SCALE_AWAY("r5")
            "b 7b\n");
}

/* --- Blocks --- */

/* Transforms rows `first` .. 5 of the pixels of a block; `zero` is a pixel of the zero point. */
static void transform_rows(const nnq_shape *shape, const int8_t *input, int32_t y, int32_t x, int32_t first,
                           const int8_t *zero, uint32_t *to) {
    const int8_t *pixels[6];
    for (int32_t i = first; i < 6; i++) {
        const int32_t row = y - shape->pad_top + i;
        for (int32_t j = 0; j < 6; j++) {
            const int32_t column = x - shape->pad_left + j;
            const int32_t is_inside = row >= 0 && row < shape->in_height && column >= 0 && column < shape->in_width;
            pixels[j] = is_inside ? input + (row * shape->in_width + column) * shape->in_channels : zero;
        }
        transform_row(pixels, to + i, shape->in_channels / 4u);
    }
}

/* Takes a block into the next free place. The one before it, in the place before it, has its first two rows if it is
 * above it. */
static void add_block(const nnq_shape *shape, const int8_t *input, int8_t *output, int32_t y, int32_t x,
                      int32_t is_below, arguments *what) {
    const uint32_t most = nnq_conv2d_3x3_dsp_blocks(shape);
    const uint32_t words = what->chunks * (NNQ_CONV2D_3X3_DSP_INPUTS / 4);
    const uint32_t before = (what->blocks == 0 ? most : what->blocks) - 1;
    uint32_t *const to = what->inputs + what->blocks * words;
    int8_t *const zero = (int8_t *)what->weights;
    memset(zero, shape->in_zero_point, shape->in_channels);
    if (is_below) {
        share_rows(what->inputs + before * words, to, 48 * what->chunks);
    }
    transform_rows(shape, input, y, x, is_below ? 2 : 0, zero, to);
    what->output[what->blocks++] = output + (y * shape->out_width + x) * shape->out_channels;
}

/* Blocks downwards and from left to right; the last ones of a column and of a row begin earlier rather than be
 * smaller. */
void nnq_conv2d_3x3_dsp(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                        uint8_t *scratch) {
    arguments *const what = (arguments *)(void *)scratch;
    const uint32_t most = nnq_conv2d_3x3_dsp_blocks(shape);
    uint8_t *const sums = scratch + NNQ_CONV2D_3X3_DSP_ARGUMENTS + NNQ_CONV2D_3X3_DSP_WEIGHTS;
    what->weights = (uint32_t *)(void *)(scratch + NNQ_CONV2D_3X3_DSP_ARGUMENTS);
    what->sums = (int32_t *)(void *)sums;
    what->inputs = (uint32_t *)(void *)(sums + most * NNQ_CONV2D_3X3_DSP_SUMS);
    what->chunks = nnq_conv2d_3x3_dsp_chunks(shape);
    what->step = (what->chunks - 1) * NNQ_CONV2D_3X3_DSP_INPUTS;
    what->stride = shape->out_channels;
    what->row_stride = (uint32_t)shape->out_width * shape->out_channels;
    what->constants = constants;
    what->blocks = 0;
    memset(sums, 0, most * NNQ_CONV2D_3X3_DSP_SUMS);
    for (int32_t column = 0; column < shape->out_width; column += 4) {
        const int32_t x = column + 4 > shape->out_width ? shape->out_width - 4 : column;
        for (int32_t row = 0; row < shape->out_height; row += 4) {
            const int32_t is_last = row + 4 >= shape->out_height;
            const int32_t y = is_last ? shape->out_height - 4 : row;
            add_block(shape, input, output, y, x, row > 0 && y == row, what);
            if (what->blocks == most || (is_last && column + 4 >= shape->out_width)) {
                compute_channels(what);
                what->blocks = 0;
            }
        }
    }
}

#endif
