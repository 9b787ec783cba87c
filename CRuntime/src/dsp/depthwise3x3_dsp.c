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

#if NNQ_ISA_DSP

enum { PAIRS = 14, CHANNEL_BYTES = 4 * PAIRS, COLUMN_BYTES = 4 * CHANNEL_BYTES, COLUMNS = 9 };
enum { LAYER = 8, RECORD = 20 };

/* Edges of a tile, from the highest bit down. */
#define UPPER_EDGE 0x80000000u /* the first pair has only its lower row inside of the map */
#define ODD_PAIR 0x40000000u   /* the number of whole pairs is odd */
#define LOWER_EDGE 0x20000000u /* the last pair has only its upper row inside */

/* The assembly below knows these offsets. */
typedef struct tile {
    int32_t half;     /*  0: the layer's, of which each channel makes its addend */
    int32_t extra;    /*  4 */
    int32_t diagonal; /*  8: from an output to the one below and to the right, in bytes */
    int32_t last;     /* 12: the same for the last block where the rows are odd in number, or -1 */
    int32_t channels; /* 16: from an output to the one to the right */
    int32_t columns;  /* 20: of outputs */
    int32_t height;   /* 24: bytes of scratch through which whole blocks go */
    int32_t advance;  /* 28: bytes of scratch from two output columns to the next two */
    uint32_t padding; /* 32: four zero points */
    int32_t row;      /* 36: bytes of an input row */
    int32_t inside;   /* 40: input columns inside of the map */
    uint32_t edges;   /* 44 */
    int32_t quads;    /* 48: two whole pairs of rows each */
} tile;

#define ASSEMBLY static __attribute__((naked, noinline))
#define REGISTER __attribute__((unused)) /* an argument that only assembly reads */

/* Sets all of scratch to pairs of zero points. */
ASSEMBLY void clear(REGISTER uint8_t *scratch, REGISTER uint32_t pair) {
    __asm__("push {r4-r9, lr}\n"
            "mov r2, r1\n mov r3, r1\n mov r4, r1\n mov r5, r1\n mov r6, r1\n mov r7, r1\n mov r8, r1\n"
            "add r9, r0, #2016\n"
            "1: stm r0!, {r1-r8}\n"
            "cmp r0, r9\n"
            "bne 1b\n"
            "pop {r4-r9, pc}\n");
}

/* Unpacks four channels of the input columns and rows inside of the map, column by column: 24 instructions for two pairs
 * of four channels.
 *     r0 to  r1 from  r2 row  r3 padding  r4 a  r5 b  r6 c  r7 d  r8 ab  r9 temporary  r10 edges  r11 quads  r12 tile */
ASSEMBLY void unpack(REGISTER uint8_t *to, REGISTER const int8_t *from, REGISTER const tile *t) {
    __asm__("push {r4-r11, lr}\n"
            "mov r12, r2\n"
            "ldrd r2, r4, [r12, #36]\n"
            "ldr r3, [r12, #32]\n"
            "sub sp, sp, #12\n"
            "str r4, [sp, #8]\n"

            "1: strd r0, r1, [sp]\n" /* a column */
            "ldrd r10, r11, [r12, #44]\n"
            "lsls r10, r10, #1\n"
            "bcc 2f\n"
            "mov r4, r3\n"
            "ldr r5, [r1]\n"
            "add r1, r1, r2\n"
            "bl 7f\n"
            "2: cmp r11, #0\n"
            "beq 4f\n"

            "3: ldr r4, [r1]\n"
            "ldr r5, [r1, r2]\n"
            "add r1, r1, r2, lsl #1\n"
            "ldr r6, [r1]\n"
            "ldr r7, [r1, r2]\n"
            "add r1, r1, r2, lsl #1\n"
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

            "4: lsls r10, r10, #1\n"
            "bcc 5f\n"
            "ldr r4, [r1]\n"
            "ldr r5, [r1, r2]\n"
            "add r1, r1, r2, lsl #1\n"
            "bl 7f\n"
            "5: lsls r10, r10, #1\n"
            "bcc 6f\n"
            "ldr r4, [r1]\n"
            "mov r5, r3\n"
            "bl 7f\n"
            "6: ldrd r0, r1, [sp]\n"
            "ldr r4, [r12, #16]\n"
            "ldr r5, [sp, #8]\n"
            "add r0, r0, #224\n"
            "add r1, r1, r4\n"
            "subs r5, r5, #1\n"
            "str r5, [sp, #8]\n"
            "bne 1b\n"
            "add sp, sp, #12\n"
            "pop {r4-r11, pc}\n"

            "7: pkhbt r8, r4, r5, lsl #16\n" /* one pair, from rows a and b */
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

/* At stride 2: u * (w0, w1) and v.upper * w2; v * (w0, w1). x.upper * w2 comes before, in a register of u's. */
#define TAPS_2(upper, lower, first, second)                                                                            \
    "smlad " upper ", r0, " first ", " upper "\n"                                                                      \
    "smlabt " upper ", r1, " second ", " upper "\n"                                                                    \
    "smlad " lower ", r1, " first ", " lower "\n"
#define TAPS_BELOW(lower, second) "smlabt " lower ", r0, " second ", " lower "\n"

/* Four sums become outputs and are stored, lower ones first; at the end of the column there is no jump. */
#define FINISH_BLOCK(loop)                                                                                             \
    "ldrd r0, r1, [sp, #16]\n"                                                                                         \
    "smmla r2, r2, r0, r1\n"                                                                                           \
    "smmla r3, r3, r0, r1\n"                                                                                           \
    "smmla r4, r4, r0, r1\n"                                                                                           \
    "smmla r5, r5, r0, r1\n"                                                                                           \
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
    "ldrd r0, r5, [sp, #36]\n"                                                                                         \
    "sub r1, r1, r0\n"                                                                                                 \
    "strb r4, [r12, r1]\n"                                                                                             \
    "strb r3, [r12, r0]\n"                                                                                             \
    "strb r2, [r12]\n"                                                                                                 \
    "add r12, r12, r1, lsl #1\n"                                                                                       \
    "cmp lr, r5\n"                                                                                                     \
    "blo " loop "\n"

/* All outputs of one channel of a tile, two columns at a time, from top to bottom. Where the rows are odd in number, one
 * more block at the end has its lower outputs in the place of its upper ones, which are stored after them; an odd column
 * does the same at stride 2, and has a loop of its own at stride 1.
 *     r0, r1 temporary  r2 upper left  r3 upper right  r4 lower left  r5 lower right: sums, then outputs
 *     r6, r7, r8 (w0, w1) of the three columns  r9, r10, r11 (w1, w2)  r12 output  lr scratch
 *     sp 0 bias, four times  16 multiplier, addend  24 shift  28 diagonal, last  36 channels  40 end of the column
 *        44 scratch and output of the next columns  52 output columns left  56 height  60 advance */
ASSEMBLY void convolve(REGISTER const uint8_t *scratch, REGISTER const uint8_t *record, REGISTER int8_t *output,
                       REGISTER const tile *t) {
    __asm__("push {r4-r11, lr}\n"
            "sub sp, sp, #64\n"
            "strd r0, r2, [sp, #44]\n"
            "ldm r1!, {r4, r5}\n"
            "ldm r3!, {r6, r7}\n"
            "uxtb r2, r4\n" /* shift */
            "subs r4, r4, r2\n"
            "strd r4, r4, [sp]\n"
            "strd r4, r4, [sp, #8]\n"
            "subs r0, r2, #1\n"
            "lsls r6, r6, r0\n"
            "adds r6, r6, r7\n"
            "strd r5, r6, [sp, #16]\n"
            "ldm r3, {r4-r9}\n"
            "strd r2, r4, [sp, #24]\n"
            "strd r5, r6, [sp, #32]\n"
            "strd r7, r8, [sp, #52]\n"
            "str r9, [sp, #60]\n"
            "ldm r1, {r9-r11}\n"
            "and r6, r9, #0xff00ff00\n"
            "and r7, r10, #0xff00ff00\n"
            "and r8, r11, #0xff00ff00\n"
            "bic r9, r9, #0xff00ff00\n"
            "bic r10, r10, #0xff00ff00\n"
            "bic r11, r11, #0xff00ff00\n"
            "lsl r9, r9, #8\n"
            "lsl r10, r10, #8\n"
            "lsl r11, r11, #8\n"

            "1: ldrd lr, r12, [sp, #44]\n" /* two columns */
            "ldr r1, [sp, #36]\n"
            "ldrd r2, r3, [sp, #52]\n"
            "ldr r4, [sp, #60]\n"
            "add r1, r12, r1, lsl #1\n"
            "add r0, lr, r4\n"
            "strd r0, r1, [sp, #44]\n"
            "add r0, lr, r3\n"
            "str r0, [sp, #40]\n"
            "subs r2, r2, #2\n"
            "str r2, [sp, #52]\n"
            "cmp r3, #0\n"
            "beq 8f\n"
            "2: ldr r2, [sp, #52]\n"
            "ldr r4, [sp, #60]\n"
            "cmp r4, #896\n"
            "beq 4f\n"
            "cmp r2, #0\n"
            "blt 6f\n"

            "3: ldm sp, {r2-r5}\n" /* stride 1 */
            "ldrd r0, r1, [lr, #672]\n"
            TAPS("r3", "r5", "r8", "r11")
            "ldrd r0, r1, [lr, #448]\n"
            TAPS("r3", "r5", "r7", "r10")
            TAPS("r2", "r4", "r8", "r11")
            "ldrd r0, r1, [lr, #224]\n"
            TAPS("r3", "r5", "r6", "r9")
            TAPS("r2", "r4", "r7", "r10")
            "ldrd r0, r1, [lr], #4\n"
            TAPS("r2", "r4", "r6", "r9")
            FINISH_BLOCK("3b")
            "b 8f\n"

            "4: cmp r2, #0\n" /* stride 2 */
            "bge 5f\n"
            "ldrd r0, r1, [sp, #28]\n" /* an odd column: the right outputs go where the left ones do */
            "ldr r3, [sp, #36]\n"
            "subs r0, r0, r3\n"
            "subs r1, r1, r3\n"
            "movs r3, #0\n"
            "strd r0, r1, [sp, #28]\n"
            "str r3, [sp, #36]\n"
            "5: ldm sp, {r2-r5}\n"
            "ldr r0, [lr, #904]\n"
            TAPS_BELOW("r5", "r11")
            "ldrd r0, r1, [lr, #896]\n"
            TAPS_2("r3", "r5", "r8", "r11")
            "ldr r0, [lr, #680]\n"
            TAPS_BELOW("r5", "r10")
            "ldrd r0, r1, [lr, #672]\n"
            TAPS_2("r3", "r5", "r7", "r10")
            "ldr r0, [lr, #456]\n"
            TAPS_BELOW("r5", "r9")
            TAPS_BELOW("r4", "r11")
            "ldrd r0, r1, [lr, #448]\n"
            TAPS_2("r3", "r5", "r6", "r9")
            TAPS_2("r2", "r4", "r8", "r11")
            "ldr r0, [lr, #232]\n"
            TAPS_BELOW("r4", "r10")
            "ldrd r0, r1, [lr, #224]\n"
            TAPS_2("r2", "r4", "r7", "r10")
            "ldr r0, [lr, #8]\n"
            TAPS_BELOW("r4", "r9")
            "ldrd r0, r1, [lr], #8\n"
            TAPS_2("r2", "r4", "r6", "r9")
            FINISH_BLOCK("5b")
            "b 8f\n"

            "6: ldr r0, [sp, #28]\n" /* one column at stride 1 */
            "ldrd r1, r5, [sp, #36]\n"
            "subs r4, r0, r1\n"
            "7: ldrd r2, r3, [sp]\n"
            "ldrd r0, r1, [lr, #448]\n"
            TAPS("r2", "r3", "r8", "r11")
            "ldrd r0, r1, [lr, #224]\n"
            TAPS("r2", "r3", "r7", "r10")
            "ldrd r0, r1, [lr], #4\n"
            TAPS("r2", "r3", "r6", "r9")
            "ldrd r0, r1, [sp, #16]\n"
            "smmla r2, r2, r0, r1\n"
            "smmla r3, r3, r0, r1\n"
            "ldr r0, [sp, #24]\n"
            "asrs r2, r2, r0\n"
            "asrs r3, r3, r0\n"
            "ssat r2, #8, r2\n"
            "ssat r3, #8, r3\n"
            "strb r3, [r12, r4]\n"
            "strb r2, [r12]\n"
            "add r12, r12, r4, lsl #1\n"
            "cmp lr, r5\n"
            "blo 7b\n"

            "8: ldrd r0, r1, [sp, #28]\n" /* is there a last row? */
            "cmp r1, #0\n"
            "blt 9f\n"
            "strd r1, r0, [sp, #28]\n"
            "cmp r0, r1\n"
            "ble 9f\n"
            "add r0, lr, #4\n"
            "str r0, [sp, #40]\n"
            "b 2b\n"
            "9: ldr r2, [sp, #52]\n"
            "cmp r2, #0\n"
            "bgt 1b\n"
            "add sp, sp, #64\n"
            "pop {r4-r11, pc}\n");
}

static int32_t least(int32_t a, int32_t b) {
    return a < b ? a : b;
}

/* One tile of outputs, `columns` by `rows` from x, y on, of all channels. */
static void run_tile(const nnq_shape *shape, tile *t, const uint8_t *constants, const int8_t *input, int8_t *output,
                     uint8_t *scratch, int32_t y, int32_t x, int32_t rows) {
    const int32_t stride = shape->stride_width;
    const int32_t channels = shape->in_channels;
    const int32_t top = y * stride - shape->pad_top;
    const int32_t left = x * stride - shape->pad_left;
    const int32_t pairs = stride == 1 ? (rows + 1) / 2 + 1 : (rows + 1) / 2 * 2 + 1;
    const int32_t first = top < 0 ? -top : 0; /* row, of those of the tile, that is inside */
    const int32_t end = least(2 * pairs, shape->in_height - top);
    const int32_t whole = end / 2 - (first + 1) / 2;
    const int32_t begin = left < 0 ? -left : 0; /* column */
    t->last = rows % 2 != 0 ? channels : -1;
    t->height = rows / 2 * 4 * stride;
    t->inside = least((t->columns - 1) * stride + 3, shape->in_width - left) - begin;
    t->edges = (first % 2 != 0 ? UPPER_EDGE : 0) | (whole % 2 != 0 ? ODD_PAIR : 0) | (end % 2 != 0 ? LOWER_EDGE : 0);
    t->quads = whole / 2;
    clear(scratch, (uint16_t)shape->in_zero_point * 0x10001u);
    input += (top + first) * t->row + (left + begin) * channels;
    output += (y * shape->out_width + x) * channels;
    for (int32_t c = 0; c < channels; c += 4) {
        const int32_t base = least(c, channels - 4);
        unpack(scratch + begin * COLUMN_BYTES + first / 2 * 4, input + base, t);
        for (int32_t k = c; k < least(c + 4, channels); k++) {
            convolve(scratch + (k - base) * CHANNEL_BYTES, constants + LAYER + RECORD * k, output + k, t);
        }
    }
}

void nnq_depthwise3x3_dsp(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                          uint8_t *scratch) {
    const int32_t stride = shape->stride_width;
    /* Seven output columns need nine of the input, six are even in number; 26 rows need 14 pairs. */
    const int32_t width = stride == 1 ? (shape->out_width <= 7 ? 7 : 6) : 4;
    const int32_t height = stride == 1 ? 26 : 12;
    tile t;
    t.half = ((const int32_t *)(const void *)constants)[0];
    t.extra = ((const int32_t *)(const void *)constants)[1];
    t.channels = shape->in_channels;
    t.diagonal = (shape->out_width + 1) * shape->in_channels;
    t.advance = 2 * stride * COLUMN_BYTES;
    t.padding = (uint8_t)shape->in_zero_point * 0x01010101u;
    t.row = shape->in_width * shape->in_channels;
    for (int32_t y = 0; y < shape->out_height; y += height) {
        for (int32_t x = 0; x < shape->out_width; x += width) {
            t.columns = least(width, shape->out_width - x);
            run_tile(shape, &t, constants, input, output, scratch, y, x, least(height, shape->out_height - y));
        }
    }
}

#endif
