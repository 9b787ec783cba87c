/* SPDX-License-Identifier: Apache-2.0
 * depthwise_conv2d for Armv6-M; depthwise_conv2d_armv6m_layout.c has its constants.
 *
 * A channel's part of the map, padding included, is spread into words, one plane for each phase of the strides, so that
 * output n of a plane is the sum over taps of weight * word[offset of the tap + n]: whatever the stride, and as if the
 * map were one row, whose places between rows are computed for nothing. Five outputs together take 13 instructions a
 * tap. Sums go where the words of phase 0 were, which no later output needs.
 */
#include "../shape.h"

#if NNQ_ISA_ARMV6M

#include "channel_armv6m.h"
#include "depthwise_conv2d_armv6m.h"

/* A tap: from an output's place in the first plane to its own; its weight. */
typedef struct tap {
    int32_t offset;
    int32_t weight;
} tap;

typedef struct tile {
    int32_t *planes; /* then sums */
    int32_t *planes_end;
    int32_t zero_point;
    const nnq_plane *entries; /* of planes */
    const nnq_plane *entries_end;
    int32_t in_step;
    const int8_t *input; /* of the first channel */
    const int8_t *weights;
    tap *taps;
    tap *taps_end;   /* of those that have weights */
    tap *rounds_end; /* of a multiple of nine */
    const uint8_t *record;
    int32_t *sums_end;
    int8_t *output;
    int32_t out_step;
    int32_t out_skip;
    int32_t row_bytes; /* of sums; from a row's end to the next row */
    int32_t row_skip;
    int32_t rows;
    int32_t channels;
    int32_t away;
} tile;

typedef char tile_fits[sizeof(tile) <= NNQ_TILE_STATE_BYTES ? 1 : -1];

/* Offsets of the members from the stack pointer. */
#define PLANES "#0"
#define PLANES_END "#4"
#define ZERO_POINT "#8"
#define ENTRIES "#12"
#define ENTRIES_END "#16"
#define IN_STEP "#20"
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
            "ldrh   r2, [r7, #8]\n\t"  /* columns */
            "ldrh   r3, [r7, #10]\n\t" /* rows */
            "ldrh   r4, [r7, #12]\n\t" /* words */
            "ldrh   r5, [r7, #14]\n\t" /* words_skip */
            "ldmia  r7!, {r0, r1}\n\t" /* input, in_skip */
            "adds   r7, #8\n\t"
            "cmp    r3, #0\n\t"
            "beq    2b\n\t"
            "mov    r8, r2\n\t"
            "mov    r9, r3\n\t"
            "mov    r10, r1\n\t"
            "lsls   r5, r5, #2\n\t"
            "mov    r11, r5\n\t"
            "mov    r12, r7\n\t"
            "ldr    r1, [sp, " INPUT "]\n\t"
            "adds   r1, r1, r0\n\t"
            "ldr    r0, [sp, " PLANES "]\n\t"
            "lsls   r4, r4, #2\n\t"
            "adds   r0, r0, r4\n\t"
            "ldr    r3, [sp, " IN_STEP "]\n\t"
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
            /* Outputs. r3 sums, r4 output, r5 end of the row, r6 record, r7 rows left, r8 step of outputs, r9 and r10
             * their skip and that of sums, r11 bytes of a row, r12 kind. */
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

void nnq_depthwise_conv2d_armv6m(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                                 uint8_t *scratch) {
    const int32_t taps = shape->kernel_height * shape->kernel_width;
    const uint8_t *weights = constants + NNQ_RECORD_BYTES * shape->out_channels;
    const uint8_t *behind = weights + ((uint32_t)(taps * shape->out_channels) + 3) / 4 * 4;
    const nnq_planes_head *head = (const nnq_planes_head *)(const void *)behind;
    const int32_t *offsets = (const int32_t *)(const void *)(head + 1);
    const nnq_tile *next = (const nnq_tile *)(const void *)(offsets + taps);
    tile *at = (tile *)(void *)scratch;
    at->planes = (int32_t *)(void *)(scratch + NNQ_TILE_STATE_BYTES);
    at->planes_end = at->planes + head->planes_bytes / 4;
    at->zero_point = shape->in_zero_point;
    at->in_step = head->in_step;
    at->input = input;
    at->record = constants;
    at->weights = (const int8_t *)weights;
    at->taps = (tap *)(void *)(at->planes_end + NNQ_PLANES_SLACK / 4);
    at->taps_end = at->taps + taps;
    at->rounds_end = at->taps + NNQ_ROUND_TAPS * head->rounds;
    at->out_step = head->out_step;
    at->channels = shape->out_channels;
    at->away = shape->away;
    memset(at->taps, 0, (size_t)(NNQ_ROUND_TAPS * NNQ_TAP_ENTRY_BYTES * head->rounds));
    for (int32_t i = 0; i < taps; i++) {
        at->taps[i].offset = offsets[i];
    }
    for (int32_t i = 0; i < head->tiles; i++) {
        const int32_t columns = next->columns;
        at->entries = (const nnq_plane *)(const void *)(next + 1);
        at->entries_end = at->entries + head->planes;
        at->rows = next->rows;
        at->row_bytes = 4 * columns;
        at->row_skip = 4 * (head->width - columns);
        at->sums_end = at->planes + (next->rows - 1) * head->width + columns;
        at->output = output + next->output;
        at->out_skip = next->out_skip;
        run_tile(at);
        next = (const nnq_tile *)(const void *)at->entries_end;
    }
}

#endif
