/* SPDX-License-Identifier: Apache-2.0
 * dense for Helium; dense_mve_layout.c has its constants.
 *
 * Eight outputs grow in the eight registers that vmladava can add to, from 32 inputs at a time:
 *
 *     20 instructions for 32 inputs x 8 outputs: 20 / 256 = 0.078 a multiply-accumulate
 *
 * where vmladava alone would take 16 / 256.
 */
#include "../shape.h"

#if NNQ_ISA_MVE

#include "naked.h"
#include "requant.h"

/* What nnq_dense_mve_outputs works on; it reads fields by their offsets. */
typedef struct nnq_dense_mve_job {
    const uint8_t *weights; /*  0 */
    const int8_t *input;    /*  4  whole chunks of 16 */
    int8_t *output;         /*  8 */
    int8_t *output_end;     /* 12 */
    uint32_t chunks;        /* 16 */
    int32_t way;            /* 20  4: the long way, and `away` */
    int32_t zero_point;     /* 24 */
    const uint8_t *addends; /* 28 */
} nnq_dense_mve_job;

/* 32 inputs, in q0 and q1, by the weights of 8 outputs. */
#define PAIR                                                                                                           \
    "vldmia r3!, {d0-d3}\n"                                                                                            \
    "vldmia r1!, {d4-d15}\n"                                                                                           \
    "vmladava.s8 r0, q0, q2\n"                                                                                         \
    "vmladava.s8 r0, q1, q3\n"                                                                                         \
    "vmladava.s8 r2, q0, q4\n"                                                                                         \
    "vmladava.s8 r2, q1, q5\n"                                                                                         \
    "vmladava.s8 r4, q0, q6\n"                                                                                         \
    "vmladava.s8 r4, q1, q7\n"                                                                                         \
    "vldmia r1!, {d4-d15}\n"                                                                                           \
    "vmladava.s8 r6, q0, q2\n"                                                                                         \
    "vmladava.s8 r6, q1, q3\n"                                                                                         \
    "vmladava.s8 r8, q0, q4\n"                                                                                         \
    "vmladava.s8 r8, q1, q5\n"                                                                                         \
    "vmladava.s8 r10, q0, q6\n"                                                                                        \
    "vmladava.s8 r10, q1, q7\n"                                                                                        \
    "vldmia r1!, {d4-d11}\n"                                                                                           \
    "vmladava.s8 r12, q0, q2\n"                                                                                        \
    "vmladava.s8 r12, q1, q3\n"                                                                                        \
    "vmladava.s8 lr, q0, q4\n"                                                                                         \
    "vmladava.s8 lr, q1, q5\n"

/* All outputs.
 *
 * While sums grow, r1 is the next weight, r3 the next input, r9 counts passes, r7 is the first input, r5 the next output,
 * r11 the end of outputs; all other registers are sums. The frame has
 *
 *      0  sums                           32  what follows when biases are loaded
 *     36  where passes are not counted   40  after an odd chunk                    44  passes
 *     48  how sums are requantized       52  zero point                            56  addends */
NNQ_MVE_NAKED static void nnq_dense_mve_outputs(NNQ_MVE_UNUSED const nnq_dense_mve_job *job) {
    __asm__("push   {r4-r11, lr}\n"
            "vpush  {d8-d15}\n"
            "sub    sp, sp, #60\n"
            "ldrd   r1, r7, [r0]\n"
            "ldrd   r10, r11, [r0, #8]\n"
            "add    r0, r0, #16\n"
            "ldmia  r0, {r2, r5, r6, r8}\n" /* chunks, way, zero point, addends */
            "strd   r6, r8, [sp, #52]\n"
            "lsr    r3, r2, #1\n" /* pairs of chunks: 4 a pass, those over first */
            "movs   r4, #0\n"
            "cmp    r3, #4\n"
            "itt    hi\n"
            "lsrhi  r4, r3, #2\n"
            "andhi  r3, r3, #3\n"
            "movs   r0, #80\n" /* bytes of code of a pair */
            "mul    r3, r3, r0\n"
            "adr.w  r0, 25f\n"
            "sub    r0, r0, r3\n"
            "orr    r0, r0, #1\n"
            "strd   r0, r4, [sp, #40]\n"
            "lsls   r2, r2, #31\n"
            "beq    1f\n"
            "adr.w  r0, 22f\n"
            "orr    r0, r0, #1\n"
            "1: str r0, [sp, #36]\n"
            "cbz    r4, 2f\n"
            "adr.w  r0, 23f\n"
            "orr    r0, r0, #1\n"
            "2: str r0, [sp, #32]\n"
            "adr.w  r2, 30f\n"
            "cmp    r5, #1\n"
            "blt    5f\n"
            "adr.w  r2, 31f\n"
            "beq    5f\n"
            "adr.w  r2, 32f\n"
            "cmp    r5, #3\n"
            "blt    5f\n"
            "adr.w  r2, 33f\n"
            "beq    5f\n"
            "adr.w  r2, 34f\n"
            "5: orr r2, r2, #1\n"
            "str    r2, [sp, #48]\n"
            "mov    r5, r10\n"
            "cmp    r5, r11\n"
            /* 8 outputs. The carry is clear; set, it says that passes are counted. */
            "20: ldmia r1!, {r0, r2, r4, r6, r8, r10, r12, lr}\n"
            "mov    r3, r7\n"
            "ldr    pc, [sp, #32]\n"
            "22: vldmia r3!, {d0-d1}\n"
            "vldmia r1!, {d2-d15}\n"
            "vmladava.s8 r0, q0, q1\n"
            "vmladava.s8 r2, q0, q2\n"
            "vmladava.s8 r4, q0, q3\n"
            "vmladava.s8 r6, q0, q4\n"
            "vmladava.s8 r8, q0, q5\n"
            "vmladava.s8 r10, q0, q6\n"
            "vmladava.s8 r12, q0, q7\n"
            "vldmia r1!, {d2-d3}\n"
            "vmladava.s8 lr, q0, q1\n"
            "ldr    pc, [sp, #40]\n"
            "23: ldr r9, [sp, #44]\n"
            "cmp    r9, #0\n"
            "ldr    pc, [sp, #36]\n");
    __asm__("24:\n"
            ".rept  4\n"
            PAIR
            ".endr\n"
            "25: bhs 27f\n"
            "26: stmia sp, {r0, r2, r4, r6, r8, r10, r12, lr}\n"
            "vldmia sp, {d0-d3}\n"
            "vldmia r1!, {d4-d11}\n"
            "ldr    pc, [sp, #48]\n"
            "27: subs r9, r9, #1\n"
            "bhs.w  24b\n"
            "b      26b\n"

            "30: vqdmulh.s32 q0, q0, q2\n" /* once */
            "vqdmulh.s32 q1, q1, q3\n"
            "b      35f\n"
            "32: vqrdmulh.s32 q0, q0, q2\n" /* away */
            "vqrdmulh.s32 q1, q1, q3\n"
            "mvn    r0, #0\n"
            "vpt.s32 lt, q0, zr\n"
            "vaddt.i32 q0, q0, r0\n"
            "vpt.s32 lt, q1, zr\n"
            "vaddt.i32 q1, q1, r0\n"
            "b      35f\n"
            "34: movs r0, #64\n" /* the long way */
            "mvn    r2, #127\n"
            "b      36f\n"
            "33: movs r0, #0\n"
            "movs   r2, #0\n"
            "36: vshl.i32 q0, q0, #8\n"
            "vshl.i32 q1, q1, #8\n"
            "vmulh.s32 q0, q0, q2\n"
            "vmulh.s32 q1, q1, q3\n"
            "vadd.i32 q0, q0, r0\n"
            "vadd.i32 q1, q1, r0\n"
            "vpt.s32 lt, q0, zr\n"
            "vaddt.i32 q0, q0, r2\n"
            "vpt.s32 lt, q1, zr\n"
            "vaddt.i32 q1, q1, r2\n"
            "ldr    r2, [sp, #56]\n"
            "vldmia r2!, {d4-d7}\n"
            "str    r2, [sp, #56]\n"
            "vadd.i32 q0, q0, q2\n"
            "vadd.i32 q1, q1, q3\n"
            "vshl.s32 q0, q0, q4\n"
            "vshl.s32 q1, q1, q5\n"
            "b      37f\n"
            "31: vqrdmulh.s32 q0, q0, q2\n" /* twice */
            "vqrdmulh.s32 q1, q1, q3\n"
            "35: vrshl.s32 q0, q0, q4\n"
            "vrshl.s32 q1, q1, q5\n"
            "37: ldr r0, [sp, #52]\n"
            "vqmovnb.s32 q0, q0\n"
            "vqmovnt.s32 q0, q1\n"
            "vqadd.s16 q0, q0, r0\n"
            "vqmovnb.s16 q0, q0\n"
            "sub    r0, r11, r5\n"
            "vctp.16 r0\n"
            "vpst\n"
            "vstrbt.16 q0, [r5], #8\n"
            "cmp    r5, r11\n"
            "blo.w  20b\n"
            "add    sp, sp, #60\n"
            "vpop   {d8-d15}\n"
            "pop    {r4-r11, pc}\n");
}

#undef PAIR

/* `bytes` bytes from `from` to `to`, and zeros up to a multiple of 16. */
NNQ_MVE_NAKED static void nnq_dense_mve_fill_up(NNQ_MVE_UNUSED uint8_t *to, NNQ_MVE_UNUSED const int8_t *from,
                                                NNQ_MVE_UNUSED int32_t bytes) {
    __asm__("1: vctp.8 r2\n"
            "vpst\n"
            "vldrbt.u8 q0, [r1], #16\n"
            "vstrb.8 q0, [r0], #16\n"
            "subs   r2, r2, #16\n"
            "bgt    1b\n"
            "bx     lr\n");
}

void nnq_dense_mve(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                   uint8_t *scratch) {
    const uint32_t chunks = (shape->in_channels + 15u) / 16;
    const uint32_t blocks = (shape->out_channels + 7u) / 8;
    const int32_t way = constants[0] + (constants[0] == NNQ_MVE_LONG && shape->away);
    const int32_t is_even = shape->in_channels % 16 == 0;
    const nnq_dense_mve_job job = {constants + 4,
                                   is_even ? input : (const int8_t *)scratch,
                                   output,
                                   output + shape->out_channels,
                                   chunks,
                                   way,
                                   (int8_t)constants[1],
                                   constants + 4 + blocks * (96 + 128 * chunks)};
    if (!is_even) {
        nnq_dense_mve_fill_up(scratch, input, shape->in_channels);
    }
    nnq_dense_mve_outputs(&job);
}

#endif
