/* SPDX-License-Identifier: Apache-2.0
 * conv2d for Armv6-M; conv2d_armv6m_layout.c has its constants.
 *
 * Eight output pixels are computed together in five words. A sum of 20 bits is known as soon as it is known modulo
 * 2^20, and eight of those are 5 * 32 bits. So what a tap reads in the windows of pixels 0 .. 7, p0 .. p7, is staged as
 *
 *     W0 = p0 + p1 << 20                 W1 = p2 + p1 << 12 + p3 << 20      W2 = p4 + p3 << 16
 *     W3 = p5 + p3 << 12 + p6 << 20      W4 = p7 + p6 << 12
 *
 * modulo 2^32, and five products with a weight advance eight sums: 12 instructions for 8 multiplications, with the
 * loads of words and weight. While |sum| < 2^19, that is in a slice of taps whose |w| add up to at most 4095, the eight
 * sums can be read out of the five: DECODE below. Sums of several slices are added up in scratch.
 *
 * Weights are stored as w + 128, because LDRB has an immediate offset and LDRSB has none. The five sums start at -128
 * times the sum of their words for that, which is the same for all channels.
 */
#include "../shape.h"

#if NNQ_ISA_ARMV6M

#include "channel_armv6m.h"
#include "conv2d_armv6m.h"
#include "windows_armv6m.h"

/* --- A slice of taps for a group of channels --- */

typedef struct pass {
    int8_t *outputs[8]; /* of the group's first channel, by pixel */
    uint32_t *words;    /* five sums of words, then the words */
    const uint32_t *words_end;
    const uint8_t *weights; /* of the first channel, less those that its first round of eight does not have */
    int32_t skip;           /* from behind a channel's weights in the slice to the next channel's */
    int32_t entry;          /* bytes of the loop that are skipped in the first round */
    const uint8_t *record;
    int32_t *sums; /* between slices, eight a channel */
    int32_t sums_step;
    int32_t channels;
    int32_t mode;
    int32_t away;
} pass;

/* Slices by mode: bit 2 says that others follow, bit 3 that others went before. */
enum { MODE_ONLY = 0, MODE_FIRST = 4, MODE_LAST = 8, MODE_BETWEEN = 12, ROUND_TAPS = 8, ROUND_TAP_BYTES = 24 };

/* Offsets from the stack pointer: of the members of pass, then the channel. */
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
#define FRAME "#80"

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

/* r0 = the sum that the low 20 bits of r3 are. */
#define LOW                                                                                                            \
    "lsls   r0, r3, #12\n\t"                                                                                           \
    "asrs   r0, r0, #12\n\t"

/* The eight sums S0 .. S7: EMIT(i) gets Si in r0 and may change r1 and r2; r6 and r7 are its own. The low 20 bits of
 * each word are a sum of its own, once is taken off what the word before says of the low bits of a sum that both share:
 * r3 has that. At the end the shared sums remain alone in their words, from the last one to the first. */
#define DECODE(EMIT)                                                                                                   \
    "mov    r3, r8\n\t" LOW                                                                                            \
    "subs   r3, r3, r0\n\t" EMIT(0)                                                                                    \
    "lsrs   r3, r3, #8\n\t" /* the low 12 bits of S1, << 12 */                                                         \
    "mov    r4, r9\n\t"                                                                                                \
    "subs   r3, r4, r3\n\t" LOW                                                                                        \
    "subs   r4, r4, r0\n\t" /* S1 << 12 + S3 << 20 */                                                                  \
    "subs   r3, r3, r0\n\t" EMIT(2)                                                                                    \
    "lsls   r3, r3, #8\n\t"                                                                                            \
    "lsrs   r3, r3, #12\n\t" /* the low 4 bits of S3, << 16 */                                                         \
    "mov    r1, r11\n\t"                                                                                               \
    "subs   r3, r1, r3\n\t" LOW                                                                                        \
    "subs   r3, r1, r0\n\t" EMIT(4)                                                                                    \
    "lsrs   r3, r3, #4\n\t" /* the low 16 bits of S3, << 12 */                                                         \
    "mov    r5, r10\n\t"                                                                                               \
    "subs   r3, r5, r3\n\t" LOW                                                                                        \
    "subs   r5, r5, r0\n\t" /* S3 << 12 + S6 << 20 */                                                                  \
    "subs   r3, r3, r0\n\t" EMIT(5)                                                                                    \
    "lsls   r3, r3, #4\n\t"                                                                                            \
    "lsrs   r3, r3, #12\n\t" /* the low 8 bits of S6, << 12 */                                                         \
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

/* An output of a channel of kind NNQ_RELU. r7 channel. */
#define OUTPUT(i)                                                                                                      \
    "ldr    r1, [r6]\n\t"                                                                                              \
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

/* Otherwise sums are kept. r7 sums. */
#define KEEP(i)                                                                                                        \
    "ldr    r1, [r7, #4 * " #i "]\n\t"                                                                                 \
    "adds   r0, r0, r1\n\t"                                                                                            \
    "str    r0, [r7, #4 * " #i "]\n\t"

/* A tap takes 12 instructions, a round of eight taps 3 more. Around that, for eight outputs of a channel: 31, and 39 to
 * read the sums. Then an output takes 21, or 7 where it is -128, if there is one slice and the channel is of kind
 * NNQ_RELU; else 3 or 4 for each slice, and in the end 24 or 9 of kind NNQ_RELU, some 33 of NNQ_ANY. */
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
            "movs   r7, #128\n\t"
            "rsbs   r7, r7, #0\n\t"
            "muls   r2, r7, r2\n\t"
            "muls   r3, r7, r3\n\t"
            "muls   r4, r7, r4\n\t"
            "muls   r5, r7, r5\n\t"
            "muls   r6, r7, r6\n\t"
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
            "ldrb   r1, [r6, #14]\n\t" /* kind */
            "ldr    r2, [sp, " MODE "]\n\t"
            "adds   r1, r1, r2\n\t"
            "cmp    r1, #2\n\t" /* NNQ_RELU, MODE_ONLY */
            "beq    12f\n\t"
            "b      20f\n"
            "12:\n\t"
            "ldr    r7, [sp, " CHANNEL "]\n\t" DECODE(OUTPUT)
            "13:\n\t" /* the next channel */
            "adds   r6, #16\n\t"
            "str    r6, [sp, " RECORD "]\n\t"
            "adds   r7, #1\n\t"
            "str    r7, [sp, " CHANNEL "]\n\t"
            "ldr    r0, [sp, " CHANNELS "]\n\t"
            "cmp    r7, r0\n\t"
            "beq    14f\n\t"
            "b      10b\n"
            "14:\n\t"
            "add    sp, " FRAME "\n\t" NNQ_RESTORE "\n"
            "20:\n\t"
            "ldr    r7, [sp, " SUMS "]\n\t"
            "cmp    r2, #8\n\t"
            "bhs    21f\n\t"
            "ldr    r0, [r6]\n\t" /* the bias */
            "mov    r1, r0\n\t"
            "mov    r2, r0\n\t"
            "mov    r3, r0\n\t"
            "mov    r4, r7\n\t"
            "stmia  r4!, {r0-r3}\n\t"
            "stmia  r4!, {r0-r3}\n"
            "21:\n\t" DECODE(KEEP)
            "mov    r3, r7\n\t"
            "ldr    r1, [sp, " SUMS_STEP "]\n\t"
            "adds   r1, r1, r7\n\t"
            "str    r1, [sp, " SUMS "]\n\t"
            "ldr    r7, [sp, " CHANNEL "]\n\t"
            "ldr    r1, [sp, " MODE "]\n\t"
            "lsrs   r1, r1, #3\n\t"
            "bcs    13b\n\t"
            /* Outputs of the sums. r3 sums, r4 and r5 outputs, r6 record, r7 channel. */
            "mov    r4, sp\n\t"
            "movs   r5, #32\n\t"
            "add    r5, sp\n\t"
            "ldrb   r1, [r6, #14]\n\t" /* kind */
            "cmp    r1, #0\n\t"
            "beq    25f\n"
            "22:\n\t"
            "ldmia  r3!, {r0}\n\t"
            "cmp    r0, #0\n\t"
            "bgt    23f\n\t"
            "movs   r0, #128\n\t"
            "b      24f\n"
            "23:\n\t" NNQ_SCALE_RELU
            "cmp    r0, #127\n\t"
            "ble    24f\n\t"
            "movs   r0, #127\n"
            "24:\n\t"
            "ldmia  r4!, {r1}\n\t"
            "strb   r0, [r1, r7]\n\t"
            "cmp    r4, r5\n\t"
            "bne    22b\n\t"
            "b      13b\n"
            "25:\n\t"
            "ldmia  r3!, {r0}\n\t" NNQ_SCALE_ANY
            "ldr    r1, [sp, " AWAY "]\n\t"
            "cmp    r1, #0\n\t"
            "beq    26f\n\t"
            "adds   r0, #64\n\t"
            "bpl    26f\n\t"
            "subs   r0, #128\n"
            "26:\n\t" NNQ_SHIFT_ANY
            "ldmia  r4!, {r1}\n\t"
            "strb   r0, [r1, r7]\n\t"
            "cmp    r4, r5\n\t"
            "bne    25b\n\t"
            "b      13b\n\t");
}

/* --- The map --- */

/* The kernel's own state, in scratch. */
typedef struct state {
    walk pixels;
    cursor to;
    pass run;
} state;

typedef char state_fits[sizeof(state) <= NNQ_STATE_BYTES ? 1 : -1];

/* Before the first pixel. */
static void start(const nnq_shape *shape, walk *at, const int8_t *input, int8_t *output) {
    const int32_t channels = shape->in_channels;
    const int32_t row = shape->in_width * channels;
    const int32_t columns = shape->in_width - shape->kernel_width + 1;
    at->next.y = -shape->pad_top;
    at->next.x = at->x = -shape->pad_left;
    at->next.input = input + at->next.y * row + at->x * channels;
    at->column = 0;
    at->left = shape->out_height * shape->out_width;
    at->output = output;
    at->stride_width = shape->stride_width;
    at->input_step = at->stride_width * channels;
    at->output_step = shape->out_channels;
    at->columns = shape->out_width;
    at->inside = columns < 0 ? 0 : columns;
    at->stride_height = shape->stride_height;
    at->input_row = at->stride_height * row - at->input_step * at->columns;
}

/* The next eight pixels, in run.channels channels from `record` and `weights` on. */
static void run_pixels(const nnq_shape *shape, state *at, const uint8_t *record, const uint8_t *weights,
                       int32_t slice) {
    const int32_t taps = (int32_t)nnq_taps_armv6m(shape);
    const int32_t is_inside = find_windows(&at->pixels, at->to.windows, at->run.outputs);
    at->to.offset = at->to.y = at->to.x = 0;
    at->to.columns = is_inside ? 1 : shape->kernel_width;
    at->to.column_taps = shape->in_channels * (is_inside ? shape->kernel_width : 1);
    at->to.left = at->to.column_taps;
    at->run.mode = MODE_ONLY;
    for (int32_t left = taps; left > 0; left -= slice) {
        const int32_t count = left < slice ? left : slice;
        const int32_t missing = -count & (ROUND_TAPS - 1);
        stage_taps(&at->to, count);
        at->run.words_end = at->run.words + NNQ_TAP_BYTES / 4 * (count + 1);
        at->run.weights = weights + (taps - left) - missing;
        at->run.skip = taps - count - missing;
        at->run.entry = missing * ROUND_TAP_BYTES;
        at->run.record = record;
        at->run.mode = (at->run.mode != MODE_ONLY ? MODE_LAST : MODE_ONLY) + (left > slice ? MODE_FIRST : MODE_ONLY);
        run_pass(&at->run);
    }
}

void nnq_conv2d_armv6m(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                       uint8_t *scratch) {
    const int32_t slice = nnq_load_u16(constants);
    const int32_t group = nnq_load_u16(constants + 2);
    const int32_t channels = shape->out_channels;
    const uint32_t taps = nnq_taps_armv6m(shape);
    const uint32_t padding_bytes = nnq_padding_bytes_armv6m(shape);
    const uint8_t *record = constants + NNQ_CONV2D_HEAD_BYTES;
    const uint8_t *weights = record + NNQ_RECORD_BYTES * channels;
    state *at = (state *)(void *)scratch;
    scratch += NNQ_STATE_BYTES;
    memset(scratch, (uint8_t)shape->in_zero_point, padding_bytes);
    at->to.padding = (const int8_t *)scratch;
    at->to.height = shape->in_height;
    at->to.width = shape->in_width;
    at->to.row_skip = (shape->in_width - shape->kernel_width) * shape->in_channels;
    at->run.words = at->to.words = (uint32_t *)(void *)(scratch + padding_bytes);
    at->run.sums = (int32_t *)(void *)(at->run.words + NNQ_TAP_BYTES / 4 * (slice + 1));
    at->run.sums_step = (uint32_t)slice == taps ? 0 : NNQ_SUMS_BYTES;
    at->run.away = shape->away;
    for (int32_t done = 0; done < channels; done += group) {
        at->run.channels = group < channels - done ? group : channels - done;
        start(shape, &at->pixels, input, output);
        while (at->pixels.left > 0) {
            run_pixels(shape, at, record, weights, slice);
        }
        output += group;
        record += NNQ_RECORD_BYTES * group;
        weights += taps * (uint32_t)group;
    }
}

#endif
