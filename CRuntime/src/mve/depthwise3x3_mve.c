/* SPDX-License-Identifier: Apache-2.0
 * depthwise_conv2d with 3x3 windows and strides of 1 for Helium; depthwise3x3_mve_layout.c has its constants.
 *
 * Four lines of 16 channels are interleaved, [position][16][4 lines]. One gathering load takes a patch of 4 x 4 bytes
 * of a channel; multiplied by the weights at four places, with zeros around, it gives 2 x 2 outputs. Of two patches:
 *
 *     28 instructions for 8 outputs x 9 taps: 28 / 72 = 0.39 a multiply-accumulate
 *
 * requantization and stores among them; interleaving takes 14 for a position of 16 channels.
 */
#include "../shape.h"

#if NNQ_ISA_MVE

#include "copies.h"
#include "naked.h"
#include "patches.h"
#include "requant.h"

/* What nnq_depthwise3x3_mve_strips works on; it reads and writes fields by their offsets. */
typedef struct nnq_patches_job {
    uint16_t places[8];     /*   0  of a tile's outputs, from its first one */
    int32_t patch[4];       /*  16  words of a patch, as far before its place as a load moves it first */
    uint32_t whole;         /*  32  the predicate of a tile's outputs */
    int32_t full;           /*  36  tiles that have all their positions */
    uint32_t rest;          /*  40  the predicate of the last one, or 0 */
    int32_t next;           /*  44  from past a strip's last patch to the next strip's first one */
    int32_t jump;           /*  48  and of outputs */
    int32_t strips;         /*  52 */
    int32_t channels;       /*  56 */
    const int8_t *buffer;   /*  60  strips, of the next channel */
    int8_t *output;         /*  64 */
    const uint8_t *weights; /*  68 */
    int32_t step;           /*  72  from a tile's outputs to the next one's */
    int32_t zero_point;     /*  76 */
    int32_t way;            /*  80 */
    uint32_t loop;          /*  84 */
    int8_t nothing[16];     /*  88  zero points of the input */
    nnq_patches patches;
} nnq_patches_job;

typedef char nnq_patches_job_is_as_read[offsetof(nnq_patches_job, loop) == 84 ? 1 : -1];

/* Four sums of a patch. */
#define SUMS                                                                                                           \
    "vldrw.u32 q0, [q1, #128]!\n"                                                                                      \
    "vmladav.s8 r0, q0, q4\n"                                                                                          \
    "vmladav.s8 r2, q0, q5\n"                                                                                          \
    "vmladav.s8 r4, q0, q6\n"                                                                                          \
    "vmladav.s8 r6, q0, q7\n"

#define TAKE_SUMS(q)                                                                                                   \
    "vmov " q "[2], " q "[0], r0, r4\n"                                                                                \
    "vmov " q "[3], " q "[1], r2, r6\n"

/* A tile, and the loop over tiles. */
#define TILES(label, multiply)                                                                                         \
    label ": " SUMS TAKE_SUMS("q2")                                                                                    \
    SUMS TAKE_SUMS("q0")                                                                                               \
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
    "add    r3, r3, r7\n"                                                                                              \
    "le     lr, " label "b\n"                                                                                          \
    "b      4b\n"

/* All strips of the buffer.
 *
 * r1 is the next channel's constants, r3 the next outputs, r5 counts strips, r7 is what r3 moves by, r8 bias, r9
 * multiplier, r10 shift, r11 zero point, r12 the job; q1 is the patch before, q3 places of outputs, q4 .. q7 weights
 * at four places. */
NNQ_MVE_NAKED static void nnq_depthwise3x3_mve_strips(NNQ_MVE_UNUSED nnq_patches_job *job) {
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
            "str    r2, [r12, #84]\n"
            "vldrw.u32 q3, [r12]\n"
            "cmp    r0, r0\n"
            /* A channel. The carry is set; clear, it says that a strip's full tiles are done. */
            "2: ldmia r1!, {r8, r9, r10}\n"
            "vldrb.u8 q7, [r1, #-1]\n"
            "vldrb.u8 q6, [r1]\n"
            "vldrb.u8 q5, [r1, #3]\n"
            "vldrb.u8 q4, [r1, #4]\n"
            "add    r1, r1, #20\n"
            "ldrd   r2, r3, [r12, #60]\n"
            "vldrw.u32 q1, [r12, #16]\n"
            "vadd.i32 q1, q1, r2\n"
            "add    r2, r2, #4\n"
            "add    r0, r3, #1\n"
            "strd   r2, r0, [r12, #60]\n"
            "ldr    r5, [r12, #52]\n"
            "3: ldrd r0, r2, [r12, #32]\n"
            "vmsr   p0, r0\n"
            "cbz    r2, 5f\n"
            "dls    lr, r2\n"
            "ldr    pc, [r12, #84]\n"
            "4: bcc 6f\n"
            "5: ldr r0, [r12, #40]\n"
            "cbz    r0, 6f\n"
            "vmsr   p0, r0\n"
            "adds   r0, r0, #0\n"
            "mov    lr, #1\n"
            "ldr    pc, [r12, #84]\n"
            "6: ldrd r0, r2, [r12, #44]\n"
            "vadd.i32 q1, q1, r0\n"
            "add    r3, r3, r2\n"
            "subs   r5, r5, #1\n"
            "bne    3b\n"
            "ldr    r0, [r12, #56]\n"
            "subs   r0, r0, #1\n"
            "str    r0, [r12, #56]\n"
            "bne    2b\n"
            "vpop   {d8-d15}\n"
            "pop    {r4-r11, pc}\n");
    __asm__(TILES("10", "vqdmulh.s32")
            TILES("11", "vqrdmulh.s32"));
}

#undef SUMS
#undef TAKE_SUMS
#undef TILES

/* Four lines of up to 16 channels. */
typedef struct nnq_patches_lines {
    const int8_t *from[4]; /*  0 */
    int32_t step[4];       /* 16  from a position to the next one */
    int8_t *to;            /* 32 */
    int32_t channels;      /* 36 */
    int32_t count;         /* 40  positions */
} nnq_patches_lines;

NNQ_MVE_NAKED static void nnq_depthwise3x3_mve_interleave(NNQ_MVE_UNUSED const nnq_patches_lines *lines) {
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

/* The strip under output lines `line` and line + 1. */
static void load_strip(const nnq_patches_job *job, const int8_t *input, int32_t line, int8_t *to) {
    const nnq_axis *lines = &job->patches.lines;
    const nnq_axis *positions = &job->patches.positions;
    const int32_t within = positions->out + 2 - positions->pad;
    int32_t at = line - lines->pad;
    nnq_patches_lines four;
    for (int32_t i = 0; i < 4; i++, at++) {
        const int32_t inside = at >= 0 && at < lines->in;
        four.from[i] = inside ? input + at * lines->in_step : job->nothing;
        four.step[i] = inside ? positions->in_step : 0;
    }
    four.to = to + positions->pad * 64;
    four.channels = job->channels;
    four.count = positions->in < within ? positions->in : within;
    nnq_depthwise3x3_mve_interleave(&four);
}

static void open_job(nnq_patches_job *job, const nnq_shape *shape, const uint8_t *constants) {
    const nnq_axis *lines = &job->patches.lines;
    const nnq_axis *positions = &job->patches.positions;
    nnq_mve_open_patches(shape, &job->patches);
    for (int32_t lane = 0; lane < 8; lane++) {
        const int32_t position = lane / 4 + lane % 2 * 2;
        job->places[lane] = (uint16_t)(lane / 2 % 2 * lines->out_step + position * positions->out_step);
    }
    for (int32_t word = 0; word < 4; word++) {
        job->patch[word] = word * 64 - 128;
    }
    job->full = positions->out / 4;
    job->step = 4 * positions->out_step;
    job->jump = 2 * lines->out_step - job->patches.tiles * job->step;
    job->next = job->patches.strip_bytes - job->patches.tiles * 256;
    job->way = constants[0];
    job->zero_point = (int8_t)constants[1];
    nnq_mve_fill(job->nothing, shape->in_zero_point, 16);
}

/* As many strips as `job` says, of the channels that it says, under output lines from `line` on. */
static void run(nnq_patches_job *job, const int8_t *input, int32_t line, int8_t *buffer) {
    /* Of 0, 1, 2 or 3 positions. Lanes 2 i are outputs i of a tile's first patch, lanes 2 i + 1 of its second. */
    static const uint16_t rests[] = {0, 0x0033, 0x3333, 0x33FF};
    job->whole = line + 1 < job->patches.lines.out ? 0xFFFF : 0x0F0F;
    job->rest = rests[job->patches.positions.out % 4] & job->whole;
    job->buffer = buffer;
    for (int32_t i = 0; i < job->strips; i++) {
        load_strip(job, input, line + 2 * i, buffer + i * job->patches.strip_bytes);
    }
    nnq_depthwise3x3_mve_strips(job);
}

void nnq_depthwise3x3_mve(const nnq_shape *shape, const uint8_t *constants, const int8_t *input,
                                  int8_t *output, uint8_t *scratch) {
    nnq_patches_job *job = (nnq_patches_job *)(void *)scratch;
    const nnq_patches *patches = &job->patches;
    int8_t *buffer = (int8_t *)scratch + NNQ_PATCHES_JOB;
    open_job(job, shape, constants);
    nnq_mve_fill(buffer, shape->in_zero_point, (uint32_t)(patches->strips * patches->strip_bytes));
    for (int32_t channel = 0; channel < shape->out_channels; channel += 16) {
        const int32_t channels = shape->out_channels - channel;
        for (int32_t line = 0; line < patches->lines.out; line += 2 * job->strips) {
            const int32_t pairs = (patches->lines.out - line) / 2; /* a line that is left goes alone */
            job->strips = pairs < 1 ? 1 : pairs < patches->strips ? pairs : patches->strips;
            job->channels = channels < 16 ? channels : 16;
            job->output = output + channel + line * patches->lines.out_step;
            job->weights = constants + 4 + channel * 32;
            run(job, input + channel, line, buffer);
        }
    }
}

#endif
