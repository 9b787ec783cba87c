/* SPDX-License-Identifier: Apache-2.0
 * depthwise_conv2d with 3x3 windows and strides of 1 for Helium; depthwise_conv2d_3x3_mve_layout.c has its constants.
 *
 * Four lines of 16 channels are interleaved, [position][channel][4 lines]. One gathering load takes a patch of 4 x 4
 * bytes of a channel; multiplied by the weights at four places, with zeros around, it gives 2 x 2 outputs. Two patches,
 *
 *     28 instructions for 8 outputs x 9 taps: 28 / 72 = 0.39 a multiply-accumulate
 *
 * requantization and stores among them; interleaving takes 14 for 2 outputs of 16 channels.
 */
#include "../shape.h"

#if NNQ_ISA_MVE

#include "copies.h"
#include "naked.h"
#include "patches.h"
#include "requant.h"

/* What nnq_depthwise_conv2d_3x3_mve_strips works on; it reads and writes fields by their offsets. */
typedef struct nnq_patch_job {
    uint16_t places[8];     /*   0  of a tile's outputs, from its first one */
    int32_t patch[4];       /*  16  words of a patch, as far before its place as a load moves it first */
    int32_t full;           /*  32  tiles of 4 positions */
    uint32_t rest;          /*  36  where outputs are left, the predicate of these */
    int32_t pitch;          /*  40  of strips */
    int32_t jump;           /*  44  from past a strip's last output to the next strip's first one */
    uint32_t last_lines;    /*  48  the predicate of the last strip's lines */
    int32_t strips;         /*  52 */
    int32_t channels;       /*  56 */
    const int8_t *buffer;   /*  60  strips, of the next channel */
    int8_t *output;         /*  64 */
    const uint8_t *weights; /*  68 */
    int32_t step;           /*  72  from a tile's outputs to the next one's */
    int32_t zero_point;     /*  76 */
    int32_t way;            /*  80 */
    int32_t left;           /*  84  strips */
    uint32_t loop;          /*  88 */
    int32_t padding;
    int8_t nothing[16];     /*  zero points of the input */
} nnq_patch_job;

#define SUMS                                                                                                           \
    "vldrw.u32 q0, [q1, #128]!\n"                                                                                      \
    "vmladav.s8 r0, q0, q4\n"                                                                                          \
    "vmladav.s8 r2, q0, q5\n"                                                                                          \
    "vmladav.s8 r4, q0, q6\n"                                                                                          \
    "vmladav.s8 r6, q0, q7\n"

#define GATHER_SUMS(q)                                                                                                 \
    "vmov " q "[2], " q "[0], r0, r4\n"                                                                                \
    "vmov " q "[3], " q "[1], r2, r6\n"

/* Two lines by four positions of outputs. */
#define TILE(multiply)                                                                                                 \
    SUMS GATHER_SUMS("q2")                                                                                             \
    SUMS GATHER_SUMS("q0")                                                                                             \
    "vadd.i32 q2, q2, r8\n"                                                                                            \
    "vadd.i32 q0, q0, r8\n"                                                                                            \
    multiply " q2, q2, r9\n"                                                                                           \
    multiply " q0, q0, r9\n"                                                                                           \
    "vrshl.s32 q2, r10\n"                                                                                              \
    "vrshl.s32 q0, r10\n"                                                                                              \
    "vqmovnb.s32 q2, q2\n"                                                                                             \
    "vqmovnt.s32 q2, q0\n"                                                                                             \
    "vqadd.s16 q2, q2, r11\n"                                                                                          \
    "vqmovnb.s16 q2, q2\n"                                                                                             \
    "vpst\n"                                                                                                           \
    "vstrbt.16 q2, [r3, q3]\n"                                                                                         \
    "add    r3, r3, r7\n"

/* All strips of the buffer.
 *
 * r1 is the next channel's constants, r3 the next outputs, r5 the strip, r7 what r3 moves by, r8 bias, r9 multiplier, r10
 * shift, r11 zero point, r12 the job; q3 places of outputs, q4 .. q7 weights at four places. */
NNQ_MVE_NAKED static void nnq_depthwise_conv2d_3x3_mve_strips(NNQ_MVE_UNUSED nnq_patch_job *job) {
    __asm__("push   {r4-r11, lr}\n"
            "vpush  {d8-d15}\n"
            "mov    r12, r0\n"
            "ldr    r1, [r12, #68]\n"
            "ldrd   r7, r11, [r12, #72]\n"
            "ldr    r0, [r12, #80]\n"
            "adr.w  r2, 10f\n"
            "cbz    r0, 1f\n"
            "adr.w  r2, 11f\n"
            "1: orr r2, r2, #1\n"
            "str    r2, [r12, #88]\n"
            "vldrw.u32 q3, [r12]\n"
            /* A channel. */
            "2: ldmia r1!, {r8, r9, r10}\n"
            "vldrb.u8 q7, [r1, #-1]\n"
            "vldrb.u8 q6, [r1]\n"
            "vldrb.u8 q5, [r1, #3]\n"
            "vldrb.u8 q4, [r1, #4]\n"
            "adds   r1, r1, #20\n"
            "ldrd   r5, r3, [r12, #60]\n"
            "adds   r0, r5, #4\n"
            "adds   r2, r3, #1\n"
            "strd   r0, r2, [r12, #60]\n"
            "ldr    r0, [r12, #52]\n"
            /* A strip of r0. The carry is set; clear, it says that this is the rest. */
            "3: str r0, [r12, #84]\n"
            "vldrw.u32 q1, [r12, #16]\n"
            "vadd.i32 q1, q1, r5\n"
            "ldrd   r2, r4, [r12, #48]\n"
            "cmp    r0, #1\n"
            "it     ne\n"
            "movwne r2, #0xffff\n"
            "vmsr   p0, r2\n"
            "ldr    r4, [r12, #32]\n"
            "cbz    r4, 4f\n"
            "dls    lr, r4\n"
            "ldr    pc, [r12, #88]\n"
            "4: blo 5f\n"
            "ldr    r0, [r12, #36]\n"
            "cbz    r0, 5f\n"
            "vmrs   r2, p0\n"
            "ands   r0, r0, r2\n"
            "vmsr   p0, r0\n"
            "adds   r0, r0, #0\n"
            "mov    lr, #1\n"
            "ldr    pc, [r12, #88]\n"
            "5: ldrd r0, r2, [r12, #40]\n"
            "add    r5, r5, r0\n"
            "add    r3, r3, r2\n"
            "ldr    r0, [r12, #84]\n"
            "subs   r0, r0, #1\n"
            "bne    3b\n"
            "ldr    r0, [r12, #56]\n"
            "subs   r0, r0, #1\n"
            "str    r0, [r12, #56]\n"
            "bne    2b\n"
            "vpop   {d8-d15}\n"
            "pop    {r4-r11, pc}\n"
            "10: " TILE("vqdmulh.s32")
            "le     lr, 10b\n"
            "b      4b\n"
            "11: " TILE("vqrdmulh.s32")
            "le     lr, 11b\n"
            "b      4b\n");
}

/* Four lines of up to 16 channels. */
typedef struct nnq_patch_lines {
    const int8_t *from[4]; /*  0 */
    int32_t step[4];       /* 16  from a position to the next one */
    int8_t *to;            /* 32 */
    int32_t channels;      /* 36 */
    int32_t count;         /* 40  positions */
} nnq_patch_lines;

NNQ_MVE_NAKED static void nnq_depthwise_conv2d_3x3_mve_interleave(NNQ_MVE_UNUSED const nnq_patch_lines *lines) {
    __asm__("push   {r4-r11, lr}\n"
            "mov    r12, r0\n"
            "ldmia  r12!, {r0-r7}\n"
            "ldmia  r12, {r8, r10, r11}\n"
            "vctp.8 r10\n"
            "dls    lr, r11\n"
            "1: vpstttt\n"
            "vldrbt.u8 q0, [r0]\n"
            "vldrbt.u8 q1, [r1]\n"
            "vldrbt.u8 q2, [r2]\n"
            "vldrbt.u8 q3, [r3]\n"
            "vst40.8 {q0, q1, q2, q3}, [r8]\n"
            "vst41.8 {q0, q1, q2, q3}, [r8]\n"
            "vst42.8 {q0, q1, q2, q3}, [r8]\n"
            "vst43.8 {q0, q1, q2, q3}, [r8]!\n"
            "add    r0, r0, r4\n"
            "add    r1, r1, r5\n"
            "add    r2, r2, r6\n"
            "add    r3, r3, r7\n"
            "le     lr, 1b\n"
            "pop    {r4-r11, pc}\n");
}

static void open_job(nnq_patch_job *job, const nnq_axis *lines, const nnq_axis *positions) {
    static const uint16_t rests[] = {0, 0x0033, 0x3333, 0x33FF};
    const int32_t tiles = (positions->out + 3) / 4;
    for (int32_t lane = 0; lane < 8; lane++) {
        const int32_t line = lane / 2 % 2;
        const int32_t position = lane % 2 * 2 + lane / 4;
        job->places[lane] = (uint16_t)(line * lines->out_step + position * positions->out_step);
    }
    for (int32_t word = 0; word < 4; word++) {
        job->patch[word] = word * 64 - 128;
    }
    job->full = positions->out / 4;
    job->rest = rests[positions->out % 4];
    job->pitch = nnq_strip_bytes(positions);
    job->step = 4 * positions->out_step;
    job->jump = 2 * lines->out_step - tiles * job->step;
}

/* The strip under output lines `line` and line + 1. */
static void load_strip(const nnq_patch_job *job, const nnq_axis *lines, const nnq_axis *positions, const int8_t *input,
                       int32_t line, int8_t *to) {
    const int32_t within = positions->out + 2 - positions->pad;
    nnq_patch_lines four;
    for (int32_t i = 0; i < 4; i++) {
        const int32_t at = line - lines->pad + i;
        const int32_t inside = at >= 0 && at < lines->in;
        four.from[i] = inside ? input + at * lines->in_step : job->nothing;
        four.step[i] = inside ? positions->in_step : 0;
    }
    four.to = to + positions->pad * 64;
    four.channels = job->channels;
    four.count = positions->in < within ? positions->in : within;
    nnq_depthwise_conv2d_3x3_mve_interleave(&four);
}

void nnq_depthwise_conv2d_3x3_mve(const nnq_shape *shape, const uint8_t *constants, const int8_t *input,
                                  int8_t *output, uint8_t *scratch) {
    const int32_t is_across = nnq_lines_are_columns(shape);
    const nnq_axis lines = nnq_axis_of(shape, is_across);
    const nnq_axis positions = nnq_axis_of(shape, !is_across);
    const int32_t strips = nnq_strips_at_once(&lines, &positions);
    nnq_patch_job *job = (nnq_patch_job *)(void *)scratch;
    int8_t *buffer = (int8_t *)scratch + NNQ_MVE_PATCH_JOB;
    open_job(job, &lines, &positions);
    job->way = constants[0];
    job->zero_point = (int8_t)constants[1];
    nnq_mve_fill(job->nothing, shape->in_zero_point, 16);
    nnq_mve_fill(buffer, shape->in_zero_point, (uint32_t)(strips * job->pitch));
    for (int32_t channel = 0; channel < shape->out_channels; channel += 16) {
        const int32_t channels = shape->out_channels - channel < 16 ? shape->out_channels - channel : 16;
        for (int32_t line = 0; line < lines.out; line += 2 * strips) {
            const int32_t count = lines.out - line < 2 * strips ? lines.out - line : 2 * strips;
            job->channels = channels;
            job->strips = (count + 1) / 2;
            job->last_lines = count % 2 ? 0x0F0F : 0xFFFF;
            for (int32_t i = 0; i < job->strips; i++) {
                load_strip(job, &lines, &positions, input + channel, line + 2 * i, buffer + i * job->pitch);
            }
            job->buffer = buffer;
            job->output = output + channel + line * lines.out_step;
            job->weights = constants + 4 + channel * 32;
            nnq_depthwise_conv2d_3x3_mve_strips(job);
        }
    }
}

#undef SUMS
#undef GATHER_SUMS
#undef TILE

#endif
