/* SPDX-License-Identifier: Apache-2.0
 * Depthwise convolution of any window for Armv7E-M, four channels at a time; depthwise_dsp_layout.c has its constants.
 */
#include "../shape.h"

#if NNQ_ISA_DSP

#include "assembly.h"

enum { HEAD = 48 };

/* Taps of a window. The assembly below knows the offsets. */
typedef struct patch {
    int32_t rows;        /*  0 */
    int32_t columns;     /*  4: neither is 0 */
    int32_t step;        /*  8: from input column to column, in bytes */
    int32_t skip;        /* 12: and from the last one of a row to the next row */
    int32_t weight_skip; /* 16: the same for weights */
} patch;

/* acc[n] += the sum of input[n] * weights[n] over a patch, n = 0 .. 3: 22 instructions for 8 multiply-accumulates.
 *     r0 patch  r1 input  r2 weights  r3 columns left  r4 .. r7 sums  r8, r9 inputs  r10, r11 weights  r12 step  lr rows left
 *     sp acc */
NNQ_ASSEMBLY void add_patch(NNQ_REGISTER int32_t *acc, NNQ_REGISTER const int8_t *input,
                            NNQ_REGISTER const uint8_t *weights, NNQ_REGISTER const patch *at) {
    __asm__("push {r0, r4-r11, lr}\n"
            "ldm r0, {r4-r7}\n"
            "mov r0, r3\n"
            "ldr lr, [r0]\n"
            "ldr r12, [r0, #8]\n"
            "1: ldr r3, [r0, #4]\n"
            "subs r3, r3, #2\n"
            "blt 3f\n"
/* One tap of four channels, input in r8 and weights in `w`. */
#define TAP(x, w)                                                                                                      \
    "sxtb16 r9, " x "\n"                                                                                               \
    "sxtb16 " x ", " x ", ror #8\n"                                                                                    \
    "sxtb16 r11, " w "\n"                                                                                              \
    "sxtb16 " w ", " w ", ror #8\n"                                                                                    \
    "smlabb r4, r9, r11, r4\n"                                                                                         \
    "smlabb r5, " x ", " w ", r5\n"                                                                                    \
    "smlatt r6, r9, r11, r6\n"                                                                                         \
    "smlatt r7, " x ", " w ", r7\n"
            "2: ldr r8, [r1]\n"
            "ldr r10, [r2], #4\n"
            TAP("r8", "r10")
            "ldr r8, [r1, r12]\n"
            "ldr r10, [r2], #4\n"
            "add r1, r1, r12, lsl #1\n"
            TAP("r8", "r10")
            "subs r3, r3, #2\n"
            "bge 2b\n"
            "3: adds r3, r3, #1\n"
            "bne 4f\n"
            "ldr r8, [r1]\n"
            "ldr r10, [r2], #4\n"
            "add r1, r1, r12\n"
            TAP("r8", "r10")
            "4: ldrd r8, r9, [r0, #12]\n"
            "add r1, r1, r8\n"
            "add r2, r2, r9\n"
            "subs lr, lr, #1\n"
            "bne 1b\n"
            "pop {r0}\n"
            "stm r0, {r4-r7}\n"
            "pop {r4-r11, pc}\n");
#undef TAP
}

/* The same for less than four channels, whose words would reach beyond the map. */
static void add_patch_of(int32_t channels, int32_t *acc, const int8_t *input, const uint8_t *weights, const patch *at) {
    for (int32_t i = 0; i < at->rows; i++) {
        for (int32_t j = 0; j < at->columns; j++) {
            for (int32_t n = 0; n < channels; n++) {
                acc[n] += input[n] * (int8_t)weights[n];
            }
            input += at->step;
            weights += 4;
        }
        input += at->skip;
        weights += at->weight_skip;
    }
}

/* A window: the taps inside of the map, and where they begin. */
typedef struct window {
    const nnq_shape *shape;
    patch inside;
    int32_t top;  /* taps before them */
    int32_t left;
    uint32_t padding; /* four zero points */
} window;

static void add(const window *at, int32_t *acc, const int8_t *input, const uint8_t *weights, const patch *of) {
    if (at->shape->in_channels < 4) {
        add_patch_of(at->shape->in_channels, acc, input, weights, of);
    } else {
        add_patch(acc, input, weights, of);
    }
}

/* The taps outside of the map: above, below, to the left and to the right. */
static void add_padding(const window *at, int32_t *acc, const uint8_t *weights) {
    const int32_t height = at->shape->kernel_height;
    const int32_t width = at->shape->kernel_width;
    const patch *in = &at->inside;
    const int32_t below = at->top + in->rows;
    const int32_t right = at->left + in->columns;
    const struct {
        int32_t first;
        int32_t rows;
        int32_t columns;
    } parts[4] = {{0, at->top, width},
                  {below * width, height - below, width},
                  {at->top * width, in->rows, at->left},
                  {at->top * width + right, in->rows, width - right}};
    for (int32_t i = 0; i < 4; i++) {
        const patch of = {parts[i].rows, parts[i].columns, 0, 0, 4 * (width - parts[i].columns)};
        if (of.rows > 0 && of.columns > 0) {
            add(at, acc, (const int8_t *)&at->padding, weights + 4 * parts[i].first, &of);
        }
    }
}

/* One pixel of four channels, of which lanes `first` .. `end` - 1 are stored. */
static void compute(const window *at, const uint8_t *constants, const int8_t *input, int8_t *output, int32_t first,
                    int32_t end) {
    const int32_t *const head = (const int32_t *)(const void *)constants;
    const int32_t width = at->shape->kernel_width;
    int32_t acc[4];
    for (int32_t n = 0; n < 4; n++) {
        acc[n] = head[n] >> 8;
    }
    add(at, acc, input, constants + HEAD + 4 * (at->top * width + at->left), &at->inside);
    if (at->inside.rows < at->shape->kernel_height || at->inside.columns < width) {
        add_padding(at, acc, constants + HEAD);
    }
    for (int32_t n = first; n < end; n++) {
        const nnq_high_scale scale = {head[4 + n], head[8 + n], head[n] & 255};
        const int32_t value = nnq_scale_high(acc[n], &scale, at->shape->away);
        output[n] = (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
    }
}

static int32_t least(int32_t a, int32_t b) {
    return a < b ? a : b;
}

void nnq_depthwise_dsp(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                       uint8_t *scratch) {
    const int32_t channels = shape->in_channels;
    const int32_t group = HEAD + 4 * shape->kernel_height * shape->kernel_width;
    window at;
    (void)scratch;
    at.shape = shape;
    at.padding = (uint8_t)shape->in_zero_point * 0x01010101u;
    at.inside.step = channels;
    for (int32_t y = 0; y < shape->out_height; y++) {
        const int32_t top = y * shape->stride_height - shape->pad_top;
        at.top = top < 0 ? -top : 0;
        at.inside.rows = least(shape->kernel_height, shape->in_height - top) - at.top;
        for (int32_t x = 0; x < shape->out_width; x++) {
            const int32_t left = x * shape->stride_width - shape->pad_left;
            at.left = left < 0 ? -left : 0;
            at.inside.columns = least(shape->kernel_width, shape->in_width - left) - at.left;
            at.inside.skip = (shape->in_width - at.inside.columns) * channels;
            at.inside.weight_skip = 4 * (shape->kernel_width - at.inside.columns);
            const int8_t *from = input + ((top + at.top) * shape->in_width + left + at.left) * channels;
            const uint8_t *lanes = constants;
            for (int32_t c = 0; c < channels; c += 4, lanes += group) {
                const int32_t base = channels < 4 ? 0 : least(c, channels - 4);
                compute(&at, lanes, from + base, output + base, c - base, channels < 4 ? channels : 4);
            }
            output += channels;
        }
    }
}

#endif
