/* SPDX-License-Identifier: Apache-2.0
 * Depthwise convolution of any window for Armv7E-M; depthwise_dsp.h tells how its input is unpacked, depthwise_order.h
 * how weights are ordered.
 *
 * An output is a sum of products of pairs. Where its window begins at the lower row of a pair, the weights have to be
 * shifted by one row: both are unpacked to scratch for a channel at a time. Four outputs beside each other share their
 * weights: 14 instructions for four products of pairs of two rows, of which a window of 3 or 4 rows needs one a column.
 */
#include "../shape.h"

#if NNQ_ISA_DSP

#include "depthwise_dsp.h"
#include "depthwise_order.h"

enum { PAIRS = 10, CHANNEL_BYTES = 4 * PAIRS, COLUMN_BYTES = 4 * CHANNEL_BYTES, COLUMNS = 12 };

NNQ_ASSEMBLY void unpack(NNQ_REGISTER uint8_t *to, NNQ_REGISTER const int8_t *from, NNQ_REGISTER int32_t columns,
                         NNQ_REGISTER const nnq_pair_rows *rows) {
    __asm__(NNQ_UNPACK_PAIRS("40", "80", "120", "160"));
}

/* Outputs of a channel that have the same weights. The assembly below knows the offsets. */
typedef struct line {
    const uint8_t *pairs;    /*  0 */
    int8_t *output;          /*  4 */
    int32_t blocks;          /*  8: of four outputs */
    int32_t advance;         /* 12: bytes of scratch from a block to the next */
    int32_t out_advance;     /* 16: the same of outputs */
    int32_t back;            /* 20: bytes by which the last block begins earlier */
    int32_t out_back;        /* 24 */
    int32_t out_step;        /* 28: bytes from one of four outputs to the next */
    int32_t bias;            /* 32: times 2^8 */
    int32_t multiplier;      /* 36 */
    int32_t addend;          /* 40 */
    uint32_t shift;          /* 44: and AWAY */
    const uint32_t *weights; /* 48 */
    int32_t columns;         /* 52: of a window */
    int32_t fours;           /* 56: of rows of a window, rounded up */
    int32_t step;            /* 60: bytes of scratch from one of four outputs to the next */
} line;

#define AWAY 0x80000000u

/* Two pairs of one output; then on by that many bytes. */
#define TWO_PAIRS(acc, pairs, next)                                                                                    \
    "ldrd r2, r3, [" pairs "], #" next "\n"                                                                            \
    "smlad " acc ", r2, r0, " acc "\n"                                                                                 \
    "smlad " acc ", r3, r1, " acc "\n"
#define TWO_PAIRS_OF_FOUR(next)                                                                                        \
    "ldrd r0, r1, [r12], #8\n"                                                                                         \
    TWO_PAIRS("r4", "r8", next) TWO_PAIRS("r5", "r9", next) TWO_PAIRS("r6", "r10", next) TWO_PAIRS("r7", "r11", next)
#define STEP_AWAY(acc)                                                                                                 \
    "add " acc ", " acc ", #64\n"                                                                                      \
    "cmp " acc ", r1\n"                                                                                                \
    "it lt\n"                                                                                                          \
    "sublt " acc ", " acc ", #128\n"

/* All outputs of a line, four at a time.
 *     r0, r1 weights  r2, r3 pairs  r4 .. r7 sums  r8 .. r11 where pairs are  r12 where weights are  lr columns left
 *     sp line */
NNQ_ASSEMBLY void convolve(NNQ_REGISTER const void *of) {
    __asm__("push {r0, r4-r11, lr}\n"
            "0: ldr r8, [r0]\n"
            "ldr r4, [r0, #32]\n"
            "add r0, r0, #48\n"
            "ldm r0, {r12, lr}\n"
            "ldrd r5, r0, [r0, #8]\n"
            "add r9, r8, r0\n"
            "add r10, r9, r0\n"
            "add r11, r10, r0\n"
            "cmp r5, #2\n"
            "mov r5, r4\n"
            "mov r6, r4\n"
            "mov r7, r4\n"
            "beq 2f\n"
            "bgt 3f\n"
            "1:" TWO_PAIRS_OF_FOUR("160") /* a column of at most four rows */
            "subs lr, lr, #1\n"
            "bne 1b\n"
            "b 5f\n"
            "2:" TWO_PAIRS_OF_FOUR("8") TWO_PAIRS_OF_FOUR("152") /* eight rows */
            "subs lr, lr, #1\n"
            "bne 2b\n"
            "b 5f\n"
            "3: ldr r3, [sp]\n" /* more */
            "ldr r0, [r3, #56]\n"
            "orr lr, lr, r0, lsl #16\n" /* fours in the upper half */
            "4:" TWO_PAIRS_OF_FOUR("8")
            "sub lr, lr, #0x10000\n"
            "cmp lr, #0x10000\n"
            "bhs 4b\n"
            "ldr r3, [sp]\n"
            "ldr r0, [r3, #56]\n"
            "rsb r0, r0, #20\n" /* on to the next column: 160 - 8 * fours */
            "add r8, r8, r0, lsl #3\n"
            "add r9, r9, r0, lsl #3\n"
            "add r10, r10, r0, lsl #3\n"
            "add r11, r11, r0, lsl #3\n"
            "subs lr, lr, #1\n"
            "bne 3b\n"

            "5: ldr r12, [sp]\n"
            "ldrd r0, r1, [r12, #36]\n"
            "smmla r4, r4, r0, r1\n"
            "smmla r5, r5, r0, r1\n"
            "smmla r6, r6, r0, r1\n"
            "smmla r7, r7, r0, r1\n"
            "ldr r0, [r12, #44]\n"
            "cmp r0, #0\n"
            "blt 7f\n"
            "6: asr r4, r4, r0\n"
            "asr r5, r5, r0\n"
            "asr r6, r6, r0\n"
            "asr r7, r7, r0\n"
            "ldm r12, {r0-r3, r8-r11}\n"
            "ssat r4, #8, r4\n"
            "ssat r5, #8, r5\n"
            "ssat r6, #8, r6\n"
            "ssat r7, #8, r7\n"
            "strb r4, [r1]\n"
            "strb r5, [r1, r11]\n"
            "add r4, r1, r11, lsl #1\n"
            "strb r6, [r4]\n"
            "strb r7, [r4, r11]\n"
            "add r0, r0, r3\n" /* on to the next block */
            "add r1, r1, r8\n"
            "subs r2, r2, #1\n"
            "beq 8f\n"
            "cmp r2, #1\n"
            "itt eq\n"
            "subeq r0, r0, r9\n"
            "subeq r1, r1, r10\n"
            "stm r12, {r0-r2}\n"
            "mov r0, r12\n"
            "b 0b\n"
            "7:" STEP_AWAY("r4") STEP_AWAY("r5") STEP_AWAY("r6") STEP_AWAY("r7")
            "b 6b\n"
            "8: pop {r0, r4-r11, pc}\n");
}

#undef TWO_PAIRS
#undef TWO_PAIRS_OF_FOUR
#undef STEP_AWAY

/* What all tiles of a layer share, and what is being computed. It is in scratch, between the pairs and weights. */
typedef struct layer {
    const nnq_shape *shape;
    const uint8_t *constants;
    int8_t *output;
    nnq_pair_tile in;
    int32_t out_row;  /* bytes from an output to the next one down */
    int32_t out_step; /* and across */
    int32_t rows;     /* of the tile */
    int32_t columns;
    line line;
} layer;

/* Weights times 2^8 in pairs of rows: from the first row on to `even`, and one row later to `odd`. */
static void unpack_weights(const layer *t, const uint8_t *lines, uint32_t *even, uint32_t *odd) {
    const uint32_t mask = 0xff00ff00u;
    const int32_t stored = (t->in.down.kernel + 3) / 4;
    for (int32_t column = 0; column < t->in.across.kernel; column++) {
        uint32_t before = 0;
        for (int32_t i = 0; i < t->line.fours; i++) {
            const uint32_t four = i < stored ? *(const uint32_t *)(const void *)lines : 0;
            const uint32_t first = four << 8 & mask;
            const uint32_t second = four & mask;
            lines += i < stored ? 4 : 0;
            *even++ = first;
            *even++ = second;
            *odd++ = first << 16 | before;
            *odd++ = second << 16 | first >> 16;
            before = second >> 16;
        }
    }
}

static uint32_t *weights_of(layer *t) {
    return (uint32_t *)(void *)(t + 1);
}

/* Words of a channel's weights, even or odd. */
static int32_t weight_words(const layer *t) {
    return 2 * t->line.fours * t->line.columns;
}

static __attribute__((noinline)) void begin_channel(layer *t, int32_t channel) {
    const uint8_t *record = t->constants + channel * nnq_lines_record(t->shape);
    const int32_t *const head = (const int32_t *)(const void *)record;
    t->line.bias = head[0] & ~255;
    t->line.multiplier = head[1];
    t->line.addend = head[2];
    t->line.shift = (head[0] & 255) | (t->shape->away ? AWAY : 0);
    unpack_weights(t, record + NNQ_LINES_HEAD, weights_of(t), weights_of(t) + weight_words(t));
}

/* The last four outputs overlap those before where a line is no multiple of four; of a line of less than four, one is
 * computed four times. */
static void run_line(layer *t, int32_t count, int32_t step, int32_t out_step) {
    const int32_t is_long = count >= 4;
    const int32_t over = is_long ? -count & 3 : 0;
    t->line.blocks = is_long ? (count + 3) / 4 : count;
    t->line.advance = is_long ? 4 * step : step;
    t->line.out_advance = is_long ? 4 * out_step : out_step;
    t->line.back = over * step;
    t->line.out_back = over * out_step;
    t->line.step = is_long ? step : 0;
    t->line.out_step = is_long ? out_step : 0;
    convolve(&t->line);
}

/* One channel of a tile. Rows make lines, or where these are short and many, columns do, odd rows after even ones. */
static void run_channel(layer *t, const uint8_t *pairs, int8_t *output) {
    const int32_t by_rows = t->columns >= 4 || t->rows < 8;
    const int32_t stride = t->in.down.stride;
    const int32_t step = t->in.across.stride * COLUMN_BYTES;
    const int32_t kinds = by_rows ? t->rows : 1 + stride % 2;
    const int32_t lines = by_rows ? kinds : kinds * t->columns;
    for (int32_t i = 0; i < lines; i++) {
        const int32_t y = i % kinds;
        const int32_t x = i / kinds;
        const int32_t row = y * stride;
        t->line.pairs = pairs + x * step + row / 2 * 4;
        t->line.weights = weights_of(t) + row % 2 * weight_words(t);
        t->line.output = output + x * t->out_step + y * t->out_row;
        if (by_rows) {
            run_line(t, t->columns, step, t->out_step);
        } else {
            run_line(t, (t->rows - y + kinds - 1) / kinds, kinds * stride * 2, kinds * t->out_row);
        }
    }
}

/* One tap after the other, for maps of less than four channels, whose words would reach beyond the map, and for windows
 * that no tile holds. */
static int32_t sum_plain(const layer *t, const uint8_t *lines, const int8_t *input, int32_t top, int32_t left) {
    const int32_t bytes = nnq_line_bytes(t->shape);
    const int32_t zero_point = t->shape->in_zero_point;
    const int32_t end = t->in.across.in;
    const int32_t step = t->in.rows.column;
    int32_t acc = 0;
    for (int32_t i = 0; i < t->in.down.kernel; i++) {
        const int32_t inside = top + i >= 0 && top + i < t->in.down.in;
        const int8_t *from = input + (top + i) * t->in.rows.row;
        const uint8_t *weights = lines + nnq_line_place(i);
        for (int32_t x = left; x < left + t->in.across.kernel; x++, weights += bytes) {
            acc += (inside && x >= 0 && x < end ? from[x * step] : zero_point) * (int8_t)*weights;
        }
    }
    return acc;
}

static __attribute__((noinline)) void run_plain(const layer *t, int32_t channel, const int8_t *input, int8_t *output) {
    const uint8_t *record = t->constants + channel * nnq_lines_record(t->shape);
    const int32_t *head = (const int32_t *)(const void *)record;
    const nnq_high_scale scale = {head[1], head[2], head[0] & 255};
    for (int32_t y = 0; y < t->in.down.out; y++) {
        for (int32_t x = 0; x < t->in.across.out; x++) {
            const int32_t top = y * t->in.down.stride - t->in.down.pad;
            const int32_t left = x * t->in.across.stride - t->in.across.pad;
            const int32_t acc = (head[0] >> 8) + sum_plain(t, record + NNQ_LINES_HEAD, input, top, left);
            const int32_t value = nnq_scale_high(acc, &scale, t->shape->away);
            output[y * t->out_row + x * t->out_step] = (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
        }
    }
}

/* As many outputs as a tile holds, but fours across where these are many. */
static __attribute__((noinline)) void set_layer(layer *t, uint8_t *scratch) {
    const nnq_shape *shape = t->shape;
    nnq_pair_tile *in = &t->in;
    nnq_set_tile(in, shape, scratch);
    t->out_row = shape->out_width * shape->in_channels;
    t->out_step = shape->in_channels;
    if (nnq_pairs_across(shape)) {
        const nnq_pair_axis down = in->across;
        in->across = in->down;
        in->down = down;
        in->rows.column = in->rows.row;
        in->rows.row = shape->in_channels;
        t->out_step = t->out_row;
        t->out_row = shape->in_channels;
    }
    in->unpack = unpack;
    in->column_bytes = COLUMN_BYTES;
    const int32_t tile = (COLUMNS - in->across.kernel) / in->across.stride + 1;
    in->across.tile = (uint8_t)(tile < in->across.out && tile > 4 ? tile & ~3 : tile);
    in->down.tile = (uint8_t)((2 * PAIRS - in->down.kernel) / in->down.stride + 1);
    t->line.columns = in->across.kernel;
    /* Words of a line: half the rows, and where weights are shifted by one, one row more. */
    t->line.fours = (in->down.kernel + in->down.stride % 2 + 3) / 4;
}

void nnq_depthwise_dsp(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                       uint8_t *scratch) {
    layer *const t = (layer *)(void *)(scratch + COLUMNS * COLUMN_BYTES);
    t->shape = shape;
    t->constants = constants;
    t->output = output;
    set_layer(t, scratch);
    if (shape->in_channels < 4 || t->in.down.kernel > 2 * PAIRS || t->in.across.kernel > COLUMNS) {
        for (int32_t c = 0; c < shape->in_channels; c++) {
            run_plain(t, c, input + c, output + c);
        }
        return;
    }
    for (int32_t y = 0; y < t->in.down.out; y += t->in.down.tile) {
        t->rows = nnq_least(t->in.down.tile, t->in.down.out - y);
        t->columns = nnq_least(t->in.across.tile, t->in.across.out);
        nnq_place_rows(&t->in, input, y, t->rows);
        nnq_clear_pairs(scratch, scratch + COLUMNS * COLUMN_BYTES, nnq_padding_pair(&t->in));
        for (int32_t c = 0; c < shape->in_channels; c += 4) {
            /* The last four channels overlap those before where they are no multiple of four, and so do the columns. */
            const int32_t base = nnq_least(c, shape->in_channels - 4);
            for (int32_t next = 0; next < t->in.across.out; next += t->in.across.tile) {
                const int32_t x = nnq_least(next, t->in.across.out - t->columns);
                nnq_fill_tile(&t->in, base, x, next > 0 && x == next);
                for (int32_t k = c; k < base + 4; k++) {
                    begin_channel(t, k);
                    run_channel(t, scratch + (k - base) * CHANNEL_BYTES,
                                t->output + y * t->out_row + x * t->out_step + k);
                }
            }
        }
    }
}

#endif
