/* SPDX-License-Identifier: Apache-2.0
 * conv2d for Armv6-M; conv2d_armv6m_layout.c has its constants.
 *
 * Eight output pixels are computed together in five words. A sum of 20 bits is known as soon as it is known modulo 2^20,
 * and eight of those are 5 * 32 bits. So what a tap reads in eight windows, p0 .. p7, is staged as
 *
 *     W0 = p0 + p1 << 20                 W1 = p2 + p1 << 12 + p3 << 20      W2 = p4 + p3 << 16
 *     W3 = p5 + p3 << 12 + p6 << 20      W4 = p7 + p6 << 12
 *
 * modulo 2^32, and five products with a weight advance eight sums: 12 instructions for 8 multiplications, with the loads
 * of words and weight. As long as |sum| < 2^19, that is in a slice of taps whose weights add up to at most 4095, the eight
 * sums can be read out of the five at the end: DECODE below. Sums of several slices are added up in scratch.
 *
 * Weights are stored as w + 128, because LDRB has an immediate offset and LDRSB has none: the five sums start at -128 times
 * the sum of their words.
 */
#include "../shape.h"

#if NNQ_ISA_ARMV6M

#include "channel_armv6m.h"
#include "conv2d_armv6m.h"

/* --- Staging --- */

/* r0 tap, r1 words, r2-r6 W0, W1, W3, W2, W4 in this order in memory, r7 and the next of these free; r8-r12 sums, lr taps;
 * on the stack: eight windows, the address of the sums. */
#define PIXEL(to, place) "ldr    " to ", [sp, #" place "]\n\tldrsb  " to ", [" to ", r0]\n\t"

/* Five words for each of `count` taps of eight windows, which are added to the five sums: 39 instructions a tap. */
__attribute__((naked, noinline)) static void stage_taps(NNQ_UNUSED const int8_t *const windows[8],
                                                        NNQ_UNUSED uint32_t *words, NNQ_UNUSED uint32_t count,
                                                        NNQ_UNUSED uint32_t sums[5]) {
    __asm__(NNQ_SAVE
            "mov    lr, r2\n\t"
            "push   {r3}\n\t"
            "ldmia  r3!, {r4-r7}\n\t"
            "mov    r8, r4\n\t"
            "mov    r9, r5\n\t"
            "mov    r10, r6\n\t"
            "mov    r11, r7\n\t"
            "ldr    r3, [r3]\n\t"
            "mov    r12, r3\n\t"
            "sub    sp, #32\n\t"
            "mov    r7, sp\n\t"
            "ldmia  r0!, {r3-r6}\n\t"
            "stmia  r7!, {r3-r6}\n\t"
            "ldmia  r0!, {r3-r6}\n\t"
            "stmia  r7!, {r3-r6}\n\t"
            "movs   r0, #0\n"
            "1:\n\t"
            PIXEL("r2", "0") PIXEL("r3", "4")
            "lsls   r4, r3, #20\n\t"
            "adds   r2, r2, r4\n\t" /* W0 */
            "lsls   r3, r3, #12\n\t" PIXEL("r4", "8")
            "adds   r3, r3, r4\n\t" PIXEL("r4", "12")
            "lsls   r5, r4, #20\n\t"
            "adds   r3, r3, r5\n\t" /* W1 */
            "lsls   r5, r4, #16\n\t" PIXEL("r6", "16")
            "adds   r5, r5, r6\n\t" /* W2 */
            "lsls   r4, r4, #12\n\t" PIXEL("r6", "20")
            "adds   r4, r4, r6\n\t" PIXEL("r6", "24")
            "lsls   r7, r6, #20\n\t"
            "adds   r4, r4, r7\n\t" /* W3 */
            "lsls   r6, r6, #12\n\t" PIXEL("r7", "28")
            "adds   r6, r6, r7\n\t" /* W4 */
            "stmia  r1!, {r2-r6}\n\t"
            "add    r8, r2\n\t"
            "add    r9, r3\n\t"
            "add    r10, r4\n\t"
            "add    r11, r5\n\t"
            "add    r12, r6\n\t"
            "adds   r0, #1\n\t"
            "cmp    r0, lr\n\t"
            "bne    1b\n\t"
            "add    sp, #32\n\t"
            "pop    {r0}\n\t"
            "mov    r1, r8\n\t"
            "mov    r2, r9\n\t"
            "mov    r3, r10\n\t"
            "mov    r4, r11\n\t"
            "mov    r5, r12\n\t"
            "stmia  r0!, {r1-r5}\n\t" NNQ_RESTORE);
}

/* --- A slice of taps for a group of channels --- */

typedef struct pass {
    int8_t *outputs[8]; /* of the group's first channel, by pixel */
    uint32_t *words;    /* five sums of words, then the words */
    const uint32_t *words_end;
    const uint8_t *weights; /* of the first channel, less those that its first round of eight does not have */
    uint32_t skip;          /* from behind a channel's weights in the slice to the next channel's */
    uint32_t entry;         /* bytes of the loop that are skipped in the first round */
    const uint8_t *record;
    int32_t *sums; /* between slices, eight a channel */
    uint32_t sums_step;
    uint32_t channels;
    uint32_t mode;
    uint32_t away;
} pass;

enum { MODE_ONLY = 0, MODE_LAST = 4, MODE_FIRST = 8, MODE_MIDDLE = 12, ROUND = 8, ROUND_TAP_BYTES = 24 };

/* Offsets from the stack pointer: of the members of pass, then the channel and eight sums. */
#define WORDS "#32"
#define WORDS_END "#36"
#define WEIGHTS "#40"
#define SKIP "#44"
#define ENTRY "#48"
#define RECORD "#52"
#define SUMS "#56"
#define SUMS_STEP "#60"
#define CHANNELS "#64"
#define MODE "#68"
#define AWAY "#72"
#define CHANNEL "#76"
#define KEPT 80
#define FRAME "#112"

/* r0 words, r1 weights, r2 weight, r3-r7 words W0, W1, W3, W2, W4, r8-r12 their sums, lr end of words. */
#define TAP(i)                                                                                                         \
    "ldrb   r2, [r1, #" #i "]\n\t"                                                                                     \
    "ldmia  r0!, {r3-r7}\n\t"                                                                                          \
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

/* r3 = the low 20 bits of which are a sum of pixel 0, 2, 4, 5 or 7: r0 = that sum. */
#define LOW                                                                                                            \
    "lsls   r0, r3, #12\n\t"                                                                                           \
    "asrs   r0, r0, #12\n\t"

/* The eight sums: EMIT(i) gets that of pixel i in r0 and may change r1 and r2. r6 record, r7 channel or sums.
 * Each word's low 20 bits are a sum once what other sums add there is known from the word before it; r3 carries that. */
#define DECODE(EMIT)                                                                                                   \
    "mov    r3, r8\n\t" LOW                                                                                            \
    "subs   r3, r3, r0\n\t" EMIT(0)                                                                                    \
    "lsrs   r3, r3, #8\n\t" /* S1 << 12, low 12 bits of S1 */                                                          \
    "mov    r4, r9\n\t"                                                                                                \
    "subs   r3, r4, r3\n\t" LOW                                                                                        \
    "subs   r4, r4, r0\n\t" /* S1 << 12 + S3 << 20 */                                                                  \
    "subs   r3, r3, r0\n\t" EMIT(2)                                                                                    \
    "lsls   r3, r3, #8\n\t"                                                                                            \
    "lsrs   r3, r3, #12\n\t" /* S3 << 16, low 4 bits of S3 */                                                          \
    "mov    r1, r11\n\t"                                                                                               \
    "subs   r3, r1, r3\n\t" LOW                                                                                        \
    "subs   r3, r1, r0\n\t" EMIT(4)                                                                                    \
    "lsrs   r3, r3, #4\n\t" /* S3 << 12, low 16 bits of S3 */                                                          \
    "mov    r5, r10\n\t"                                                                                               \
    "subs   r3, r5, r3\n\t" LOW                                                                                        \
    "subs   r5, r5, r0\n\t" /* S3 << 12 + S6 << 20 */                                                                  \
    "subs   r3, r3, r0\n\t" EMIT(5)                                                                                    \
    "lsls   r3, r3, #4\n\t"                                                                                            \
    "lsrs   r3, r3, #12\n\t" /* S6 << 12, low 8 bits of S6 */                                                          \
    "mov    r1, r12\n\t"                                                                                               \
    "subs   r3, r1, r3\n\t" LOW                                                                                        \
    "subs   r3, r1, r0\n\t" EMIT(7)                                                                                    \
    "asrs   r0, r3, #12\n\t" EMIT(6)                                                                                   \
    "lsls   r3, r3, #8\n\t"                                                                                            \
    "subs   r5, r5, r3\n\t"                                                                                            \
    "asrs   r0, r5, #12\n\t" EMIT(3)                                                                                   \
    "lsls   r5, r5, #8\n\t"                                                                                            \
    "subs   r4, r4, r5\n\t"                                                                                            \
    "asrs   r0, r4, #12\n\t" EMIT(1)

/* For slices that others follow: r7 sums. */
#define KEEP_FIRST(i)                                                                                                  \
    "ldr    r1, [r6]\n\t"                                                                                              \
    "adds   r0, r0, r1\n\t"                                                                                            \
    "str    r0, [r7, #4 * " #i "]\n\t"
#define KEEP(i)                                                                                                        \
    "ldr    r1, [r7, #4 * " #i "]\n\t"                                                                                 \
    "adds   r0, r0, r1\n\t"                                                                                            \
    "str    r0, [r7, #4 * " #i "]\n\t"

/* An output of a channel of kind NNQ_RELU from r0 + r1. r7 channel. */
#define OUTPUT_RELU(i)                                                                                                 \
    "adds   r0, r0, r1\n\t"                                                                                            \
    "bgt    1f\n\t"                                                                                                    \
    "movs   r0, #128\n\t"                                                                                              \
    "b      2f\n"                                                                                                      \
    "1:\n\t" NNQ_SCALE_RELU                                                                                            \
    "cmp    r0, #127\n\t"                                                                                              \
    "ble    2f\n\t"                                                                                                    \
    "movs   r0, #127\n"                                                                                                \
    "2:\n\t"                                                                                                           \
    "ldr    r1, [sp, #4 * " #i "]\n\t"                                                                                 \
    "strb   r0, [r1, r7]\n\t"
#define OUTPUT_ONLY(i) "ldr    r1, [r6]\n\t" OUTPUT_RELU(i)
#define OUTPUT_LAST(i) "ldr    r1, [sp, #80 + 4 * " #i "]\n\t" OUTPUT_RELU(i)

/* 12 instructions a tap and 3 for each 8 taps; around that for eight outputs of a channel some 25, 39 to separate sums, and
 * for each output 21 or, below the zero point, 7 where its kind is NNQ_RELU, else some 35. */
__attribute__((naked, noinline)) static void run_pass(NNQ_UNUSED const pass *at) {
    __asm__(NNQ_SAVE
            "sub    sp, " FRAME "\n\t"
            "mov    r1, sp\n\t"
            "ldmia  r0!, {r2-r7}\n\t"
            "stmia  r1!, {r2-r7}\n\t"
            "ldmia  r0!, {r2-r7}\n\t"
            "stmia  r1!, {r2-r7}\n\t"
            "ldmia  r0!, {r2-r7}\n\t"
            "stmia  r1!, {r2-r7}\n\t"
            "ldr    r2, [r0]\n\t"
            "movs   r3, #0\n\t"
            "stmia  r1!, {r2, r3}\n\t"
            /* The sums of words become where sums of products start. */
            "ldr    r0, [sp, " WORDS "]\n\t"
            "mov    r1, r0\n\t"
            "ldmia  r0!, {r2-r6}\n\t"
            "lsls   r2, r2, #7\n\t"
            "lsls   r3, r3, #7\n\t"
            "lsls   r4, r4, #7\n\t"
            "lsls   r5, r5, #7\n\t"
            "lsls   r6, r6, #7\n\t"
            "rsbs   r2, r2, #0\n\t"
            "rsbs   r3, r3, #0\n\t"
            "rsbs   r4, r4, #0\n\t"
            "rsbs   r5, r5, #0\n\t"
            "rsbs   r6, r6, #0\n\t"
            "stmia  r1!, {r2-r6}\n\t"
            "ldr    r0, [sp, " WORDS_END "]\n\t"
            "mov    lr, r0\n"
            "10:\n\t" /* a channel */
            "ldr    r0, [sp, " WORDS "]\n\t"
            "ldmia  r0!, {r3-r7}\n\t"
            "mov    r8, r3\n\t"
            "mov    r9, r4\n\t"
            "mov    r10, r5\n\t"
            "mov    r11, r6\n\t"
            "mov    r12, r7\n\t"
            "ldr    r1, [sp, " WEIGHTS "]\n\t"
            "ldr    r2, [sp, " ENTRY "]\n\t"
            "add    pc, r2\n\t"
            "nop\n"
            "11:\n\t" TAP(0) TAP(1) TAP(2) TAP(3) TAP(4) TAP(5) TAP(6) TAP(7)
            "adds   r1, #8\n\t"
            "cmp    r0, lr\n\t"
            "bne    11b\n\t"
            "ldr    r2, [sp, " SKIP "]\n\t"
            "adds   r1, r1, r2\n\t"
            "str    r1, [sp, " WEIGHTS "]\n\t"
            "ldr    r6, [sp, " RECORD "]\n\t"
            "ldr    r7, [sp, " CHANNEL "]\n\t"
            "ldrb   r1, [r6, #14]\n\t" /* kind */
            "ldr    r2, [sp, " MODE "]\n\t"
            "adds   r1, r1, r2\n\t"
            "add    pc, r1\n\t"
            "nop\n\t"
            "b      20f\n\t" /* the only slice, NNQ_ANY */
            "b      22f\n\t" /* NNQ_RELU */
            "b      21f\n\t" /* the last one */
            "b      23f\n\t"
            "b      20f\n\t" /* the first one */
            "b      20f\n\t"
            "b      21f\n\t" /* one between */
            "b      21f\n"
            "22:\n\t" DECODE(OUTPUT_ONLY)
            "12:\n\t" /* the next channel */
            "adds   r6, #16\n\t"
            "str    r6, [sp, " RECORD "]\n\t"
            "adds   r7, #1\n\t"
            "str    r7, [sp, " CHANNEL "]\n\t"
            "ldr    r0, [sp, " CHANNELS "]\n\t"
            "cmp    r7, r0\n\t"
            "beq    13f\n\t"
            "b      10b\n"
            "13:\n\t"
            "add    sp, " FRAME "\n\t" NNQ_RESTORE "\n"
            "23:\n\t"
            "ldr    r0, [sp, " SUMS "]\n\t"
            "add    r1, sp, #80\n\t"
            "ldmia  r0!, {r2-r5}\n\t"
            "stmia  r1!, {r2-r5}\n\t"
            "ldmia  r0!, {r2-r5}\n\t"
            "stmia  r1!, {r2-r5}\n\t"
            "str    r0, [sp, " SUMS "]\n\t" DECODE(OUTPUT_LAST)
            "b      12b\n"
            "20:\n\t"
            "ldr    r7, [sp, " SUMS "]\n\t" DECODE(KEEP_FIRST)
            "b      24f\n"
            "21:\n\t"
            "ldr    r7, [sp, " SUMS "]\n\t" DECODE(KEEP)
            "24:\n\t"
            "mov    r3, r7\n\t"
            "ldr    r1, [sp, " SUMS_STEP "]\n\t"
            "adds   r1, r1, r7\n\t"
            "str    r1, [sp, " SUMS "]\n\t"
            "ldr    r7, [sp, " CHANNEL "]\n\t"
            "ldr    r1, [sp, " MODE "]\n\t"
            "cmp    r1, #8\n\t"
            "blo    24f\n\t"
            "b      12b\n"
            "24:\n\t"
            /* Outputs of a channel of kind NNQ_ANY. r3 sums, r4 and r5 outputs, r6 record, r7 channel. */
            "mov    r4, sp\n\t"
            "movs   r5, #32\n\t"
            "add    r5, sp\n"
            "25:\n\t"
            "ldmia  r3!, {r0}\n\t" NNQ_SCALE_ANY
            "ldr    r1, [sp, " AWAY "]\n\t"
            "cmp    r1, #0\n\t"
            "beq    1f\n\t"
            "adds   r0, #64\n\t"
            "bpl    1f\n\t"
            "subs   r0, #128\n"
            "1:\n\t" NNQ_SHIFT_ANY
            "ldmia  r4!, {r1}\n\t"
            "strb   r0, [r1, r7]\n\t"
            "cmp    r4, r5\n\t"
            "bne    25b\n\t"
            "b      12b\n\t");
}

/* --- The map --- */

/* Where a pixel's window is: its first byte counted from the input's, and its first row and column. */
typedef struct place {
    int32_t offset;
    int32_t y;
    int32_t x;
} place;

typedef struct map {
    const nnq_shape *shape;
    const int8_t *input;
    const int8_t *padding;
    place *places; /* of eight pixels */
    int32_t row;   /* bytes of an input row */
    int32_t is_inside; /* all eight windows, as far as columns go */
} map;

/* A place in a window. */
typedef struct cursor {
    int32_t y;
    int32_t x;
    int32_t channel;
} cursor;

/* Addresses of taps that begin at the cursor, in eight windows. */
static void find_windows(const map *at, const cursor *to, const int8_t *windows[8]) {
    const int32_t offset = to->y * at->row + to->x * at->shape->in_channels + to->channel;
    const uint32_t height = at->shape->in_height;
    const uint32_t width = at->shape->in_width;
    const place *from = at->places;
    for (const int8_t **end = windows + 8; windows < end; windows++, from++) {
        const int32_t is_inside = (uint32_t)(from->y + to->y) < height && (uint32_t)(from->x + to->x) < width;
        *windows = is_inside ? at->input + from->offset + offset : at->padding;
    }
}

/* Stages taps from the cursor on, and moves it behind them. */
static void stage(const map *at, cursor *to, uint32_t *words, int32_t count) {
    const nnq_shape *shape = at->shape;
    const int8_t *windows[8];
    uint32_t *sums = words;
    words += 5;
    for (int32_t i = 0; i < 5; i++) {
        sums[i] = 0;
    }
    while (count > 0) {
        const int32_t columns = at->is_inside ? shape->kernel_width - to->x : 1;
        const int32_t left = columns * shape->in_channels - to->channel;
        const int32_t run = left < count ? left : count;
        find_windows(at, to, windows);
        stage_taps(windows, words, (uint32_t)run, sums);
        words += 5 * run;
        count -= run;
        to->channel += run;
        while (to->channel >= shape->in_channels) {
            to->channel -= shape->in_channels;
            to->x++;
        }
        if (to->x == shape->kernel_width) {
            to->x = 0;
            to->y++;
        }
    }
}

/* The pixel that follows, as far as there is one. */
typedef struct walk {
    place window;
    int32_t column;
    int32_t left; /* pixels */
    int8_t *output;
} walk;

static void advance(const nnq_shape *shape, walk *at) {
    if (--at->left <= 0) {
        return;
    }
    at->output += shape->out_channels;
    at->window.x += shape->stride_width;
    at->window.offset += shape->stride_width * shape->in_channels;
    if (++at->column == shape->out_width) {
        const int32_t step = shape->stride_height * shape->in_width - shape->stride_width * shape->out_width;
        at->column = 0;
        at->window.x = -shape->pad_left;
        at->window.y += shape->stride_height;
        at->window.offset += step * shape->in_channels;
    }
}

void nnq_conv2d_armv6m(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                       uint8_t *scratch) {
    const uint32_t taps = nnq_taps_armv6m(shape);
    const uint32_t slice = (uint32_t)nnq_load_u16(constants);
    const uint32_t group = nnq_group_armv6m(shape, slice);
    uint8_t *padding = scratch + nnq_slices_bytes_armv6m(shape);
    const uint32_t padding_bytes = nnq_padding_bytes_armv6m(shape);
    pass run;
    map from = {shape, input, (const int8_t *)padding, (place *)(void *)(padding + padding_bytes),
                shape->in_width * shape->in_channels, 0};
    walk next = {{0, -shape->pad_top, -shape->pad_left}, 0, shape->out_height * shape->out_width, output};
    next.window.offset = (next.window.y * shape->in_width + next.window.x) * shape->in_channels;
    memset(padding, (uint8_t)shape->in_zero_point, padding_bytes);
    run.away = shape->away;
    run.words = (uint32_t *)(void *)scratch;
    while (next.left > 0) {
        from.is_inside = 1;
        for (int32_t i = 0; i < 8; i++) {
            from.places[i] = next.window;
            from.is_inside &= next.window.x >= 0 && next.window.x + shape->kernel_width <= shape->in_width;
            run.outputs[i] = next.output;
            advance(shape, &next);
        }
        for (uint32_t channel = 0; channel < shape->out_channels; channel += group) {
            cursor to = {0, 0, 0};
            const uint32_t channels = nnq_least_armv6m(group, shape->out_channels - channel);
            run.channels = channels;
            for (uint32_t tap = 0; tap < taps; tap += slice) {
                const uint32_t count = nnq_least_armv6m(slice, taps - tap);
                const uint32_t missing = (0 - count) & (ROUND - 1);
                stage(&from, &to, run.words, (int32_t)count);
                run.words_end = run.words + 5 * (count + 1);
                run.record = constants + 4 + NNQ_RECORD_BYTES * channel;
                run.weights = constants + 4 + (uint32_t)NNQ_RECORD_BYTES * shape->out_channels + channel * taps + tap - missing;
                run.skip = taps - count - missing;
                run.entry = missing * ROUND_TAP_BYTES;
                run.sums = (int32_t *)(void *)(scratch + nnq_words_bytes_armv6m(slice));
                run.sums_step = slice == taps ? 0 : NNQ_SUMS_BYTES;
                run.mode = (tap == 0 ? MODE_FIRST : MODE_MIDDLE) - (tap + count == taps ? 8u : 0u);
                run_pass(&run);
            }
            for (int32_t i = 0; i < 8; i++) {
                run.outputs[i] += channels;
            }
        }
    }
}

#endif
