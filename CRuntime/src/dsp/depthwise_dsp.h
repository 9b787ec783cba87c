/* SPDX-License-Identifier: Apache-2.0
 * Depthwise convolution for Armv7E-M: input unpacked to pairs of rows, for multiplications of two halfwords.
 *
 * A word of the map has four channels. Rows that lie below each other make words of one channel: the upper row in the
 * lower half. In scratch a tile of the map is
 *
 *     column 0 .. n - 1, channel 0 .. 3, pair 0 .. m - 1
 *
 * where n and m are the kernel's own, for immediate offsets in its assembly. "Down" and "across" are axes of the map; a
 * kernel may have them exchanged.
 */
#ifndef NNQ_DEPTHWISE_DSP_H
#define NNQ_DEPTHWISE_DSP_H

#include "../shape.h"
#include "assembly.h"

/* Edges of a tile, from the highest bit down. */
#define NNQ_UPPER_EDGE 0x80000000u /* the first pair has only its lower row inside of the map */
#define NNQ_ODD_PAIR 0x40000000u   /* the number of whole pairs is odd */
#define NNQ_LOWER_EDGE 0x20000000u /* the last pair has only its upper row inside */

/* How the rows of a tile are unpacked. The assembly below knows the first offsets. */
typedef struct nnq_pair_rows {
    int32_t row;      /*  0: bytes from an input row to the next one */
    int32_t column;   /*  4: and from a column */
    uint32_t padding; /*  8: four zero points */
    uint32_t edges;   /* 12 */
    int32_t quads;    /* 16: two whole pairs each */
    const int8_t *from; /* the first row inside of the map */
    int32_t to;         /* bytes of scratch from a column to that row */
} nnq_pair_rows;

/* A function: unpacks four channels of the rows inside of the map, column by column, in 23 instructions for two pairs of
 * four channels. The macro's arguments are bytes of scratch from a channel to the next ones and to the next column.
 *     r0 to  r1 from  r2 row  r3 rows  r4 a  r5 b  r6 c  r7 d  r8 ab  r9 temporary  r10 3 * row  r11 quads  r12 edges
 *     sp 0 to, from  8 columns left */
#define NNQ_UNPACK_PAIRS(channel_1, channel_2, channel_3, column)                                                      \
    "push {r0-r2, r4-r11, lr}\n"                                                                                       \
    "ldr r2, [r3]\n"                                                                                                   \
    "add r10, r2, r2, lsl #1\n"                                                                                        \
    "1: ldrd r12, r11, [r3, #12]\n"                                                                                    \
    "lsls r12, r12, #1\n"                                                                                              \
    "bcc 2f\n"                                                                                                         \
    "ldr r4, [r3, #8]\n"                                                                                               \
    "ldr r5, [r1]\n"                                                                                                   \
    "add r1, r1, r2\n"                                                                                                 \
    "bl 7f\n"                                                                                                          \
    "2: cmp r11, #0\n"                                                                                                 \
    "beq 4f\n"                                                                                                         \
    "3: ldr r4, [r1]\n"                                                                                                \
    "ldr r5, [r1, r2]\n"                                                                                               \
    "ldr r6, [r1, r2, lsl #1]\n"                                                                                       \
    "ldr r7, [r1, r10]\n"                                                                                              \
    "add r1, r1, r2, lsl #2\n"                                                                                         \
    "pkhbt r8, r4, r5, lsl #16\n" /* channels 0 and 1 of rows a and b */                                               \
    "pkhtb r5, r5, r4, asr #16\n" /* 2 and 3 */                                                                        \
    "pkhbt r4, r6, r7, lsl #16\n" /* 0 and 1 of c and d */                                                             \
    "pkhtb r7, r7, r6, asr #16\n"                                                                                      \
    "sxtb16 r6, r8, ror #8\n"                                                                                          \
    "sxtb16 r9, r4, ror #8\n"                                                                                          \
    "strd r6, r9, [r0, #" channel_1 "]\n"                                                                              \
    "sxtb16 r6, r5\n"                                                                                                  \
    "sxtb16 r9, r7\n"                                                                                                  \
    "strd r6, r9, [r0, #" channel_2 "]\n"                                                                              \
    "sxtb16 r6, r5, ror #8\n"                                                                                          \
    "sxtb16 r9, r7, ror #8\n"                                                                                          \
    "strd r6, r9, [r0, #" channel_3 "]\n"                                                                              \
    "sxtb16 r6, r8\n"                                                                                                  \
    "sxtb16 r9, r4\n"                                                                                                  \
    "strd r6, r9, [r0], #8\n"                                                                                          \
    "subs r11, r11, #1\n"                                                                                              \
    "bne 3b\n"                                                                                                         \
    "4: lsls r12, r12, #1\n"                                                                                           \
    "bcc 5f\n"                                                                                                         \
    "ldr r4, [r1]\n"                                                                                                   \
    "ldr r5, [r1, r2]\n"                                                                                               \
    "add r1, r1, r2, lsl #1\n"                                                                                         \
    "bl 7f\n"                                                                                                          \
    "5: lsls r12, r12, #1\n"                                                                                           \
    "bcc 6f\n"                                                                                                         \
    "ldr r4, [r1]\n"                                                                                                   \
    "ldr r5, [r3, #8]\n"                                                                                               \
    "bl 7f\n"                                                                                                          \
    "6: ldrd r0, r1, [sp]\n"                                                                                           \
    "ldr r4, [r3, #4]\n"                                                                                               \
    "ldr r5, [sp, #8]\n"                                                                                               \
    "adds r0, r0, #" column "\n"                                                                                       \
    "adds r1, r1, r4\n"                                                                                                \
    "strd r0, r1, [sp]\n"                                                                                              \
    "subs r5, r5, #1\n"                                                                                                \
    "str r5, [sp, #8]\n"                                                                                               \
    "bne 1b\n"                                                                                                         \
    "pop {r0-r2, r4-r11, pc}\n"                                                                                        \
    "7: pkhbt r8, r4, r5, lsl #16\n" /* one pair, of rows a and b */                                                   \
    "pkhtb r5, r5, r4, asr #16\n"                                                                                      \
    "sxtb16 r9, r8, ror #8\n"                                                                                          \
    "str r9, [r0, #" channel_1 "]\n"                                                                                   \
    "sxtb16 r9, r5\n"                                                                                                  \
    "str r9, [r0, #" channel_2 "]\n"                                                                                   \
    "sxtb16 r9, r5, ror #8\n"                                                                                          \
    "str r9, [r0, #" channel_3 "]\n"                                                                                   \
    "sxtb16 r9, r8\n"                                                                                                  \
    "str r9, [r0], #4\n"                                                                                               \
    "bx lr\n"

typedef void nnq_unpack_pairs(uint8_t *to, const int8_t *from, int32_t columns, const nnq_pair_rows *rows);

/* Sets columns of scratch to pairs of zero points. */
NNQ_ASSEMBLY void nnq_clear_pairs(NNQ_REGISTER uint8_t *from, NNQ_REGISTER uint8_t *end, NNQ_REGISTER uint32_t pair) {
    __asm__("push {r4-r9, lr}\n"
            "mov r3, r2\n mov r4, r2\n mov r5, r2\n mov r6, r2\n mov r7, r2\n mov r8, r2\n mov r9, r2\n"
            "1: stm r0!, {r2-r9}\n"
            "cmp r0, r1\n"
            "bne 1b\n"
            "pop {r4-r9, pc}\n");
}

/* Moves columns of scratch to the left. */
NNQ_ASSEMBLY void nnq_move_pairs(NNQ_REGISTER uint8_t *to, NNQ_REGISTER const uint8_t *from,
                                 NNQ_REGISTER const uint8_t *end) {
    __asm__("push {r4-r10, lr}\n"
            "1: ldm r1!, {r3-r10}\n"
            "stm r0!, {r3-r10}\n"
            "cmp r1, r2\n"
            "bne 1b\n"
            "pop {r4-r10, pc}\n");
}

typedef struct nnq_pair_axis {
    uint16_t in;
    uint16_t out;
    uint8_t kernel;
    uint8_t stride;
    uint8_t pad;
    uint8_t tile; /* outputs of a tile, but for the last one */
} nnq_pair_axis;

/* What tiles of a layer share, and tiles of some of its output rows. */
typedef struct nnq_pair_tile {
    nnq_pair_rows rows;
    nnq_pair_axis down;
    nnq_pair_axis across;
    uint8_t *scratch;
    nnq_unpack_pairs *unpack;
    int32_t column_bytes; /* of scratch */
} nnq_pair_tile;

/* Two zero points. */
static inline uint32_t nnq_padding_pair(const nnq_pair_tile *t) {
    return (uint16_t)(int8_t)t->rows.padding * 0x10001u;
}

static inline int32_t nnq_least(int32_t a, int32_t b) {
    return a < b ? a : b;
}

/* Of a shape whose rows are the map's; the kernel adds the extents of tiles and its own way of unpacking. */
static __attribute__((noinline)) void nnq_set_tile(nnq_pair_tile *t, const nnq_shape *shape, uint8_t *scratch) {
    const nnq_pair_axis down = {shape->in_height,     shape->out_height, shape->kernel_height,
                                shape->stride_height, shape->pad_top,    0};
    const nnq_pair_axis across = {shape->in_width,     shape->out_width, shape->kernel_width,
                                  shape->stride_width, shape->pad_left,  0};
    t->rows.row = shape->in_width * shape->in_channels;
    t->rows.column = shape->in_channels;
    t->rows.padding = (uint8_t)shape->in_zero_point * 0x01010101u;
    t->down = down;
    t->across = across;
    t->scratch = scratch;
}

/* For output rows y .. y + count - 1: what `rows` says. */
static __attribute__((noinline)) void nnq_place_rows(nnq_pair_tile *t, const int8_t *input, int32_t y,
                                                     int32_t count) {
    const int32_t top = y * t->down.stride - t->down.pad;
    const int32_t needed = (count - 1) * t->down.stride + t->down.kernel;
    const int32_t first = top < 0 ? -top : 0; /* row inside of the map, of those from `top` on */
    const int32_t end = nnq_least(needed + needed % 2, t->down.in - top);
    const int32_t whole = end / 2 - (first + 1) / 2;
    t->rows.edges = (first % 2 != 0 ? NNQ_UPPER_EDGE : 0) | (whole % 2 != 0 ? NNQ_ODD_PAIR : 0) |
                    (end % 2 != 0 ? NNQ_LOWER_EDGE : 0);
    t->rows.quads = whole / 2;
    t->rows.from = input + (top + first) * t->rows.row;
    t->rows.to = first / 2 * 4;
}

/* Unpacks the input of four channels for output columns from x on. Where the tile is the next one to the right,
 * input columns shared with the one before are moved from there. Where a tile is as wide as the map, columns outside of
 * the map are never overwritten. */
static __attribute__((noinline)) void nnq_fill_tile(const nnq_pair_tile *t, int32_t channel, int32_t x,
                                                    int32_t is_next) {
    const nnq_pair_axis *across = &t->across;
    const int32_t left = x * across->stride - across->pad;
    const int32_t columns = (nnq_least(across->tile, across->out - x) - 1) * across->stride + across->kernel;
    const int32_t inside = nnq_least(columns, across->in - left);
    const int32_t is_part = across->tile < across->out;
    uint8_t *const scratch = t->scratch;
    int32_t first = left < 0 ? -left : 0;
    if (is_next) {
        const uint8_t *shared = scratch + across->tile * across->stride * t->column_bytes;
        first = across->kernel > across->stride ? across->kernel - across->stride : 0;
        if (first > 0) {
            nnq_move_pairs(scratch, shared, shared + first * t->column_bytes);
        }
    } else if (first > 0 && is_part) {
        nnq_clear_pairs(scratch, scratch + first * t->column_bytes, nnq_padding_pair(t));
    }
    if (inside > first) {
        t->unpack(scratch + first * t->column_bytes + t->rows.to,
                  t->rows.from + (left + first) * t->rows.column + channel, inside - first, &t->rows);
        first = inside;
    }
    if (columns > first && is_part) {
        nnq_clear_pairs(scratch + first * t->column_bytes, scratch + columns * t->column_bytes, nnq_padding_pair(t));
    }
}

#endif
