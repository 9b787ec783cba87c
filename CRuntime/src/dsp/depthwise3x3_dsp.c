/* SPDX-License-Identifier: Apache-2.0
 * Depthwise convolution 3x3, stride 1 or 2, for Armv7E-M; depthwise3x3_dsp_layout.c has its constants.
 *
 * Input rows are taken in pairs: a word holds one column of one channel, the upper row in its lower half. A tile of the
 * map is unpacked to such words for four channels at once, since a word of the map has four channels:
 *
 *     scratch: column 0 .. 8, channel 0 .. 3, pair 0 .. 13
 *
 * From a pair u and the pair v below it, with weights w0, w1, w2 of a column, two outputs that lie below each other need
 * 4 multiplications for 6 multiply-accumulates at stride 1:
 *
 *     upper += u * (w0, w1) + v.upper * w2        lower += u.lower * w0 + v * (w1, w2)
 *
 * and at stride 2, where the lower output begins at v and x is the pair below that:
 *
 *     upper += u * (w0, w1) + v.upper * w2        lower += v * (w0, w1) + x.upper * w2
 *
 * The loop computes 2 x 2 outputs from 4 or 5 columns: 52 instructions for 36 multiply-accumulates, or 58.
 */
#include "../shape.h"
#include "assembly.h"

#if NNQ_ISA_DSP

enum { PAIRS = 14, CHANNEL_BYTES = 4 * PAIRS, COLUMN_BYTES = 4 * CHANNEL_BYTES, COLUMNS = 9 };
enum { LAYER = 8, RECORD = 20 };

/* Edges of a tile, from the highest bit down. */
#define UPPER_EDGE 0x80000000u /* the first pair has only its lower row inside of the map */
#define ODD_PAIR 0x40000000u   /* the number of whole pairs is odd */
#define LOWER_EDGE 0x20000000u /* the last pair has only its upper row inside */

/* What tiles of some output rows share. The assembly below knows the offsets. */
typedef struct tile {
    int32_t half;     /*  0: the layer's, of which each channel makes its addend */
    int32_t extra;    /*  4 */
    int32_t stride;   /*  8 */
    int32_t channels; /* 12: bytes from an output to the one to the right */
    int32_t diagonal; /* 16: to the one below and to the right */
    int32_t last;     /* 20: 0, or where the rows are odd in number 1 more than `diagonal` is for the last one */
    int32_t height;   /* 24: bytes of scratch that blocks go down */
    int32_t gap;      /* 28: bytes of scratch from there to the next two columns */
    int32_t back;     /* 32: the same for the output */
    int32_t columns;  /* 36: of outputs */
    int32_t row;      /* 40: bytes of an input row */
    uint32_t padding; /* 44: four zero points */
    uint32_t edges;   /* 48 */
    int32_t quads;    /* 52: two whole pairs of rows each */
    const nnq_shape *shape;
    const int8_t *input;
    uint8_t *scratch;
    int32_t width;   /* output columns of all tiles but the last */
    int32_t inside;  /* bytes of input to the first row inside of the map */
    int32_t outside; /* bytes of scratch from a column to that row */
} tile;

/* Sets columns of scratch to pairs of zero points. */
NNQ_ASSEMBLY void clear(NNQ_REGISTER uint8_t *from, NNQ_REGISTER uint8_t *end, NNQ_REGISTER uint32_t pair) {
    __asm__("push {r4-r9, lr}\n"
            "mov r3, r2\n mov r4, r2\n mov r5, r2\n mov r6, r2\n mov r7, r2\n mov r8, r2\n mov r9, r2\n"
            "1: stm r0!, {r2-r9}\n"
            "cmp r0, r1\n"
            "bne 1b\n"
            "pop {r4-r9, pc}\n");
}

/* Moves columns of scratch to the left. */
NNQ_ASSEMBLY void move(NNQ_REGISTER uint8_t *to, NNQ_REGISTER const uint8_t *from, NNQ_REGISTER const uint8_t *end) {
    __asm__("push {r4-r9, lr}\n"
            "1: ldm r1!, {r3-r9}\n"
            "stm r0!, {r3-r9}\n"
            "cmp r1, r2\n"
            "bne 1b\n"
            "pop {r4-r9, pc}\n");
}

/* Unpacks four channels of the rows inside of the map, column by column: 23 instructions for two pairs of four channels.
 *     r0 to  r1 from  r2 row  r3 tile  r4 a  r5 b  r6 c  r7 d  r8 ab  r9 temporary  r10 3 * row  r11 quads  r12 edges
 *     sp 0 to, from  8 columns left */
NNQ_ASSEMBLY void unpack(NNQ_REGISTER uint8_t *to, NNQ_REGISTER const int8_t *from, NNQ_REGISTER int32_t columns,
                         NNQ_REGISTER const tile *t) {
    __asm__("push {r0-r11, lr}\n"
            "ldr r2, [r3, #40]\n"
            "add r10, r2, r2, lsl #1\n"
            "1: ldrd r12, r11, [r3, #48]\n"
            "lsls r12, r12, #1\n"
            "bcc 2f\n"
            "ldr r4, [r3, #44]\n"
            "ldr r5, [r1]\n"
            "add r1, r1, r2\n"
            "bl 7f\n"
            "2: cmp r11, #0\n"
            "beq 4f\n"

            "3: ldr r4, [r1]\n"
            "ldr r5, [r1, r2]\n"
            "ldr r6, [r1, r2, lsl #1]\n"
            "ldr r7, [r1, r10]\n"
            "add r1, r1, r2, lsl #2\n"
            "pkhbt r8, r4, r5, lsl #16\n" /* channels 0 and 1 of rows a and b */
            "pkhtb r5, r5, r4, asr #16\n" /* 2 and 3 */
            "pkhbt r4, r6, r7, lsl #16\n" /* 0 and 1 of c and d */
            "pkhtb r7, r7, r6, asr #16\n"
            "sxtb16 r6, r8, ror #8\n"
            "sxtb16 r9, r4, ror #8\n"
            "strd r6, r9, [r0, #56]\n"
            "sxtb16 r6, r5\n"
            "sxtb16 r9, r7\n"
            "strd r6, r9, [r0, #112]\n"
            "sxtb16 r6, r5, ror #8\n"
            "sxtb16 r9, r7, ror #8\n"
            "strd r6, r9, [r0, #168]\n"
            "sxtb16 r6, r8\n"
            "sxtb16 r9, r4\n"
            "strd r6, r9, [r0], #8\n"
            "subs r11, r11, #1\n"
            "bne 3b\n"

            "4: lsls r12, r12, #1\n"
            "bcc 5f\n"
            "ldr r4, [r1]\n"
            "ldr r5, [r1, r2]\n"
            "add r1, r1, r2, lsl #1\n"
            "bl 7f\n"
            "5: lsls r12, r12, #1\n"
            "bcc 6f\n"
            "ldr r4, [r1]\n"
            "ldr r5, [r3, #44]\n"
            "bl 7f\n"
            "6: ldrd r0, r1, [sp]\n"
            "ldr r4, [r3, #12]\n"
            "ldr r5, [sp, #8]\n"
            "adds r0, r0, #224\n"
            "adds r1, r1, r4\n"
            "strd r0, r1, [sp]\n"
            "subs r5, r5, #1\n"
            "str r5, [sp, #8]\n"
            "bne 1b\n"
            "pop {r0-r11, pc}\n"

            "7: pkhbt r8, r4, r5, lsl #16\n" /* one pair, of rows a and b */
            "pkhtb r5, r5, r4, asr #16\n"
            "sxtb16 r9, r8, ror #8\n"
            "str r9, [r0, #56]\n"
            "sxtb16 r9, r5\n"
            "str r9, [r0, #112]\n"
            "sxtb16 r9, r5, ror #8\n"
            "str r9, [r0, #168]\n"
            "sxtb16 r9, r8\n"
            "str r9, [r0], #4\n"
            "bx lr\n");
}

/* u * (w0, w1) for the upper output and u.lower * w0 for the lower one; then v.upper * w2 and v * (w1, w2). */
#define TAPS(upper, lower, first, second)                                                                              \
    "smlad " upper ", r0, " first ", " upper "\n"                                                                      \
    "smlatb " lower ", r0, " first ", " lower "\n"                                                                     \
    "smlabt " upper ", r1, " second ", " upper "\n"                                                                    \
    "smlad " lower ", r1, " second ", " lower "\n"

/* At stride 2: u * (w0, w1) and v.upper * w2; v * (w0, w1). x.upper * w2 comes before, with x in the place of u. */
#define TAPS_2(upper, lower, first, second)                                                                            \
    "smlad " upper ", r0, " first ", " upper "\n"                                                                      \
    "smlabt " upper ", r1, " second ", " upper "\n"                                                                    \
    "smlad " lower ", r1, " first ", " lower "\n"
#define TAPS_BELOW(lower, second) "smlabt " lower ", r0, " second ", " lower "\n"

/* A high word with its addend. */
#define SCALE(acc) "smmla " acc ", " acc ", r0, r1\n"

/* The same with nnq_scale_high's extra step. */
#define SCALE_AWAY(acc)                                                                                                \
    "smmla " acc ", " acc ", r0, r1\n"                                                                                 \
    "add " acc ", " acc ", #64\n"                                                                                      \
    "cmp " acc ", r1\n"                                                                                                \
    "it lt\n"                                                                                                          \
    "sublt " acc ", " acc ", #128\n"

/* Four sums become outputs and are stored, lower ones first; then on to the next block, but at the end of the column. */
#define FINISH_BLOCK(SCALE_ONE, next)                                                                                  \
    "ldrd r0, r1, [sp, #16]\n"                                                                                         \
    SCALE_ONE("r2") SCALE_ONE("r3") SCALE_ONE("r4") SCALE_ONE("r5")                                                    \
    "ldrd r0, r1, [sp, #24]\n"                                                                                         \
    "asr r2, r2, r0\n"                                                                                                 \
    "asr r3, r3, r0\n"                                                                                                 \
    "asr r4, r4, r0\n"                                                                                                 \
    "asr r5, r5, r0\n"                                                                                                 \
    "ssat r2, #8, r2\n"                                                                                                \
    "ssat r3, #8, r3\n"                                                                                                \
    "ssat r4, #8, r4\n"                                                                                                \
    "ssat r5, #8, r5\n"                                                                                                \
    "strb r5, [r12, r1]\n"                                                                                             \
    "ldrd r0, r5, [sp, #32]\n"                                                                                         \
    "sub r1, r1, r0\n"                                                                                                 \
    "strb r4, [r12, r1]\n"                                                                                             \
    "strb r3, [r12, r0]\n"                                                                                             \
    "strb r2, [r12]\n"                                                                                                 \
    "add r12, r12, r1, lsl #1\n"                                                                                       \
    "cmp lr, r5\n"                                                                                                     \
    "blo " next "\n"

/* After a column: on to the odd row, if there is one, else to the next columns; the numbers left are in r2 and flags. */
#define FINISH_COLUMNS(odd_row, odd_row_done, advance)                                                                 \
    "ldrd r2, r3, [sp, #40]\n"                                                                                         \
    "cbnz r3, " odd_row "\n" odd_row_done ": ldrd r0, r1, [sp, #48]\n"                                                 \
    "ldr r3, [sp, #36]\n"                                                                                              \
    "add lr, lr, r0\n"                                                                                                 \
    "add r12, r12, r1\n"                                                                                               \
    "add r3, r3, #" advance "\n"                                                                                       \
    "str r3, [sp, #36]\n"                                                                                              \
    "subs r2, r2, #2\n"                                                                                                \
    "str r2, [sp, #40]\n"

/* For the odd row the diagonal is one to the right, so that lower outputs are stored to where upper ones will be. */
#define ODD_ROW(block, done)                                                                                           \
    "ldr r0, [sp, #28]\n"                                                                                              \
    "subs r3, r3, #1\n"                                                                                                \
    "adds r1, r0, #1\n"                                                                                                \
    "str r3, [sp, #28]\n"                                                                                              \
    "str r1, [sp, #44]\n"                                                                                              \
    "cmp r0, r3\n"                                                                                                     \
    "bgt " block "\n"                                                                                                  \
    "b " done "\n"

/* A function: all outputs of one channel of a tile, two columns at a time, each from top to bottom. Of an odd column at stride 2 the
 * right outputs are stored to where the left ones will be.
 *     r0, r1 temporary  r2 upper left  r3 upper right  r4 lower left  r5 lower right: sums, then outputs
 *     r6, r7, r8 (w0, w1) of the three columns  r9, r10, r11 (w1, w2)  r12 output  lr scratch
 *     sp 0 bias, four times  16 multiplier, addend  24 shift, diagonal  32 channels, end of the column in scratch
 *        40 columns left, last  48 gap, back */
#define CONVOLVE(SCALE_ONE)                                                                                            \
    "push {r4-r11, lr}\n"                                                                                              \
    "sub sp, sp, #56\n"                                                                                                \
    "mov lr, r0\n"                                                                                                     \
    "mov r12, r2\n"                                                                                                    \
    "ldm r1!, {r4, r5}\n"                                                                                              \
    "ldm r3!, {r6, r7}\n"                                                                                              \
    "uxtb r2, r4\n" /* shift */                                                                                        \
    "subs r4, r4, r2\n"                                                                                                \
    "strd r4, r4, [sp]\n"                                                                                              \
    "strd r4, r4, [sp, #8]\n"                                                                                          \
    "subs r0, r2, #1\n"                                                                                                \
    "lsls r6, r6, r0\n"                                                                                                \
    "adds r6, r6, r7\n"                                                                                                \
    "strd r5, r6, [sp, #16]\n"                                                                                         \
    "ldm r3, {r0, r3-r9}\n"                                                                                            \
    "strd r2, r4, [sp, #24]\n"                                                                                         \
    "add r6, r6, lr\n"                                                                                                 \
    "strd r3, r6, [sp, #32]\n"                                                                                         \
    "strd r9, r5, [sp, #40]\n"                                                                                         \
    "strd r7, r8, [sp, #48]\n"                                                                                         \
    "mov r2, r9\n"                                                                                                     \
    "ldm r1, {r9-r11}\n"                                                                                               \
    "and r6, r9, #0xff00ff00\n"                                                                                        \
    "and r7, r10, #0xff00ff00\n"                                                                                       \
    "and r8, r11, #0xff00ff00\n"                                                                                       \
    "bic r9, r9, #0xff00ff00\n"                                                                                        \
    "bic r10, r10, #0xff00ff00\n"                                                                                      \
    "bic r11, r11, #0xff00ff00\n"                                                                                      \
    "lsl r9, r9, #8\n"                                                                                                 \
    "lsl r10, r10, #8\n"                                                                                               \
    "lsl r11, r11, #8\n"                                                                                               \
    "cmp r0, #2\n"                                                                                                     \
    "beq 5f\n"                                                                                                         \
    "cmp r2, #1\n"                                                                                                     \
    "beq 3f\n"                                                                                                         \
                                                                                                                       \
    "1: ldm sp, {r2-r5}\n" /* stride 1 */                                                                              \
    "ldrd r0, r1, [lr, #672]\n"                                                                                        \
    TAPS("r3", "r5", "r8", "r11")                                                                                      \
    "ldrd r0, r1, [lr, #448]\n"                                                                                        \
    TAPS("r3", "r5", "r7", "r10")                                                                                      \
    TAPS("r2", "r4", "r8", "r11")                                                                                      \
    "ldrd r0, r1, [lr, #224]\n"                                                                                        \
    TAPS("r3", "r5", "r6", "r9")                                                                                       \
    TAPS("r2", "r4", "r7", "r10")                                                                                      \
    "ldrd r0, r1, [lr], #4\n"                                                                                          \
    TAPS("r2", "r4", "r6", "r9")                                                                                       \
    FINISH_BLOCK(SCALE_ONE, "1b")                                                                                      \
    FINISH_COLUMNS("2f", "9", "448")                                                                                   \
    "ble 8f\n"                                                                                                         \
    "cmp r2, #1\n"                                                                                                     \
    "bne 1b\n"                                                                                                         \
    "b 3f\n"                                                                                                           \
    "2:" ODD_ROW("1b", "9b")                                                                                           \
                                                                                                                       \
    "3: ldr r0, [sp, #28]\n" /* one column at stride 1, with its row in r4 and its end in r5 */                        \
    "ldrd r1, r5, [sp, #32]\n"                                                                                         \
    "subs r4, r0, r1\n"                                                                                                \
    "4: ldrd r2, r3, [sp]\n"                                                                                           \
    "ldrd r0, r1, [lr, #448]\n"                                                                                        \
    TAPS("r2", "r3", "r8", "r11")                                                                                      \
    "ldrd r0, r1, [lr, #224]\n"                                                                                        \
    TAPS("r2", "r3", "r7", "r10")                                                                                      \
    "ldrd r0, r1, [lr], #4\n"                                                                                          \
    TAPS("r2", "r3", "r6", "r9")                                                                                       \
    "ldrd r0, r1, [sp, #16]\n"                                                                                         \
    SCALE_ONE("r2") SCALE_ONE("r3")                                                                                    \
    "ldr r0, [sp, #24]\n"                                                                                              \
    "asrs r2, r2, r0\n"                                                                                                \
    "asrs r3, r3, r0\n"                                                                                                \
    "ssat r2, #8, r2\n"                                                                                                \
    "ssat r3, #8, r3\n"                                                                                                \
    "strb r3, [r12, r4]\n"                                                                                             \
    "strb r2, [r12]\n"                                                                                                 \
    "add r12, r12, r4, lsl #1\n"                                                                                       \
    "cmp lr, r5\n"                                                                                                     \
    "blo 4b\n"                                                                                                         \
    "ldr r0, [sp, #44]\n"                                                                                              \
    "cmp r0, #0\n"                                                                                                     \
    "it ne\n"                                                                                                          \
    "cmpne r4, #0\n"                                                                                                   \
    "beq 8f\n"                                                                                                         \
    "movs r4, #0\n"                                                                                                    \
    "b 4b\n"                                                                                                           \
                                                                                                                       \
    "5: cmp r2, #1\n" /* stride 2 */                                                                                   \
    "bne 6f\n"                                                                                                         \
    "ldrd r0, r1, [sp, #28]\n"                                                                                         \
    "ldr r3, [sp, #44]\n"                                                                                              \
    "subs r0, r0, r1\n"                                                                                                \
    "movs r1, #0\n"                                                                                                    \
    "strd r0, r1, [sp, #28]\n"                                                                                         \
    "cbz r3, 6f\n"                                                                                                     \
    "movs r3, #1\n"                                                                                                    \
    "str r3, [sp, #44]\n"                                                                                              \
    "6: ldm sp, {r2-r5}\n"                                                                                             \
    "ldr r0, [lr, #904]\n"                                                                                             \
    TAPS_BELOW("r5", "r11")                                                                                            \
    "ldrd r0, r1, [lr, #896]\n"                                                                                        \
    TAPS_2("r3", "r5", "r8", "r11")                                                                                    \
    "ldr r0, [lr, #680]\n"                                                                                             \
    TAPS_BELOW("r5", "r10")                                                                                            \
    "ldrd r0, r1, [lr, #672]\n"                                                                                        \
    TAPS_2("r3", "r5", "r7", "r10")                                                                                    \
    "ldr r0, [lr, #456]\n"                                                                                             \
    TAPS_BELOW("r5", "r9")                                                                                             \
    TAPS_BELOW("r4", "r11")                                                                                            \
    "ldrd r0, r1, [lr, #448]\n"                                                                                        \
    TAPS_2("r3", "r5", "r6", "r9")                                                                                     \
    TAPS_2("r2", "r4", "r8", "r11")                                                                                    \
    "ldr r0, [lr, #232]\n"                                                                                             \
    TAPS_BELOW("r4", "r10")                                                                                            \
    "ldrd r0, r1, [lr, #224]\n"                                                                                        \
    TAPS_2("r2", "r4", "r7", "r10")                                                                                    \
    "ldr r0, [lr, #8]\n"                                                                                               \
    TAPS_BELOW("r4", "r9")                                                                                             \
    "ldrd r0, r1, [lr], #8\n"                                                                                          \
    TAPS_2("r2", "r4", "r6", "r9")                                                                                     \
    FINISH_BLOCK(SCALE_ONE, "6b")                                                                                      \
    FINISH_COLUMNS("7f", "9", "896")                                                                                   \
    "bgt 5b\n"                                                                                                         \
    "8: add sp, sp, #56\n"                                                                                             \
    "pop {r4-r11, pc}\n"                                                                                               \
    "7:" ODD_ROW("6b", "9b")

typedef void convolution(const uint8_t *scratch, const uint8_t *record, int8_t *output, const tile *t);

NNQ_ASSEMBLY void convolve(NNQ_REGISTER const uint8_t *scratch, NNQ_REGISTER const uint8_t *record,
                           NNQ_REGISTER int8_t *output, NNQ_REGISTER const tile *t) {
    __asm__(CONVOLVE(SCALE));
}

NNQ_ASSEMBLY void convolve_away(NNQ_REGISTER const uint8_t *scratch, NNQ_REGISTER const uint8_t *record,
                                NNQ_REGISTER int8_t *output, NNQ_REGISTER const tile *t) {
    __asm__(CONVOLVE(SCALE_AWAY));
}

static int32_t least(int32_t a, int32_t b) {
    return a < b ? a : b;
}

/* Output rows y .. y + rows - 1. */
static __attribute__((noinline)) void begin_rows(tile *t, int32_t y, int32_t rows) {
    const nnq_shape *shape = t->shape;
    const int32_t top = y * t->stride - shape->pad_top;
    const int32_t pairs = (rows + 1) / 2 * t->stride + 1;
    const int32_t first = top < 0 ? -top : 0; /* input row inside of the map, of those from `top` on */
    const int32_t end = least(2 * pairs, shape->in_height - top);
    const int32_t whole = end / 2 - (first + 1) / 2;
    /* A single row is a block whose lower outputs have the place of the upper ones. */
    const int32_t blocks = rows > 1 ? rows / 2 : 1;
    const int32_t below = rows > 1 ? shape->out_width * t->channels : 0;
    t->diagonal = below + t->channels;
    t->last = rows > 1 && rows % 2 != 0 ? t->channels + 1 : 0;
    t->height = blocks * 4 * t->stride;
    t->gap = (2 * COLUMN_BYTES - (rows + 1) / 2 * 4) * t->stride;
    t->back = 2 * (t->channels - blocks * below);
    t->edges = (first % 2 != 0 ? UPPER_EDGE : 0) | (whole % 2 != 0 ? ODD_PAIR : 0) | (end % 2 != 0 ? LOWER_EDGE : 0);
    t->quads = whole / 2;
    t->inside = (top + first) * t->row;
    t->outside = first / 2 * 4;
}

/* Unpacks the input of output columns x .. x + columns - 1 of four channels. Input columns shared with the tile to the
 * left are moved from there. Where a tile is as wide as the map, columns outside of the map are never overwritten. */
static __attribute__((noinline)) void fill(const tile *t, int32_t channel, int32_t x) {
    const nnq_shape *shape = t->shape;
    const uint32_t zero_points = (uint16_t)shape->in_zero_point * 0x10001u;
    const int32_t left = x * t->stride - shape->pad_left;
    const int32_t columns = (t->columns - 1) * t->stride + 3;
    const int32_t inside = least(columns, shape->in_width - left);
    uint8_t *const scratch = t->scratch;
    int32_t first = shape->pad_left;
    if (x > 0) {
        const uint8_t *shared = scratch + t->width * t->stride * COLUMN_BYTES;
        first = 3 - t->stride;
        move(scratch, shared, shared + first * COLUMN_BYTES);
    } else if (first > 0 && t->width < shape->out_width) {
        clear(scratch, scratch + first * COLUMN_BYTES, zero_points);
    }
    if (inside > first) {
        unpack(scratch + first * COLUMN_BYTES + t->outside,
               t->input + t->inside + (left + first) * t->channels + channel, inside - first, t);
        first = inside;
    }
    if (columns > first && t->width < shape->out_width) {
        clear(scratch + first * COLUMN_BYTES, scratch + columns * COLUMN_BYTES, zero_points);
    }
}

#undef TAPS
#undef TAPS_2
#undef TAPS_BELOW
#undef SCALE
#undef SCALE_AWAY
#undef FINISH_BLOCK
#undef FINISH_COLUMNS
#undef ODD_ROW
#undef CONVOLVE

/* What is in `t` is not kept in registers, or on the stack again, while functions are called that see it. */
static inline __attribute__((always_inline)) void run(const nnq_shape *shape, const uint8_t *constants,
                                                      const int8_t *input, int8_t *output, uint8_t *scratch,
                                                      convolution *convolve_channel) {
    tile t;
    t.half = ((const int32_t *)(const void *)constants)[0];
    t.extra = ((const int32_t *)(const void *)constants)[1];
    t.stride = shape->stride_width;
    t.channels = shape->in_channels;
    t.row = shape->in_width * t.channels;
    t.padding = (uint8_t)shape->in_zero_point * 0x01010101u;
    t.shape = shape;
    t.input = input;
    t.scratch = scratch;
    /* Seven output columns need nine of the input, six are even in number; 26 rows need 14 pairs. */
    t.width = t.stride == 2 ? 4 : shape->out_width <= 7 ? 7 : 6;
    for (int32_t y = 0; y < t.shape->out_height; y += t.stride == 2 ? 12 : 26) {
        begin_rows(&t, y, least(t.stride == 2 ? 12 : 26, t.shape->out_height - y));
        clear(t.scratch, t.scratch + COLUMNS * COLUMN_BYTES, (uint16_t)t.shape->in_zero_point * 0x10001u);
        for (int32_t c = 0; c < t.channels; c += 4) {
            /* The last four channels overlap the ones before where the number is not a multiple of four. */
            const int32_t base = least(c, t.channels - 4);
            for (int32_t x = 0; x < t.shape->out_width; x += t.width) {
                t.columns = least(t.width, t.shape->out_width - x);
                fill(&t, base, x);
                const uint8_t *record = constants + LAYER + c * RECORD;
                int8_t *to = output + (y * t.shape->out_width + x) * t.shape->in_channels + c;
                for (int32_t k = (c - base) * CHANNEL_BYTES; k < COLUMN_BYTES; k += CHANNEL_BYTES) {
                    convolve_channel(t.scratch + k, record, to, &t);
                    record += RECORD;
                    to++;
                }
            }
        }
    }
}

void nnq_depthwise3x3_dsp(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                          uint8_t *scratch) {
    run(shape, constants, input, output, scratch, convolve);
}

void nnq_depthwise3x3_away_dsp(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                               uint8_t *scratch) {
    run(shape, constants, input, output, scratch, convolve_away);
}

#endif
