/* SPDX-License-Identifier: Apache-2.0
 * conv2d for Armv7E-M (Cortex-M4, M7, M33), any shape: the windows of three pixels are unpacked into scratch, side by
 * side, and all output channels computed from there, two at a time. taps.h has the arithmetic, conv2d_dsp_layout.c the
 * constants.
 */
#include "conv2d_dsp.h"

#include "assembly.h"

#if NNQ_ISA_DSP

#include <string.h>

/* --- Blocks of three pixels --- */

/* What run_blocks gets, in the order in which it keeps it on its stack. */
typedef struct {
    uint32_t *unpacked;
    uint32_t entry; /* where its loop begins, in bytes */
    int8_t *output;
    uint32_t stride;         /* between the outputs of pixels */
    const int8_t *source[3]; /* the pixels' windows */
    uint32_t step;           /* to the next block's windows */
    uint32_t fours;          /* of a row of a window */
    uint32_t rows;
    uint32_t rest_bytes; /* of `rests`, for each pixel */
    uint32_t rest;       /* what a row leaves over */
    uint32_t advance;    /* from the end of a window's row to its next one */
    uint8_t *rests;
    const uint8_t *constants;
    uint32_t count; /* of blocks */
} blocks;

/* Unpacks four inputs of three pixels: r0 .. r2 sources, r3 destination, r4 (-127, -127). */
#define UNPACK                                                                                                         \
    "ldr r8, [r0], #4\n"                                                                                               \
    "ldr r9, [r1], #4\n"                                                                                               \
    "ldr r10, [r2], #4\n"                                                                                              \
    "sxtab16 r5, r4, r8\n"                                                                                             \
    "sxtab16 r6, r4, r9\n"                                                                                             \
    "sxtab16 r7, r4, r10\n"                                                                                            \
    "eor r8, r8, #0x007F007F\n"                                                                                        \
    "eor r9, r9, #0x007F007F\n"                                                                                        \
    "eor r10, r10, #0x007F007F\n"                                                                                      \
    "stm r3!, {r5-r10}\n"

/* Six products of three pixels (r6 .. r8) and the weights of two channels (r9, r10), added to six accumulators. */
#define PRODUCTS                                                                                                       \
    "smlad r0, r6, r9, r0\n"                                                                                           \
    "smlad r1, r7, r9, r1\n"                                                                                           \
    "smlad r2, r8, r9, r2\n"                                                                                           \
    "smlad r3, r6, r10, r3\n"                                                                                          \
    "smlad r4, r7, r10, r4\n"                                                                                          \
    "smlad r5, r8, r10, r5\n"

/* A group: four taps, three pixels, two channels. 17 instructions of 4 bytes for 24 MACs. */
#define GROUP                                                                                                          \
    "ldrd r9, r10, [lr], #8\n"                                                                                         \
    "ldm r12!, {r6-r8}\n" PRODUCTS "sxtb16 r9, r9\n"                                                                   \
    "sxtb16 r10, r10\n"                                                                                                \
    "ldm r12!, {r6-r8}\n" PRODUCTS

/* The first group of a pair: accumulators begin with the biases, in r0 and r3. */
#define FIRST_GROUP                                                                                                    \
    "ldm lr!, {r0, r3, r9, r10}\n"                                                                                     \
    "ldm r12!, {r6-r8}\n"                                                                                              \
    "smlad r1, r7, r9, r0\n"                                                                                           \
    "smlad r2, r8, r9, r0\n"                                                                                           \
    "smlad r0, r6, r9, r0\n"                                                                                           \
    "smlad r4, r7, r10, r3\n"                                                                                          \
    "smlad r5, r8, r10, r3\n"                                                                                          \
    "smlad r3, r6, r10, r3\n"                                                                                          \
    "sxtb16 r9, r9\n"                                                                                                  \
    "sxtb16 r10, r10\n"                                                                                                \
    "ldm r12!, {r6-r8}\n" PRODUCTS

/* An accumulator after `acc += addend`: nnq_scale_high's extra step. */
#define AWAY(acc, addend)                                                                                              \
    "add " acc ", " acc ", #64\n"                                                                                      \
    "cmp " acc ", " addend "\n"                                                                                        \
    "it lt\n"                                                                                                          \
    "sublt " acc ", " acc ", #128\n"

/* Channels: r0 .. r2 accumulators of the first, r3 .. r5 of the second   r6 .. r8 inputs   r9, r10 weights
 * r11 end of the inputs   r12 next input   lr next constants   sp: a copy of `blocks`
 *
 * The loop takes eight groups, and is entered where a multiple of eight is left to do. A pair's instructions: 17 a group,
 * 2 for each time round, 31 for the rest. */
enum { UNROLLED = 8, GROUP_BYTES = 68 };

NNQ_ASSEMBLY void run_blocks(NNQ_REGISTER const blocks *what) {
    __asm__("push {r4-r11, lr}\n"
            "add r0, r0, #64\n"
            "ldmdb r0!, {r1-r8}\n"
            "push {r1-r8}\n"
            "ldmdb r0!, {r1-r8}\n"
            "adr.w r0, 20f\n"
            "add r2, r2, r0\n"
            "orr r2, r2, #1\n" /* Thumb */
            "push {r1-r8}\n"

            /* A block. Steps the sources, then unpacks rows. */
            "10:\n"
            "add r4, sp, #16\n"
            "ldm r4, {r0-r3}\n"
            "add r5, r0, r3\n"
            "add r6, r1, r3\n"
            "add r7, r2, r3\n"
            "stm r4, {r5-r7}\n"
            "ldr r3, [sp]\n"
            "mvn r4, #0x007E007E\n"
            "ldr lr, [sp, #36]\n"
            "ldr r12, [sp, #52]\n"
            "1:\n"
            "ldr r11, [sp, #32]\n"
            "subs r11, r11, #1\n"
            "bmi 3f\n"
            "2:\n" UNPACK "subs r11, r11, #1\n"
            "bpl 2b\n"
            "3:\n" /* what the row leaves over */
            "ldrd r8, r11, [sp, #40]\n"
            "subs r11, r11, #1\n"
            "bmi 5f\n"
            "4:\n"
            "ldrb r5, [r0], #1\n"
            "ldrb r6, [r1], #1\n"
            "ldrb r7, [r2], #1\n"
            "strb r6, [r12, r8]\n"
            "strb r7, [r12, r8, lsl #1]\n"
            "strb r5, [r12], #1\n"
            "subs r11, r11, #1\n"
            "bpl 4b\n"
            "5:\n"
            "ldr r11, [sp, #48]\n"
            "add r0, r0, r11\n"
            "add r1, r1, r11\n"
            "add r2, r2, r11\n"
            "subs lr, lr, #1\n"
            "bne 1b\n"
            "lsrs r11, r8, #2\n"
            "beq 7f\n"
            "ldr r0, [sp, #52]\n"
            "add r1, r0, r8\n"
            "add r2, r1, r8\n"
            "6:\n" UNPACK "subs r11, r11, #1\n"
            "bne 6b\n"
            "7:\n"
            "mov r11, r3\n"
            "ldr lr, [sp, #56]\n"

            /* A pair of channels. */
            "11:\n"
            "ldr r12, [sp]\n" FIRST_GROUP "ldr pc, [sp, #4]\n"
            ".balign 4\n"
            "20:\n"
            ".rept 8\n" GROUP ".endr\n"
            "cmp r12, r11\n"
            "bne.w 20b\n"
            /* Multiplier, addend, shift of either channel: r6 .. r8, and r9, r10, r12. */
            "ldm lr!, {r6-r10, r12}\n"
            "smmla r0, r0, r6, r7\n"
            "smmla r1, r1, r6, r7\n"
            "smmla r2, r2, r6, r7\n"
            "smmla r3, r3, r9, r10\n"
            "smmla r4, r4, r9, r10\n"
            "smmla r5, r5, r9, r10\n"
            "lsls r6, r12, #1\n" /* carry: the last pair; negative: special */
            "bmi 13f\n"
            "12:\n"
            "asr r0, r0, r8\n"
            "asr r1, r1, r8\n"
            "asr r2, r2, r8\n"
            "asr r3, r3, r12\n"
            "asr r4, r4, r12\n"
            "asr r5, r5, r12\n"
            "ssat r0, #8, r0\n"
            "ssat r1, #8, r1\n"
            "ssat r2, #8, r2\n"
            "ssat r3, #8, r3\n"
            "ssat r4, #8, r4\n"
            "ssat r5, #8, r5\n"
            "bfi r0, r3, #8, #8\n"
            "bfi r1, r4, #8, #8\n"
            "bfi r2, r5, #8, #8\n"
            "ldrd r6, r7, [sp, #8]\n"
            "strh r1, [r6, r7]\n"
            "strh r2, [r6, r7, lsl #1]\n"
            "strh r0, [r6], #2\n"
            "str r6, [sp, #8]\n"
            "bcc.w 11b\n"
            "b 15f\n"

            "13:\n"
            "lsls r6, r12, #2\n" /* negative: away */
            "bpl 14f\n"
            AWAY("r0", "r7") AWAY("r1", "r7") AWAY("r2", "r7")
            AWAY("r3", "r10") AWAY("r4", "r10") AWAY("r5", "r10")
            "14:\n"
            "lsls r6, r12, #3\n" /* negative: a single channel */
            "bmi 16f\n"
            "lsls r6, r12, #1\n"
            "b 12b\n"
            "16:\n"
            "asr r0, r0, r8\n"
            "asr r1, r1, r8\n"
            "asr r2, r2, r8\n"
            "ssat r0, #8, r0\n"
            "ssat r1, #8, r1\n"
            "ssat r2, #8, r2\n"
            "ldrd r6, r7, [sp, #8]\n"
            "strb r1, [r6, r7]\n"
            "strb r2, [r6, r7, lsl #1]\n"
            "strb r0, [r6], #1\n"

            "15:\n" /* outputs of two more pixels are done */
            "add r6, r6, r7, lsl #1\n"
            "str r6, [sp, #8]\n"
            "ldr r0, [sp, #60]\n"
            "subs r0, r0, #1\n"
            "str r0, [sp, #60]\n"
            "bne.w 10b\n"
            "add sp, sp, #64\n"
            "pop {r4-r11, pc}\n");
}

#undef UNPACK
#undef PRODUCTS
#undef GROUP
#undef FIRST_GROUP
#undef AWAY

/* --- Windows --- */

/* The window of output pixel x, y; null where it reaches out of the map. */
static const int8_t *find_window(const nnq_shape *shape, const int8_t *input, int32_t y, int32_t x) {
    const int32_t top = y * shape->stride_height - shape->pad_top;
    const int32_t left = x * shape->stride_width - shape->pad_left;
    const int32_t is_inside = top >= 0 && left >= 0 && top + shape->kernel_height <= shape->in_height &&
                              left + shape->kernel_width <= shape->in_width;
    return is_inside ? input + (top * shape->in_width + left) * shape->in_channels : NULL;
}

/* Copies a window with its padding. */
static void copy_window(const nnq_shape *shape, const int8_t *input, int32_t y, int32_t x, int8_t *to) {
    const int32_t row = (int32_t)nnq_conv2d_dsp_row(shape);
    const int32_t top = y * shape->stride_height - shape->pad_top;
    const int32_t left = x * shape->stride_width - shape->pad_left;
    const int32_t from = left < 0 ? -left : 0;
    const int32_t end = left + shape->kernel_width > shape->in_width ? shape->in_width - left : shape->kernel_width;
    memset(to, shape->in_zero_point, (size_t)(row * shape->kernel_height));
    for (int32_t i = 0; i < shape->kernel_height; i++) {
        if (top + i >= 0 && top + i < shape->in_height && from < end) {
            memcpy(to + from * shape->in_channels,
                   input + ((top + i) * shape->in_width + left + from) * shape->in_channels,
                   (size_t)((end - from) * shape->in_channels));
        }
        to += row;
    }
}

/* Finds the windows of three pixels from one on, or copies them all where one of them reaches out of the map. */
static void find_windows(const nnq_shape *shape, const int8_t *input, int32_t pixel, int32_t spread, int8_t *copies,
                         blocks *what) {
    int32_t y[3];
    int32_t x[3];
    int32_t are_inside = 1;
    what->advance = (uint32_t)shape->in_width * shape->in_channels - nnq_conv2d_dsp_row(shape);
    for (int32_t i = 0; i < 3; i++) {
        y[i] = (pixel + i * spread) / shape->out_width;
        x[i] = (pixel + i * spread) % shape->out_width;
        what->source[i] = find_window(shape, input, y[i], x[i]);
        are_inside &= what->source[i] != NULL;
    }
    what->count = 1;
    if (!are_inside) {
        what->advance = 0;
        for (int32_t i = 0; i < 3; i++) {
            copy_window(shape, input, y[i], x[i], copies);
            what->source[i] = copies;
            copies += nnq_conv2d_dsp_copy(shape);
        }
    } else if (spread && x[0] < x[2]) {
        const int32_t last = (shape->in_width - shape->kernel_width + shape->pad_left) / shape->stride_width;
        what->count = (uint32_t)((last < shape->out_width ? last + 1 : shape->out_width) - x[0]) / 3;
    }
}

/* Pixels one after the other, blocks across the ends of rows; the last block begins earlier rather than be shorter. Where
 * there are fewer than three pixels, blocks are of one, three times. */
static void run_pixels(const nnq_shape *shape, const int8_t *input, int8_t *output, int8_t *copies, blocks *what) {
    const int32_t total = shape->out_height * shape->out_width;
    const int32_t spread = total >= 3;
    what->stride = spread ? shape->out_channels : 0;
    for (int32_t pixel = 0; pixel < total;) {
        what->output = output + pixel * shape->out_channels;
        find_windows(shape, input, pixel, spread, copies, what);
        run_blocks(what);
        pixel += spread ? 3 * (int32_t)what->count : 1;
        if (spread && pixel < total && pixel > total - 3) {
            pixel = total - 3;
        }
    }
}

void nnq_conv2d_dsp(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                    uint8_t *scratch) {
    blocks *const what = (blocks *)(void *)scratch;
    const uint32_t groups = nnq_conv2d_dsp_groups(shape);
    const int32_t area = shape->out_height * shape->out_width;
    nnq_shape flat = *shape;
    what->unpacked = (uint32_t *)(void *)(scratch + NNQ_CONV2D_DSP_BLOCKS);
    what->entry = (groups == 1 ? UNROLLED : (1 - groups) % UNROLLED) * GROUP_BYTES;
    what->step = 3u * shape->stride_width * shape->in_channels;
    what->fours = nnq_conv2d_dsp_row(shape) / 4;
    what->rows = shape->kernel_height;
    what->rest_bytes = nnq_conv2d_dsp_rest(shape);
    what->rest = nnq_conv2d_dsp_row(shape) % 4;
    what->rests = scratch + NNQ_CONV2D_DSP_BLOCKS + 24 * groups;
    what->constants = constants;
    if (shape->kernel_height * shape->kernel_width * shape->stride_height * shape->stride_width == 1 &&
        area <= UINT16_MAX) {
        flat.in_height = flat.out_height = 1;
        flat.in_width = flat.out_width = (uint16_t)area;
    }
    run_pixels(&flat, input, output, (int8_t *)what->rests + 3 * what->rest_bytes, what);
}

#endif
