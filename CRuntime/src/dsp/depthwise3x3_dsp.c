/* SPDX-License-Identifier: Apache-2.0
 * Depthwise convolution 3x3, stride 1 or 2, for Armv7E-M; depthwise_dsp.h tells how its input is unpacked,
 * depthwise3x3_dsp_layout.c what its constants are.
 *
 * From a pair u and the pair v below it, with weights w0, w1, w2 of a column, two outputs that lie below each other
 * need 4 multiplications for 6 multiply-accumulates at stride 1:
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

#include "depthwise_dsp.h"

enum { PAIRS = 14, CHANNEL_BYTES = 4 * PAIRS, COLUMN_BYTES = 4 * CHANNEL_BYTES, COLUMNS = 9 };
enum { LAYER = 8, RECORD = 20 };

/* What a tile's channels share. The assembly below knows the offsets. */
typedef struct tile {
    int32_t half;     /*  0: the layer's, of which each channel makes its addend */
    int32_t extra;    /*  4 */
    int32_t stride;   /*  8 */
    int32_t channels; /* 12: bytes from an output to the one to the right */
    int32_t diagonal; /* 16: to the one below and to the right */
    int32_t last;     /* 20: 0, or where the rows are odd in number 1 more than `diagonal` is for the last one */
    int32_t height;   /* 24: bytes of scratch that blocks go down */
    int32_t gap;      /* 28: from there to the next two columns */
    int32_t back;     /* 32: the same for the output */
    int32_t columns;  /* 36: of outputs */
    nnq_pair_tile in;
} tile;

NNQ_ASSEMBLY void unpack(NNQ_REGISTER uint8_t *to, NNQ_REGISTER const int8_t *from, NNQ_REGISTER int32_t columns,
                         NNQ_REGISTER const nnq_pair_rows *rows) {
    __asm__(NNQ_UNPACK_PAIRS("56", "112", "168", "224"));
}

/* Steps, as macros of the assembler: C limits the length of a string.
 *     taps     u * (w0, w1) for the upper output and u.lower * w0 for the lower one; v.upper * w2 and v * (w1, w2)
 *     taps_2   at stride 2: u * (w0, w1) and v.upper * w2; v * (w0, w1)
 *     below_2  x.upper * w2, before that, with x in the place of u
 *     scale    a high word with its addend */
#define BEGIN_STEPS                                                                                                    \
    ".macro taps upper, lower, first, second\n"                                                                        \
    "smlad \\upper, r0, \\first, \\upper\n"                                                                            \
    "smlatb \\lower, r0, \\first, \\lower\n"                                                                           \
    "smlabt \\upper, r1, \\second, \\upper\n"                                                                          \
    "smlad \\lower, r1, \\second, \\lower\n"                                                                           \
    ".endm\n"                                                                                                          \
    ".macro taps_2 upper, lower, first, second\n"                                                                      \
    "smlad \\upper, r0, \\first, \\upper\n"                                                                            \
    "smlabt \\upper, r1, \\second, \\upper\n"                                                                          \
    "smlad \\lower, r1, \\first, \\lower\n"                                                                            \
    ".endm\n"                                                                                                          \
    ".macro below_2 lower, second\n"                                                                                   \
    "smlabt \\lower, r0, \\second, \\lower\n"                                                                          \
    ".endm\n"                                                                                                          \
    ".macro scale acc\n"                                                                                               \
    "smmla \\acc, \\acc, r0, r1\n"
#define SCALE_AWAY /* nnq_scale_high's extra step */                                                                   \
    "add \\acc, \\acc, #64\n"                                                                                          \
    "cmp \\acc, r1\n"                                                                                                 \
    "it lt\n"                                                                                                          \
    "sublt \\acc, \\acc, #128\n"
#define END_STEPS ".purgem taps\n.purgem taps_2\n.purgem below_2\n.purgem scale\n"

/* Four sums become outputs and are stored, lower ones first; then on to the next block, but at the column's end. */
#define FINISH_BLOCK(next)                                                                                             \
    "ldrd r0, r1, [sp, #16]\n"                                                                                         \
    "scale r2\n scale r3\n scale r4\n scale r5\n"                                                                    \
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

/* After columns: on to the odd row, if there is one, else to the next columns; those left are in r2 and in the flags. */
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

/* A function: all outputs of one channel of a tile, two columns at a time, each from top to bottom. Of an odd column at
 * stride 2 the right outputs are stored to where the left ones will be.
 *     r0, r1 temporary  r2 upper left  r3 upper right  r4 lower left  r5 lower right: sums, then outputs
 *     r6, r7, r8 (w0, w1) of the three columns  r9, r10, r11 (w1, w2)  r12 output  lr scratch
 *     sp 0 bias, four times  16 multiplier, addend  24 shift, diagonal  32 channels, end of the column in scratch
 *        40 columns left, last  48 gap, back */
#define CONVOLVE(EXTRA_STEP)                                                                                           \
    BEGIN_STEPS EXTRA_STEP ".endm\n"                                                                                   \
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
    "taps r3, r5, r8, r11\n"                                                                                           \
    "ldrd r0, r1, [lr, #448]\n"                                                                                        \
    "taps r3, r5, r7, r10\n"                                                                                           \
    "taps r2, r4, r8, r11\n"                                                                                           \
    "ldrd r0, r1, [lr, #224]\n"                                                                                        \
    "taps r3, r5, r6, r9\n"                                                                                            \
    "taps r2, r4, r7, r10\n"                                                                                           \
    "ldrd r0, r1, [lr], #4\n"                                                                                          \
    "taps r2, r4, r6, r9\n"                                                                                            \
    FINISH_BLOCK("1b")                                                                                                 \
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
    "taps r2, r3, r8, r11\n"                                                                                           \
    "ldrd r0, r1, [lr, #224]\n"                                                                                        \
    "taps r2, r3, r7, r10\n"                                                                                           \
    "ldrd r0, r1, [lr], #4\n"                                                                                          \
    "taps r2, r3, r6, r9\n"                                                                                            \
    "ldrd r0, r1, [sp, #16]\n"                                                                                         \
    "scale r2\n scale r3\n"                                                                                            \
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
    "below_2 r5, r11\n"                                                                                                \
    "ldrd r0, r1, [lr, #896]\n"                                                                                        \
    "taps_2 r3, r5, r8, r11\n"                                                                                         \
    "ldr r0, [lr, #680]\n"                                                                                             \
    "below_2 r5, r10\n"                                                                                                \
    "ldrd r0, r1, [lr, #672]\n"                                                                                        \
    "taps_2 r3, r5, r7, r10\n"                                                                                         \
    "ldr r0, [lr, #456]\n"                                                                                             \
    "below_2 r5, r9\n"                                                                                                 \
    "below_2 r4, r11\n"                                                                                                \
    "ldrd r0, r1, [lr, #448]\n"                                                                                        \
    "taps_2 r3, r5, r6, r9\n"                                                                                          \
    "taps_2 r2, r4, r8, r11\n"                                                                                         \
    "ldr r0, [lr, #232]\n"                                                                                             \
    "below_2 r4, r10\n"                                                                                                \
    "ldrd r0, r1, [lr, #224]\n"                                                                                        \
    "taps_2 r2, r4, r7, r10\n"                                                                                         \
    "ldr r0, [lr, #8]\n"                                                                                               \
    "below_2 r4, r9\n"                                                                                                 \
    "ldrd r0, r1, [lr], #8\n"                                                                                          \
    "taps_2 r2, r4, r6, r9\n"                                                                                          \
    FINISH_BLOCK("6b")                                                                                                 \
    FINISH_COLUMNS("7f", "9", "896")                                                                                   \
    "bgt 5b\n"                                                                                                         \
    "8: add sp, sp, #56\n"                                                                                             \
    "pop {r4-r11, pc}\n"                                                                                               \
    "7:" ODD_ROW("6b", "9b")                                                                                           \
    END_STEPS

typedef void convolution(const uint8_t *scratch, const uint8_t *record, int8_t *output, const tile *t);

NNQ_ASSEMBLY void convolve(NNQ_REGISTER const uint8_t *scratch, NNQ_REGISTER const uint8_t *record,
                           NNQ_REGISTER int8_t *output, NNQ_REGISTER const tile *t) {
    __asm__(CONVOLVE(""));
}

NNQ_ASSEMBLY void convolve_away(NNQ_REGISTER const uint8_t *scratch, NNQ_REGISTER const uint8_t *record,
                                NNQ_REGISTER int8_t *output, NNQ_REGISTER const tile *t) {
    __asm__(CONVOLVE(SCALE_AWAY));
}

/* For tiles of `rows` output rows. */
static __attribute__((noinline)) void set_rows(tile *t, int32_t rows) {
    /* A single row is a block whose lower outputs have the place of the upper ones. */
    const int32_t blocks = rows > 1 ? rows / 2 : 1;
    const int32_t below = rows > 1 ? t->in.across.out * t->channels : 0;
    t->diagonal = below + t->channels;
    t->last = rows > 1 && rows % 2 != 0 ? t->channels + 1 : 0;
    t->height = blocks * 4 * t->stride;
    t->gap = (2 * COLUMN_BYTES - (rows + 1) / 2 * 4) * t->stride;
    t->back = 2 * (t->channels - blocks * below);
}

#undef BEGIN_STEPS
#undef SCALE_AWAY
#undef END_STEPS
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
    nnq_set_tile(&t.in, shape, scratch);
    t.in.unpack = unpack;
    t.in.column_bytes = COLUMN_BYTES;
    /* Seven output columns need nine of the input, six are even in number; 26 rows need 14 pairs. */
    t.in.across.tile = t.stride == 2 ? 4 : shape->out_width <= 7 ? 7 : 6;
    t.in.down.tile = t.stride == 2 ? 12 : 26;
    for (int32_t y = 0; y < t.in.down.out; y += t.in.down.tile) {
        const int32_t rows = nnq_least(t.in.down.tile, t.in.down.out - y);
        set_rows(&t, rows);
        nnq_place_rows(&t.in, input, y, rows);
        nnq_clear_pairs(t.in.scratch, t.in.scratch + COLUMNS * COLUMN_BYTES, nnq_padding_pair(&t.in));
        for (int32_t c = 0; c < t.channels; c += 4) {
            /* The last four channels overlap the ones before where the number is not a multiple of four. */
            const int32_t base = nnq_least(c, t.channels - 4);
            for (int32_t x = 0; x < t.in.across.out; x += t.in.across.tile) {
                t.columns = nnq_least(t.in.across.tile, t.in.across.out - x);
                nnq_fill_tile(&t.in, base, x, x > 0);
                const uint8_t *record = constants + LAYER + c * RECORD;
                int8_t *to = output + (y * t.in.across.out + x) * t.channels + c;
                for (int32_t k = (c - base) * CHANNEL_BYTES; k < COLUMN_BYTES; k += CHANNEL_BYTES) {
                    convolve_channel(t.in.scratch + k, record, to, &t);
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
