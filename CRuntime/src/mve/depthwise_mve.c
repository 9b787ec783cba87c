/* SPDX-License-Identifier: Apache-2.0
 * depthwise_conv2d of any window for Helium; depthwise_mve_layout.c has its constants.
 *
 * Sixteen channels of a pixel at a time: products of two taps are added in 16 bits, which hold 2 * 128 * 127, and only
 * then widened:
 *
 *     23 instructions for 2 taps x 16 channels: 0.72 a multiply-accumulate
 */
#include "../shape.h"

#if NNQ_ISA_MVE

#include "copies.h"
#include "naked.h"
#include "requant.h"
#include "windows.h"

/* What nnq_depthwise_mve_row works on; it reads and writes fields by their offsets. */
typedef struct nnq_channels_job {
    int32_t zero_point;     /*  0 */
    uint32_t step;          /*  4  from a window to the next one */
    uint32_t out_step;      /*  8 */
    const int8_t *source;   /* 12  the first window, of the next channels */
    int8_t *output;         /* 16 */
    int32_t width;          /* 20  outputs */
    const uint32_t *taps;   /* 24  where they lie, from a window's first one */
    const uint8_t *weights; /* 28  a block of 16 channels */
    int32_t channels;       /* 32  left */
    uint32_t count;         /* 36  of taps */
    int32_t way;            /* 40  4: the long way, and `away` */
} nnq_channels_job;

typedef char nnq_channels_job_is_as_read[offsetof(nnq_channels_job, way) == 40 ? 1 : -1];

/* The next tap: products of even and of odd channels. */
#define TAP(from)                                                                                                      \
    "vldrb.u8 q4, [" from "]\n"                                                                                        \
    "vldrb.u8 q5, [r3], #16\n"                                                                                         \
    "vmullb.s8 q6, q4, q5\n"                                                                                           \
    "vmullt.s8 q4, q4, q5\n"

#define WIDEN(half, part, sum)                                                                                         \
    half " q5, " part "\n"                                                                                             \
    "vadd.i32 " sum ", " sum ", q5\n"

#define EACH(by, a, b, c, d) by " q0, q0, " a "\n" by " q1, q1, " b "\n" by " q2, q2, " c "\n" by " q3, q3, " d "\n"

#define DOWN(q)                                                                                                        \
    "vpt.s32 lt, " q ", zr\n"                                                                                          \
    "vaddt.i32 " q ", " q ", r4\n"

/* A row of outputs.
 *
 * r0 counts outputs, r1 is the window, r2 the next tap, r3 the next constants, r6 the taps, r7 the job, r8 the block's
 * constants, r9 the channels left, r10 the output, r11 the number of pairs of taps, r12 where a pixel begins; q0 .. q3
 * sums. */
NNQ_MVE_NAKED static void nnq_depthwise_mve_row(NNQ_MVE_UNUSED nnq_channels_job *job) {
    __asm__("push   {r4-r11, lr}\n"
            "vpush  {d8-d15}\n"
            "mov    r7, r0\n"
            "ldrd   r6, r8, [r7, #24]\n"
            "ldrd   r9, r11, [r7, #32]\n"
            "adr.w  r12, 4f\n"
            "adds   r11, r11, #1\n" /* a tap beside pairs counts as one */
            "lsrs   r11, r11, #1\n"
            "bcs    1f\n"
            "adr.w  r12, 3f\n"
            "1: orr r12, r12, #1\n"
            /* 16 channels. */
            "2: ldrd r1, r10, [r7, #12]\n"
            "ldr    r0, [r7, #20]\n"
            /* An output. */
            "10: mov r3, r8\n"
            "mov    r2, r6\n"
            "vldmia r3!, {d0-d7}\n"
            "dls    lr, r11\n"
            "bx     r12\n"
            "3: ldr r4, [r2], #4\n"
            "add    r4, r4, r1\n"
            TAP("r4")
            "b      5f\n"
            "4: ldrd r4, r5, [r2], #8\n"
            "add    r4, r4, r1\n"
            "add    r5, r5, r1\n"
            TAP("r4")
            "vldrb.u8 q5, [r5]\n"
            "vldrb.u8 q7, [r3]\n"
            "vmullt.s8 q7, q5, q7\n"
            "vadd.i16 q4, q4, q7\n"
            "vldrb.u8 q7, [r3], #16\n"
            "vmullb.s8 q5, q5, q7\n"
            "vadd.i16 q6, q6, q5\n"
            "5:\n"
            WIDEN("vmovlb.s16", "q6", "q0")
            WIDEN("vmovlt.s16", "q6", "q1")
            WIDEN("vmovlb.s16", "q4", "q2")
            WIDEN("vmovlt.s16", "q4", "q3")
            "le     lr, 4b\n");
    __asm__("ldr    r4, [r7, #40]\n" /* way */
            "vldmia r3!, {d8-d15}\n"
            "cmp    r4, #1\n"
            "bgt    7f\n"
            "beq    6f\n"
            EACH("vqdmulh.s32", "q4", "q5", "q6", "q7")
            "b      8f\n"
            /* The long way. */
            "7: vshl.i32 q0, q0, #8\n"
            "vshl.i32 q1, q1, #8\n"
            "vshl.i32 q2, q2, #8\n"
            "vshl.i32 q3, q3, #8\n"
            EACH("vmulh.s32", "q4", "q5", "q6", "q7")
            "cmp    r4, #4\n"
            "bne    7f\n"
            "movs   r4, #64\n"
            EACH("vadd.i32", "r4", "r4", "r4", "r4")
            "mvn    r4, #127\n"
            DOWN("q0") DOWN("q1") DOWN("q2") DOWN("q3")
            "7: add r4, r3, #64\n"
            "vldmia r4, {d8-d15}\n"
            EACH("vadd.i32", "q4", "q5", "q6", "q7")
            "vldmia r3!, {d8-d15}\n"
            EACH("vshl.s32", "q4", "q5", "q6", "q7")
            "b      9f\n");
    __asm__("6: " EACH("vqrdmulh.s32", "q4", "q5", "q6", "q7")
            "8: vldmia r3!, {d8-d15}\n"
            EACH("vrshl.s32", "q4", "q5", "q6", "q7")
            "9: vqmovnb.s32 q0, q0\n"
            "vqmovnt.s32 q0, q1\n"
            "vqmovnb.s32 q2, q2\n"
            "vqmovnt.s32 q2, q3\n"
            "ldmia  r7, {r2, r4, r5}\n"
            "vqadd.s16 q0, q0, r2\n"
            "vqadd.s16 q2, q2, r2\n"
            "vqmovnb.s16 q0, q0\n"
            "vqmovnt.s16 q0, q2\n"
            "vctp.8 r9\n"
            "vpst\n"
            "vstrbt.8 q0, [r10]\n"
            "add    r1, r1, r4\n"
            "add    r10, r10, r5\n"
            "subs   r0, r0, #1\n"
            "bne.w  10b\n"
            "add    r8, r3, #64\n"
            "ldrd   r1, r10, [r7, #12]\n"
            "adds   r1, r1, #16\n"
            "add    r10, r10, #16\n"
            "strd   r1, r10, [r7, #12]\n"
            "subs   r9, r9, #16\n"
            "bgt.w  2b\n"
            "vpop   {d8-d15}\n"
            "pop    {r4-r11, pc}\n");
}

#undef TAP
#undef WIDEN
#undef EACH
#undef DOWN

static void write_taps(const nnq_shape *shape, uint32_t *taps) {
    const uint32_t pitch = nnq_padded_row(shape);
    for (uint32_t row = 0; row < shape->kernel_height * pitch; row += pitch) {
        for (uint32_t column = 0; column < shape->kernel_width; column++) {
            *taps++ = row + column * shape->in_channels;
        }
    }
}

void nnq_depthwise_mve(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                       uint8_t *scratch) {
    const uint32_t count = (uint32_t)shape->kernel_height * shape->kernel_width;
    uint32_t *taps = (uint32_t *)(void *)scratch;
    int8_t *padded = (int8_t *)scratch + 4 * count;
    nnq_channels_job job;
    write_taps(shape, taps);
    nnq_mve_fill(padded, shape->in_zero_point, nnq_padded_row(shape) * shape->kernel_height);
    job.zero_point = (int8_t)constants[1];
    job.step = (uint32_t)shape->stride_width * shape->in_channels;
    job.out_step = shape->out_channels;
    job.width = shape->out_width;
    job.taps = taps;
    job.count = count;
    job.way = constants[0] + (constants[0] == NNQ_MVE_LONG && shape->away);
    for (int32_t y = 0; y < shape->out_height; y++) {
        nnq_mve_load_rows(shape, input, y * shape->stride_height - shape->pad_top, shape->kernel_height, padded, 0);
        job.source = padded;
        job.output = output;
        job.weights = constants + 4;
        job.channels = shape->out_channels;
        nnq_depthwise_mve_row(&job);
        output += shape->out_width * shape->out_channels;
    }
}

#endif
