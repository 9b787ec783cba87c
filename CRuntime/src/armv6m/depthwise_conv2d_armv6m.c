/* SPDX-License-Identifier: Apache-2.0
 * depthwise_conv2d for Armv6-M; depthwise_conv2d_armv6m_layout.c has its constants.
 *
 * A channel's part of the map, padding included, is spread into words, one plane for each phase of the strides, so that
 * output n of a plane is the sum over taps of weight * word[offset of the tap + n]: whatever the stride, and as if the map
 * were one row, whose places between rows are computed for nothing. Five outputs together take 13 instructions a tap.
 * Sums go where the words of phase 0 were, which no later output needs.
 */
#include "../shape.h"

#if NNQ_ISA_ARMV6M

#include "channel_armv6m.h"
#include "depthwise_conv2d_armv6m.h"

/* A tap: where its words begin, from an output's place in the first plane; its weight. */
typedef struct tap {
    int32_t offset;
    int32_t weight;
} tap;

/* The part of a plane that is in the map. */
typedef struct plane {
    int32_t *words;
    int32_t offset; /* from the channel's first byte */
    int32_t columns;
    int32_t rows;
    int32_t offset_skip; /* bytes from a row's end to the next one's begin */
    int32_t words_skip;
} plane;

typedef struct tile {
    int32_t *planes; /* then sums */
    int32_t *planes_end;
    int32_t zero_point;
    const plane *entries;
    const plane *entries_end;
    int32_t step; /* bytes from a column to the next */
    const int8_t *input; /* of the first channel */
    const int8_t *weights;
    tap *taps;
    tap *taps_end;   /* of those that have weights */
    tap *rounds_end; /* of a multiple of nine */
    const uint8_t *record;
    int32_t *sums_end;
    int8_t *output;
    int32_t out_step; /* bytes from a column to the next; from a row's end to the next row */
    int32_t out_skip;
    int32_t row_bytes; /* of sums; from a row's end to the next row */
    int32_t row_skip;
    int32_t rows;
    int32_t channels;
    int32_t away;
} tile;

/* Offsets of the members from the stack pointer. */
#define PLANES "#0"
#define PLANES_END "#4"
#define ZERO_POINT "#8"
#define ENTRIES "#12"
#define ENTRIES_END "#16"
#define STEP "#20"
#define INPUT "#24"
#define WEIGHTS "#28"
#define TAPS "#32"
#define TAPS_END "#36"
#define ROUNDS_END "#40"
#define RECORD "#44"
#define SUMS_END "#48"
#define OUTPUT "#52"
#define OUT_STEP "#56"
#define OUT_SKIP "#60"
#define ROW_BYTES "#64"
#define ROW_SKIP "#68"
#define ROWS "#72"
#define CHANNELS "#76"
#define AWAY "#80"
#define FRAME "#84"

/* r0 taps, r1 words, r2 weight, r3-r7 products, r8-r12 sums, lr place of the outputs. */
#define TAP                                                                                                            \
    "ldmia  r0!, {r1, r2}\n\t"                                                                                         \
    "add    r1, lr\n\t"                                                                                                \
    "ldmia  r1!, {r3-r7}\n\t"                                                                                          \
    "muls   r3, r2, r3\n\t"                                                                                            \
    "muls   r4, r2, r4\n\t"                                                                                            \
    "muls   r5, r2, r5\n\t"                                                                                            \
    "muls   r6, r2, r6\n\t"                                                                                            \
    "muls   r7, r2, r7\n\t"                                                                                            \
    "add    r8, r3\n\t"                                                                                                \
    "add    r9, r4\n\t"                                                                                                \
    "add    r10, r5\n\t"                                                                                               \
    "add    r11, r6\n\t"                                                                                               \
    "add    r12, r7\n\t"

/* All channels of a tile. */
__attribute__((naked, noinline)) static void run_tile(NNQ_UNUSED const tile *at) {
    __asm__(NNQ_SAVE
            "sub    sp, " FRAME "\n\t"
            "mov    r1, sp\n\t"
            "ldmia  r0!, {r2-r7}\n\t"
            "stmia  r1!, {r2-r7}\n\t"
            "ldmia  r0!, {r2-r7}\n\t"
            "stmia  r1!, {r2-r7}\n\t"
            "ldmia  r0!, {r2-r7}\n\t"
            "stmia  r1!, {r2-r7}\n\t"
            "ldmia  r0!, {r2-r4}\n\t"
            "stmia  r1!, {r2-r4}\n"
            "10:\n\t" /* padding everywhere */
            "ldr    r0, [sp, " PLANES "]\n\t"
            "ldr    r1, [sp, " PLANES_END "]\n\t"
            "ldr    r2, [sp, " ZERO_POINT "]\n\t"
            "mov    r3, r2\n\t"
            "mov    r4, r2\n\t"
            "mov    r5, r2\n"
            "1:\n\t"
            "stmia  r0!, {r2-r5}\n\t"
            "stmia  r0!, {r2-r5}\n\t"
            "cmp    r0, r1\n\t"
            "blo    1b\n\t"
            /* The map. r0 words, r1 input, r2 = 0, r3 step, r4 and r5 values, r6 pairs left, r7 two steps, r8 columns,
             * r9 rows left, r10 skip of input, r11 skip of words, r12 entries, lr their end. */
            "ldr    r7, [sp, " ENTRIES_END "]\n\t"
            "mov    lr, r7\n\t"
            "ldr    r7, [sp, " ENTRIES "]\n"
            "2:\n\t"
            "cmp    r7, lr\n\t"
            "beq    7f\n\t"
            "ldmia  r7!, {r0-r5}\n\t"
            "mov    r8, r2\n\t"
            "mov    r9, r3\n\t"
            "mov    r10, r4\n\t"
            "mov    r11, r5\n\t"
            "mov    r12, r7\n\t"
            "ldr    r2, [sp, " INPUT "]\n\t"
            "adds   r1, r1, r2\n\t"
            "ldr    r3, [sp, " STEP "]\n\t"
            "lsls   r7, r3, #1\n\t"
            "movs   r2, #0\n"
            "3:\n\t"
            "mov    r6, r8\n\t"
            "lsrs   r6, r6, #1\n\t"
            "bcc    4f\n\t"
            "ldrsb  r4, [r1, r2]\n\t"
            "stmia  r0!, {r4}\n\t"
            "adds   r1, r1, r3\n\t"
            "cmp    r6, #0\n\t"
            "beq    5f\n"
            "4:\n\t"
            "ldrsb  r4, [r1, r2]\n\t"
            "ldrsb  r5, [r1, r3]\n\t"
            "stmia  r0!, {r4, r5}\n\t"
            "adds   r1, r1, r7\n\t"
            "subs   r6, #1\n\t"
            "bne    4b\n"
            "5:\n\t"
            "add    r1, r10\n\t"
            "add    r0, r11\n\t"
            "mov    r6, r9\n\t"
            "subs   r6, #1\n\t"
            "mov    r9, r6\n\t"
            "bne    3b\n\t"
            "mov    r7, r12\n\t"
            "b      2b\n"
            "7:\n\t" /* weights */
            "ldr    r0, [sp, " TAPS "]\n\t"
            "ldr    r1, [sp, " WEIGHTS "]\n\t"
            "ldr    r2, [sp, " TAPS_END "]\n\t"
            "movs   r3, #0\n"
            "1:\n\t"
            "ldrsb  r4, [r1, r3]\n\t"
            "str    r4, [r0, #4]\n\t"
            "adds   r1, #1\n\t"
            "adds   r0, #8\n\t"
            "cmp    r0, r2\n\t"
            "bne    1b\n\t"
            "str    r1, [sp, " WEIGHTS "]\n\t"
            /* Sums. */
            "ldr    r0, [sp, " PLANES "]\n\t"
            "mov    lr, r0\n"
            "1:\n\t"
            "ldr    r0, [sp, " TAPS "]\n\t"
            "ldr    r3, [sp, " RECORD "]\n\t"
            "ldr    r3, [r3]\n\t"
            "mov    r8, r3\n\t"
            "mov    r9, r3\n\t"
            "mov    r10, r3\n\t"
            "mov    r11, r3\n\t"
            "mov    r12, r3\n"
            "2:\n\t" TAP TAP TAP TAP TAP TAP TAP TAP TAP
            "ldr    r1, [sp, " ROUNDS_END "]\n\t"
            "cmp    r0, r1\n\t"
            "bne    2b\n\t"
            "mov    r3, r8\n\t"
            "mov    r4, r9\n\t"
            "mov    r5, r10\n\t"
            "mov    r6, r11\n\t"
            "mov    r7, r12\n\t"
            "mov    r1, lr\n\t"
            "stmia  r1!, {r3-r7}\n\t"
            "mov    lr, r1\n\t"
            "ldr    r2, [sp, " SUMS_END "]\n\t"
            "cmp    r1, r2\n\t"
            "bhs    3f\n\t"
            "b      1b\n"
            "3:\n\t"
            /* Outputs. r3 sums, r4 output, r5 end of the row, r6 record, r7 rows left, r8 step of outputs, r9 and r10 their
             * skip and that of sums, r11 bytes of a row, r12 kind. */
            "ldr    r3, [sp, " OUT_STEP "]\n\t"
            "ldr    r4, [sp, " OUT_SKIP "]\n\t"
            "ldr    r5, [sp, " ROW_SKIP "]\n\t"
            "ldr    r6, [sp, " ROW_BYTES "]\n\t"
            "mov    r8, r3\n\t"
            "mov    r9, r4\n\t"
            "mov    r10, r5\n\t"
            "mov    r11, r6\n\t"
            "ldr    r3, [sp, " PLANES "]\n\t"
            "ldr    r4, [sp, " OUTPUT "]\n\t"
            "ldr    r6, [sp, " RECORD "]\n\t"
            "ldr    r7, [sp, " ROWS "]\n"
            "11:\n\t"
            "mov    r5, r11\n\t"
            "adds   r5, r5, r3\n\t"
            "ldrb   r0, [r6, #14]\n\t" /* kind */
            "cmp    r0, #0\n\t"
            "beq    5f\n"
            "2:\n\t"
            "ldmia  r3!, {r0}\n\t"
            "cmp    r0, #0\n\t"
            "bgt    3f\n\t"
            "movs   r0, #128\n\t"
            "b      4f\n"
            "3:\n\t" NNQ_SCALE_RELU
            "cmp    r0, #127\n\t"
            "ble    4f\n\t"
            "movs   r0, #127\n"
            "4:\n\t"
            "strb   r0, [r4]\n\t"
            "add    r4, r8\n\t"
            "cmp    r3, r5\n\t"
            "bne    2b\n\t"
            "b      7f\n"
            "5:\n\t"
            "ldmia  r3!, {r0}\n\t" NNQ_SCALE_ANY
            "ldr    r1, [sp, " AWAY "]\n\t"
            "cmp    r1, #0\n\t"
            "beq    6f\n\t"
            "adds   r0, #64\n\t"
            "bpl    6f\n\t"
            "subs   r0, #128\n"
            "6:\n\t" NNQ_SHIFT_ANY
            "strb   r0, [r4]\n\t"
            "add    r4, r8\n\t"
            "cmp    r3, r5\n\t"
            "bne    5b\n"
            "7:\n\t"
            "add    r4, r9\n\t"
            "add    r3, r10\n\t"
            "subs   r7, #1\n\t"
            "bne    11b\n\t"
            /* The next channel. */
            "adds   r6, #16\n\t"
            "str    r6, [sp, " RECORD "]\n\t"
            "ldr    r0, [sp, " INPUT "]\n\t"
            "adds   r0, #1\n\t"
            "str    r0, [sp, " INPUT "]\n\t"
            "ldr    r0, [sp, " OUTPUT "]\n\t"
            "adds   r0, #1\n\t"
            "str    r0, [sp, " OUTPUT "]\n\t"
            "ldr    r0, [sp, " CHANNELS "]\n\t"
            "subs   r0, #1\n\t"
            "str    r0, [sp, " CHANNELS "]\n\t"
            "beq    8f\n\t"
            "b      10b\n"
            "8:\n\t"
            "add    sp, " FRAME "\n\t" NNQ_RESTORE);
}

/* Places of a tile in a phase that are in the map: how many, after how many, and where the first of them is. */
typedef struct span {
    int32_t count;
    int32_t before;
    int32_t first;
} span;

static span find_span(const nnq_axis *axis, int32_t out, int32_t outputs, int32_t phase) {
    span found = {0, 0, out * axis->stride + phase - axis->pad};
    int32_t left = outputs + axis->more;
    while (left > 0 && found.first < 0) {
        found.first += axis->stride;
        found.before++;
        left--;
    }
    for (int32_t place = found.first; left > 0 && place < axis->in; place += axis->stride) {
        found.count++;
        left--;
    }
    return found;
}

/* The part of each plane that is in the map. */
static plane *find_planes(const tile *at, const nnq_axis *slow, const nnq_axis *fast, int32_t row, int32_t rows,
                          int32_t column, int32_t columns, plane *to) {
    const int32_t width = fast->tile + fast->more;
    int32_t *words = at->planes;
    for (int32_t i = 0; i < slow->phases; i++) {
        const span down = find_span(slow, row, rows, i);
        for (int32_t j = 0; j < fast->phases; j++) {
            const span across = find_span(fast, column, columns, j);
            if (down.count > 0 && across.count > 0) {
                to->words = words + down.before * width + across.before;
                to->offset = down.first * slow->in_step + across.first * fast->in_step;
                to->columns = across.count;
                to->rows = down.count;
                to->offset_skip = slow->stride * slow->in_step - across.count * at->step;
                to->words_skip = 4 * (width - across.count);
                to++;
            }
            words += (slow->tile + slow->more) * width;
        }
    }
    return to;
}

/* Where a tap's place in a direction is: its phase's plane, and there the place of an output's first tap, further by one
 * for each stride. */
typedef struct reach {
    int32_t offset;
    int32_t phase;
    int32_t phase_step;
    int32_t place_step;
} reach;

static void advance(reach *at, int32_t stride) {
    at->phase++;
    at->offset += at->phase_step;
    if (at->phase == stride) {
        at->phase = 0;
        at->offset += at->place_step - stride * at->phase_step;
    }
}

/* Offsets of all taps, in the order of the weights; those of a multiple of nine that have none get weight 0. */
static tap *make_taps(const nnq_shape *shape, const nnq_axis *slow, const nnq_axis *fast, tap *to) {
    const int32_t plane_bytes = (int32_t)nnq_plane_bytes(slow, fast);
    const int32_t is_down_fast = shape->out_height > shape->out_width;
    const reach along_slow = {0, 0, plane_bytes * fast->phases, 4 * (fast->tile + fast->more)};
    const reach along_fast = {0, 0, plane_bytes, 4};
    reach down = is_down_fast ? along_fast : along_slow;
    memset(to, 0, nnq_taps_bytes(shape));
    for (int32_t i = 0; i < shape->kernel_height; i++) {
        reach across = is_down_fast ? along_slow : along_fast;
        for (int32_t j = 0; j < shape->kernel_width; j++) {
            to->offset = down.offset + across.offset;
            to++;
            advance(&across, shape->stride_width);
        }
        advance(&down, shape->stride_height);
    }
    return to;
}

void nnq_depthwise_conv2d_armv6m(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                                 uint8_t *scratch) {
    nnq_axis slow;
    nnq_axis fast;
    tile run;
    nnq_make_axes(shape, &slow, &fast);
    const int32_t width = fast.tile + fast.more;
    run.planes = (int32_t *)(void *)scratch;
    run.planes_end = run.planes + nnq_planes_bytes(&slow, &fast) / 4;
    run.zero_point = shape->in_zero_point;
    run.taps = (tap *)(void *)(run.planes_end + NNQ_PLANES_SLACK / 4);
    run.taps_end = make_taps(shape, &slow, &fast, run.taps);
    run.rounds_end = run.taps + nnq_taps_bytes(shape) / NNQ_TAP_ENTRY_BYTES;
    plane *entries = (plane *)(void *)run.rounds_end;
    run.entries = entries;
    run.step = fast.stride * fast.in_step;
    run.input = input;
    run.record = constants;
    run.weights = (const int8_t *)constants + NNQ_RECORD_BYTES * shape->out_channels;
    run.out_step = fast.out_step;
    run.channels = shape->out_channels;
    run.away = shape->away;
    for (int32_t row = 0; row < slow.out; row += slow.tile) {
        run.rows = slow.out - row < slow.tile ? slow.out - row : slow.tile;
        for (int32_t column = 0; column < fast.out; column += fast.tile) {
            const int32_t columns = fast.out - column < fast.tile ? fast.out - column : fast.tile;
            run.entries_end = find_planes(&run, &slow, &fast, row, run.rows, column, columns, entries);
            run.sums_end = run.planes + (run.rows - 1) * width + columns;
            run.output = output + row * slow.out_step + column * fast.out_step;
            run.out_skip = slow.out_step - columns * fast.out_step;
            run.row_bytes = 4 * columns;
            run.row_skip = 4 * (width - columns);
            run_tile(&run);
        }
    }
}

#endif
