/* SPDX-License-Identifier: Apache-2.0
 * The windows of eight pixels, and what taps read there as five words each: conv2d_armv6m.c tells why.
 */
#ifndef NNQ_WINDOWS_ARMV6M_H
#define NNQ_WINDOWS_ARMV6M_H

#include "channel_armv6m.h"

/* Where a pixel's window is: its first byte, and its first row and column. */
typedef struct window {
    const int8_t *input;
    int32_t y;
    int32_t x;
} window;

/* Goes from pixel to pixel. */
typedef struct walk {
    window next;
    int32_t column;
    int32_t left; /* pixels */
    int8_t *output;
    int32_t input_step; /* from here on, to the next pixel */
    int32_t stride_width;
    int32_t output_step;
    int32_t columns;
    int32_t inside;    /* windows with x below this, counted without sign, have all their columns in the map */
    int32_t input_row; /* from here on, from a row's last pixel to the next row; the new x; what y grows by */
    int32_t x;
    int32_t stride_height;
} walk;

/* Offsets of members. */
#define INPUT_STEP "#24"
#define INPUT_ROW "#44"

/* The windows and outputs of the next eight pixels; of the last one again and again where the map ends before. Returns
 * whether all columns of all windows are in the map. 17 instructions a pixel.
 * r0 windows, r1-r3 the next, r4 column, r5 left, r6 output, r7 free, r8-r12 input_step .. inside, lr outputs; on the
 * stack: `at`, the result, the end of the windows. */
__attribute__((naked, noinline)) static int32_t find_windows(NNQ_UNUSED walk *at, NNQ_UNUSED window windows[8],
                                                              NNQ_UNUSED int8_t *outputs[8]) {
    __asm__(NNQ_SAVE
            "mov    lr, r2\n\t"
            "movs   r3, #1\n\t"
            "mov    r4, r1\n\t"
            "adds   r4, #96\n\t"
            "push   {r0, r3, r4}\n\t"
            "mov    r7, r1\n\t"
            "mov    r6, r0\n\t"
            "adds   r6, " INPUT_STEP "\n\t"
            "ldmia  r6!, {r1-r5}\n\t"
            "mov    r8, r1\n\t"
            "mov    r9, r2\n\t"
            "mov    r10, r3\n\t"
            "mov    r11, r4\n\t"
            "mov    r12, r5\n\t"
            "ldmia  r0!, {r1-r6}\n\t"
            "mov    r0, r7\n"
            "1:\n\t"
            "stmia  r0!, {r1-r3}\n\t"
            "mov    r7, lr\n\t"
            "stmia  r7!, {r6}\n\t"
            "mov    lr, r7\n\t"
            "cmp    r3, r12\n\t"
            "blo    2f\n\t"
            "movs   r7, #0\n\t"
            "str    r7, [sp, #4]\n"
            "2:\n\t"
            "subs   r5, #1\n\t"
            "ble    3f\n\t"
            "add    r1, r8\n\t"
            "add    r3, r9\n\t"
            "add    r6, r10\n\t"
            "adds   r4, #1\n\t"
            "cmp    r4, r11\n\t"
            "bne    3f\n\t"
            "ldr    r7, [sp]\n\t"
            "adds   r7, " INPUT_ROW "\n\t"
            "ldmia  r7!, {r3, r4}\n\t"
            "adds   r1, r1, r3\n\t"
            "mov    r3, r4\n\t"
            "ldr    r4, [r7]\n\t"
            "adds   r2, r2, r4\n\t"
            "movs   r4, #0\n"
            "3:\n\t"
            "ldr    r7, [sp, #8]\n\t"
            "cmp    r0, r7\n\t"
            "bne    1b\n\t"
            "pop    {r0, r7}\n\t"
            "stmia  r0!, {r1-r6}\n\t"
            "mov    r0, r7\n\t"
            "add    sp, #4\n\t" NNQ_RESTORE);
}

/* A place in eight windows. Taps follow each other in memory for a *column*: the channels of one place or, where all
 * columns of all windows are in the map, a kernel's row. */
typedef struct cursor {
    window windows[8];
    int32_t offset;
    int32_t y;
    int32_t x;
    int32_t height; /* of the map */
    int32_t width;
    const int8_t *padding;
    uint32_t *words;  /* five sums of words, then words */
    int32_t left;     /* taps of the column */
    int32_t column_taps;
    int32_t columns;  /* in a kernel's row */
    int32_t row_skip; /* bytes from behind a row to the next one */
} cursor;

/* Offsets of members from the first one behind the windows. */
#define HEIGHT "#12"
#define WIDTH "#16"
#define TO_PADDING "#20"
#define TO_WORDS "#24"
#define LEFT "#28"
#define COLUMN_TAPS "#32"
#define COLUMNS "#36"
#define ROW_SKIP "#40"

/* r0 tap, r1 words, r2-r6 W0, W1, W3, W2, W4, in this order also in memory, r7 and those not yet known free, r8-r12
 * their sums, lr taps; on the stack: eight addresses of the column's first tap, address of `offset`, count, words,
 * width, padding. */
#define PIXEL(to, i) "ldr    " to ", [sp, #4 * " #i "]\n\tldrsb  " to ", [" to ", r0]\n\t"

/* Five words for each of `count` taps from the cursor on, which moves behind them, and before them the sums of all
 * those. 39 instructions a tap and some 140 a column. */
__attribute__((naked, noinline)) static void stage_taps(NNQ_UNUSED cursor *at, NNQ_UNUSED int32_t count) {
    __asm__(NNQ_SAVE
            "sub    sp, #52\n\t"
            "adds   r0, #96\n\t"
            "ldr    r2, [r0, " TO_WORDS "]\n\t"
            "adds   r2, #20\n\t"
            "ldr    r3, [r0, " WIDTH "]\n\t"
            "ldr    r4, [r0, " TO_PADDING "]\n\t"
            "add    r7, sp, #32\n\t"
            "stmia  r7!, {r0-r4}\n\t"
            "movs   r2, #0\n\t"
            "mov    r8, r2\n\t"
            "mov    r9, r2\n\t"
            "mov    r10, r2\n\t"
            "mov    r11, r2\n\t"
            "mov    r12, r2\n"
            /* Addresses in a column. r0 windows, r1-r3 one, r4-r6 offset, y, x, r7 addresses, lr height. */
            "1:\n\t"
            "ldr    r0, [sp, #32]\n\t"
            "ldr    r1, [r0, " HEIGHT "]\n\t"
            "mov    lr, r1\n\t"
            "mov    r7, r0\n\t"
            "ldmia  r7!, {r4-r6}\n\t"
            "subs   r0, #96\n\t"
            "mov    r7, sp\n"
            "2:\n\t"
            "ldmia  r0!, {r1-r3}\n\t"
            "adds   r1, r1, r4\n\t"
            "adds   r2, r2, r5\n\t"
            "cmp    r2, lr\n\t"
            "bhs    3f\n\t"
            "ldr    r2, [sp, #44]\n\t" /* width */
            "adds   r3, r3, r6\n\t"
            "cmp    r3, r2\n\t"
            "blo    4f\n"
            "3:\n\t"
            "ldr    r1, [sp, #48]\n" /* padding */
            "4:\n\t"
            "stmia  r7!, {r1}\n\t"
            "ldr    r1, [sp, #32]\n\t"
            "cmp    r0, r1\n\t"
            "bne    2b\n\t"
            /* r1 = taps of the column, or as many as are left; the cursor moves behind them. */
            "ldr    r2, [r0, " LEFT "]\n\t"
            "ldr    r3, [sp, #36]\n\t" /* count */
            "mov    r1, r2\n\t"
            "cmp    r1, r3\n\t"
            "bls    5f\n\t"
            "mov    r1, r3\n"
            "5:\n\t"
            "subs   r3, r3, r1\n\t"
            "str    r3, [sp, #36]\n\t"
            "adds   r4, r4, r1\n\t"
            "subs   r2, r2, r1\n\t"
            "bne    6f\n\t"
            "ldr    r2, [r0, " COLUMN_TAPS "]\n\t"
            "ldr    r3, [r0, " COLUMNS "]\n\t"
            "adds   r6, #1\n\t"
            "cmp    r6, r3\n\t"
            "bne    6f\n\t"
            "movs   r6, #0\n\t"
            "adds   r5, #1\n\t"
            "ldr    r3, [r0, " ROW_SKIP "]\n\t"
            "adds   r4, r4, r3\n"
            "6:\n\t"
            "str    r2, [r0, " LEFT "]\n\t"
            "stmia  r0!, {r4-r6}\n\t"
            "mov    lr, r1\n\t"
            "ldr    r1, [sp, #40]\n\t" /* words */
            "movs   r0, #0\n"
            "7:\n\t"
            PIXEL("r2", 0) PIXEL("r3", 1)
            "lsls   r4, r3, #20\n\t"
            "adds   r2, r2, r4\n\t" /* W0 */
            "lsls   r3, r3, #12\n\t" PIXEL("r4", 2)
            "adds   r3, r3, r4\n\t" PIXEL("r4", 3)
            "lsls   r5, r4, #20\n\t"
            "adds   r3, r3, r5\n\t" /* W1 */
            "lsls   r5, r4, #16\n\t" PIXEL("r6", 4)
            "adds   r5, r5, r6\n\t" /* W2 */
            "lsls   r4, r4, #12\n\t" PIXEL("r6", 5)
            "adds   r4, r4, r6\n\t" PIXEL("r6", 6)
            "lsls   r7, r6, #20\n\t"
            "adds   r4, r4, r7\n\t" /* W3 */
            "lsls   r6, r6, #12\n\t" PIXEL("r7", 7)
            "adds   r6, r6, r7\n\t" /* W4 */
            "stmia  r1!, {r2-r6}\n\t"
            "add    r8, r2\n\t"
            "add    r9, r3\n\t"
            "add    r10, r4\n\t"
            "add    r11, r5\n\t"
            "add    r12, r6\n\t"
            "adds   r0, #1\n\t"
            "cmp    r0, lr\n\t"
            "bne    7b\n\t"
            "str    r1, [sp, #40]\n\t"
            "ldr    r0, [sp, #36]\n\t"
            "cmp    r0, #0\n\t"
            "bne    1b\n\t"
            "ldr    r0, [sp, #32]\n\t"
            "ldr    r0, [r0, " TO_WORDS "]\n\t"
            "mov    r1, r8\n\t"
            "mov    r2, r9\n\t"
            "mov    r3, r10\n\t"
            "mov    r4, r11\n\t"
            "mov    r5, r12\n\t"
            "stmia  r0!, {r1-r5}\n\t"
            "add    sp, #52\n\t" NNQ_RESTORE);
}

#endif
