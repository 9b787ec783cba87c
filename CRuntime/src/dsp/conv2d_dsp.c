/* SPDX-License-Identifier: Apache-2.0
 * conv2d for Armv7E-M (Cortex-M4, M7, M33), any shape: the windows of three pixels are unpacked into scratch, side by
 * side, and all output channels computed from there, two at a time. taps.h has the arithmetic, conv2d_dsp_layout.c the
 * constants. Inputs are read by words at any address, which these cores allow unless told otherwise (UNALIGN_TRP).
 */
#include "conv2d_dsp.h"

#include "assembly.h"

#if NNQ_ISA_DSP

#include <string.h>

/* --- Blocks of three pixels --- */

/* What run_blocks gets, in the order in which it keeps it on its stack. */
typedef struct {
    const uint8_t *constants;
    uint32_t *unpacked;
    int8_t *output;
    uint32_t stride;         /* between the outputs of pixels */
    uint8_t *rests;          /* what windows' rows leave over */
    uint32_t count;          /* of blocks */
    uint32_t advance[3];     /* from the end of a window's row to its next one */
    uint32_t *end;           /* of the unpacked inputs */
    const int8_t *source[3]; /* the pixels' windows */
    nnq_conv2d_dsp_loops loops;
} blocks;

#define CONSTANTS "[sp]"
#define UNPACKED "[sp, #4]"
#define OUTPUT "[sp, #8]"
#define STRIDE "[sp, #12]"
#define RESTS "[sp, #16]"
#define COUNT "[sp, #20]"
#define ADVANCE_0 "[sp, #24]"
#define ADVANCE_1_2 "[sp, #28]"
#define END "[sp, #36]"
#define SOURCES_STEP "#40"
#define FOURS "[sp, #56]"
#define ROWS "[sp, #60]"
#define REST_BYTES_REST "[sp, #64]"
#define ENTRY "[sp, #72]" /* here where to go after the first group */
#define NEXT "[sp, #76]"  /* and after the loop */

/* Assembler macros. `unpack_four`: four inputs of three pixels, r0 .. r2 sources, r3 destination, r4 (-127, -127).
 * `next_row` steps the sources. `ninth_input` of a row: byte `place` of r11, r12, lr. */
#define DEFINE_MACROS                                                                                                  \
    ".macro unpack_four\n"                                                                                             \
    "ldr r8, [r0], #4\n"                                                                                               \
    "ldr r9, [r1], #4\n"                                                                                               \
    "ldr r10, [r2], #4\n"                                                                                              \
    "sxtab16 r5, r4, r8\n"                                                                                             \
    "sxtab16 r6, r4, r9\n"                                                                                             \
    "sxtab16 r7, r4, r10\n"                                                                                            \
    "eor r8, r8, #0x007F007F\n"                                                                                        \
    "eor r9, r9, #0x007F007F\n"                                                                                        \
    "eor r10, r10, #0x007F007F\n"                                                                                      \
    "stm r3!, {r5-r10}\n"                                                                                              \
    ".endm\n"                                                                                                          \
    ".macro next_row\n"                                                                                                \
    "ldr r5, " ADVANCE_0 "\n"                                                                                          \
    "ldrd r6, r7, " ADVANCE_1_2 "\n"                                                                                   \
    "add r0, r0, r5\n"                                                                                                 \
    "add r1, r1, r6\n"                                                                                                 \
    "add r2, r2, r7\n"                                                                                                 \
    ".endm\n"                                                                                                          \
    ".macro ninth_input place\n"                                                                                       \
    "ldrb r5, [r0], #1\n"                                                                                              \
    "ldrb r6, [r1], #1\n"                                                                                              \
    "ldrb r7, [r2], #1\n"                                                                                              \
    "orr r11, r11, r5, lsl #8*\\place\n"                                                                               \
    "orr r12, r12, r6, lsl #8*\\place\n"                                                                               \
    "orr lr, lr, r7, lsl #8*\\place\n"                                                                                 \
    ".endm\n"
#define REMOVE_MACROS ".purgem unpack_four\n.purgem next_row\n.purgem ninth_input\n"

/* The same for each of some registers, `sum`. */
#define EACH(registers, instructions) ".irp sum, " registers "\n" instructions "\n.endr\n"
#define FIRST "r0, r1, r2"
#define SECOND "r3, r4, r5"

/* Six products of three pixels (r6 .. r8) and the weights of two channels (r9, r10), added to six sums. */
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

/* The first group of a pair: sums begin with the biases, in r0 and r3. */
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

/* A sum after `sum += addend`, both with nnq_scale_high's 64: its extra step, where `less` is the addend without. */
#define AWAY(less) "cmp \\sum, " less "\nit lt\nsublt \\sum, \\sum, #128"

/* Computes blocks of three pixels whose windows are side by side. Channels are in pairs:
 *
 *     r0 .. r2 sums of the first channel, r3 .. r5 of the second   r6 .. r8 inputs   r9, r10 weights
 *     r11 output   r12 next inputs   lr next constants
 *
 * The loop takes 15 groups, and is entered where a multiple of 15 is left to do. A pair takes 17 instructions a group
 * and 32 more, 4 for each further time round. */
NNQ_ASSEMBLY void run_blocks(NNQ_REGISTER const blocks *what) {
    __asm__(DEFINE_MACROS
            "push {r4-r11, lr}\n"
            "add r0, r0, #80\n"
            "ldmdb r0!, {r1-r10}\n"
            "adr.w r11, 20f\n"
            "add r9, r9, r11\n"
            "cmp r10, #0\n"
            "add r10, r11, #15*68+4\n" /* label 21 */
            "it ne\n"
            "addne r10, r10, #22f-21f\n"
            "orr r9, r9, #1\n" /* Thumb */
            "orr r10, r10, #1\n"
            "push {r1-r10}\n"
            "ldmdb r0!, {r1-r10}\n"
            "push {r1-r10}\n"

            /* A block. Steps the sources, then unpacks rows: r11 groups left, lr rows left, r12 rests. */
            "10:\n"
            "add r4, sp, " SOURCES_STEP "\n"
            "ldm r4, {r0-r3}\n"
            "add r5, r0, r3\n"
            "add r6, r1, r3\n"
            "add r7, r2, r3\n"
            "stm r4, {r5-r7}\n"
            "ldr r3, " UNPACKED "\n"
            "mvn r4, #0x007E007E\n"
            "ldr lr, " ROWS "\n"
            "ldr r12, " RESTS "\n"
            "cmp lr, #0\n"
            "beq.w 17f\n"
            "1:\n"
            "ldr r11, " FOURS "\n"
            "subs r11, r11, #1\n"
            "bmi 3f\n"
            "2:\n"
            "unpack_four\n"
            "subs r11, r11, #1\n"
            "bpl 2b\n"
            "3:\n"
            "ldrd r8, r11, " REST_BYTES_REST "\n"
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
            "subs lr, lr, #1\n"
            "beq 6f\n"
            "next_row\n"
            "b 1b\n"
            "6:\n"
            "lsrs r11, r8, #2\n"
            "beq 8f\n"
            "ldr r0, " RESTS "\n"
            "add r1, r0, r8\n"
            "add r2, r1, r8\n"
            "7:\n"
            "unpack_four\n"
            "subs r11, r11, #1\n"
            "bne 7b\n"
            "8:\n"
            "ldr lr, " CONSTANTS "\n"
            "ldr r11, " OUTPUT "\n"

            /* A pair of channels. */
            "11:\n"
            "ldr r12, " UNPACKED "\n" FIRST_GROUP "ldr pc, " ENTRY "\n"
            ".balign 4\n"
            "20:\n"
            ".rept 15\n" GROUP ".endr\n"
            "ldr pc, " NEXT "\n"
            "21:\n" /* multiplier, addend, shift of either channel: r6 .. r8, and r9, r10, r12 */
            "ldm lr!, {r6-r10, r12}\n"
            EACH(FIRST, "smmla \\sum, \\sum, r6, r7")
            EACH(SECOND, "smmla \\sum, \\sum, r9, r10")
            "lsls r6, r12, #1\n" /* carry: the last pair; negative: special */
            "bmi 13f\n"
            "12:\n"
            EACH(FIRST, "asr \\sum, \\sum, r8")
            EACH(SECOND, "asr \\sum, \\sum, r12")
            EACH(FIRST ", " SECOND, "ssat \\sum, #8, \\sum")
            "ldr r6, " STRIDE "\n"
            "bfi r0, r3, #8, #8\n"
            "bfi r1, r4, #8, #8\n"
            "bfi r2, r5, #8, #8\n"
            "strh r1, [r11, r6]\n"
            "strh r2, [r11, r6, lsl #1]\n"
            "strh r0, [r11], #2\n"
            "bcc.w 11b\n"

            "14:\n" /* outputs of two more pixels are done */
            "ldr r0, " COUNT "\n"
            "add r11, r11, r6, lsl #1\n"
            "str r11, " OUTPUT "\n"
            "subs r0, r0, #1\n"
            "str r0, " COUNT "\n"
            "bne.w 10b\n"
            "add sp, sp, #80\n"
            "pop {r4-r11, pc}\n"

            "13:\n"
            "lsls r6, r12, #2\n" /* negative: away */
            "bpl 15f\n"
            "sub r7, r7, #64\n"
            "sub r10, r10, #64\n"
            EACH(FIRST, AWAY("r7"))
            EACH(SECOND, AWAY("r10"))
            "15:\n"
            "lsls r6, r12, #3\n" /* negative: a single channel */
            "bmi 16f\n"
            "lsls r6, r12, #1\n"
            "b 12b\n"
            "16:\n"
            EACH(FIRST, "asr \\sum, \\sum, r8")
            EACH(FIRST, "ssat \\sum, #8, \\sum")
            "ldr r6, " STRIDE "\n"
            "strb r1, [r11, r6]\n"
            "strb r2, [r11, r6, lsl #1]\n"
            "strb r0, [r11], #1\n"
            "b 14b\n"

            ".balign 4\n"
            "22:\n" /* after the loop where it is gone round more than once */
            "ldr r9, " END "\n"
            "cmp r12, r9\n"
            "bne.w 20b\n"
            "b.w 21b\n"

            "17:\n" /* windows of three rows of nine inputs: the ninth ones together make a group */
            "unpack_four\n"
            "unpack_four\n"
            "ldrb r11, [r0], #1\n"
            "ldrb r12, [r1], #1\n"
            "ldrb lr, [r2], #1\n"
            ".irp place, 1, 2\n"
            "next_row\nunpack_four\nunpack_four\nninth_input \\place\n"
            ".endr\n"
            "sxtab16 r5, r4, r11\n"
            "sxtab16 r6, r4, r12\n"
            "sxtab16 r7, r4, lr\n"
            EACH("r11, r12, lr", "eor \\sum, \\sum, #0x007F007F")
            "stm r3, {r5-r7, r11, r12, lr}\n"
            "b.w 8b\n"
            REMOVE_MACROS);
}

/* --- Windows --- */

/* What the kernel works on, in scratch, which costs no stack. */
typedef struct {
    blocks what;
    const int8_t *input;
    int8_t *copies; /* of windows */
    nnq_shape shape;
} work;

/* Copies a window with its padding; its rows are `stride` bytes from each other. */
static void copy_window(const work *at, int32_t top, int32_t left, int8_t *to, int32_t stride) {
    const nnq_shape *shape = &at->shape;
    const int32_t from = left < 0 ? -left : 0;
    const int32_t end = left + shape->kernel_width > shape->in_width ? shape->in_width - left : shape->kernel_width;
    for (int32_t y = top; y < top + shape->kernel_height; y++, to += stride) {
        memset(to, shape->in_zero_point, (size_t)(shape->kernel_width * shape->in_channels));
        if (y >= 0 && y < shape->in_height && from < end) {
            memcpy(to + from * shape->in_channels,
                   at->input + (y * shape->in_width + left + from) * shape->in_channels,
                   (size_t)((end - from) * shape->in_channels));
        }
    }
}

/* Finds the window of a pixel of a block, or copies it where it reaches out of the map; returns whether it does not. */
__attribute__((noinline)) static int32_t find_window(work *at, int32_t pixel, int32_t i) {
    const nnq_shape *shape = &at->shape;
    const int32_t row = shape->kernel_width * shape->in_channels;
    const int32_t top = pixel / shape->out_width * shape->stride_height - shape->pad_top;
    const int32_t left = pixel % shape->out_width * shape->stride_width - shape->pad_left;
    if (top >= 0 && left >= 0 && top + shape->kernel_height <= shape->in_height &&
        left + shape->kernel_width <= shape->in_width) {
        at->what.source[i] = at->input + (top * shape->in_width + left) * shape->in_channels;
        at->what.advance[i] = (uint32_t)(shape->in_width * shape->in_channels - row);
        return 1;
    }
    at->what.source[i] = at->copies + i * row;
    at->what.advance[i] = (uint32_t)(2 * row);
    copy_window(at, top, left, at->copies + i * row, 3 * row);
    return 0;
}

/* Copies the map with its padding. */
static void copy_map(work *at, uint32_t bytes, int8_t *to) {
    nnq_shape *shape = &at->shape;
    const int32_t height = nnq_conv2d_dsp_height(shape);
    const int32_t width = nnq_conv2d_dsp_width(shape);
    const int32_t inside = width - shape->pad_left < shape->in_width ? width - shape->pad_left : shape->in_width;
    const int8_t *from = at->input;
    memset(to, shape->in_zero_point, bytes);
    at->input = to;
    to += (shape->pad_top * width + shape->pad_left) * shape->in_channels;
    for (int32_t y = 0; y < shape->in_height && y < height - shape->pad_top; y++) {
        memcpy(to, from, (size_t)(inside * shape->in_channels));
        to += width * shape->in_channels;
        from += shape->in_width * shape->in_channels;
    }
    shape->in_height = (uint16_t)height;
    shape->in_width = (uint16_t)width;
    shape->pad_top = shape->pad_left = 0;
}

/* How many blocks from a pixel on have their windows in one row and inside of the map, if the first one has. */
static uint32_t count_blocks(const nnq_shape *shape, int32_t pixel) {
    const int32_t inside = (shape->in_width - shape->kernel_width + shape->pad_left) / shape->stride_width + 1;
    const int32_t end = inside < shape->out_width ? inside : shape->out_width;
    const int32_t count = (end - pixel % shape->out_width) / 3;
    return count > 1 ? (uint32_t)count : 1;
}

/* Pixels one after the other, blocks across the ends of rows; the last block begins earlier rather than be shorter.
 * Where there are fewer than three pixels, blocks are of one, three times. */
static void run_pixels(work *at, int8_t *output) {
    const int32_t channels = at->shape.out_channels;
    const int32_t total = at->shape.out_height * at->shape.out_width;
    const int32_t spread = total >= 3;
    at->what.stride = (uint32_t)(channels * spread);
    for (int32_t pixel = 0; pixel < total;) {
        int32_t inside = 0;
        for (int32_t i = 0; i < 3; i++) {
            inside += find_window(at, pixel + i * spread, i);
        }
        at->what.output = output + pixel * channels;
        at->what.count = spread && inside == 3 ? count_blocks(&at->shape, pixel) : 1;
        run_blocks(&at->what);
        pixel += spread ? 3 * (int32_t)at->what.count : 1;
        if (spread && pixel < total && pixel > total - 3) {
            pixel = total - 3;
        }
    }
}

/* Without strides and neighbours, rows do not matter: one long row has fewer ends. */
static void join_rows(nnq_shape *shape) {
    const int32_t area = shape->out_height * shape->out_width;
    if (shape->kernel_height * shape->kernel_width * shape->stride_height * shape->stride_width == 1 &&
        area <= UINT16_MAX) {
        shape->in_height = shape->out_height = 1;
        shape->in_width = shape->out_width = (uint16_t)area;
    }
}

void nnq_conv2d_dsp(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                    uint8_t *scratch) {
    work *const at = (work *)(void *)scratch;
    const nnq_conv2d_dsp_plan *plan = (const nnq_conv2d_dsp_plan *)(const void *)constants;
    uint8_t *const memory = scratch + NNQ_CONV2D_DSP_ARGUMENTS;
    at->input = input;
    at->shape = *shape;
    at->copies = (int8_t *)memory + plan->copies;
    at->what.constants = constants + sizeof *plan;
    at->what.unpacked = (uint32_t *)(void *)memory;
    at->what.end = (uint32_t *)(void *)(memory + plan->unpacked);
    at->what.rests = memory + plan->rests;
    at->what.loops = plan->loops;
    if (plan->map > 0) {
        copy_map(at, plan->map, (int8_t *)at->what.rests + 3 * plan->loops.rest_bytes);
    }
    join_rows(&at->shape);
    run_pixels(at, output);
}

#endif
