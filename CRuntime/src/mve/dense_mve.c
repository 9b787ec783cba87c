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

typedef char nnq_dense_mve_shape_is_as_read[offsetof(nnq_shape, in_channels) == 4 &&
                                                    offsetof(nnq_shape, out_channels) == 10 &&
                                                    offsetof(nnq_shape, away) == 19
                                                ? 1
                                                : -1];

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
#define PAIR_BYTES "80"

/* While sums grow, r1 is the next weight, r3 the next input, r5 the next output, r7 the first input, r9 counts passes,
 * r11 is the end of outputs; all other registers are sums. The frame has
 *
 *      0  sums                           32  what follows when biases are loaded
 *     36  where passes are not counted   40  after an odd chunk                    44  passes
 *     48  how sums are requantized       52  zero point                            56  addends
 *
 * and above it what is saved, 100 bytes, and the address of scratch. */
NNQ_MVE_NAKED void nnq_dense_mve(NNQ_MVE_UNUSED const nnq_shape *shape, NNQ_MVE_UNUSED const uint8_t *constants,
                                 NNQ_MVE_UNUSED const int8_t *input, NNQ_MVE_UNUSED int8_t *output,
                                 NNQ_MVE_UNUSED uint8_t *scratch) {
    __asm__("push   {r4-r11, lr}\n"
            "vpush  {d8-d15}\n"
            "sub    sp, sp, #60\n"
            "ldrh   r4, [r0, #4]\n" /* in_channels */
            "ldrh   r11, [r0, #10]\n" /* out_channels */
            "ldrb   r0, [r0, #19]\n" /* away */
            "mov    r5, r3\n"
            "mov    r7, r2\n"
            "lsls   r3, r4, #28\n"
            "beq    2f\n"
            "ldr    r7, [sp, #160]\n" /* fills up a chunk: a copy of the input, with zeros */
            "mov    r6, r7\n"
            "mov    r3, r4\n"
            "1: vctp.8 r3\n"
            "vpst\n"
            "vldrbt.u8 q0, [r2], #16\n"
            "vstrb.8 q0, [r6], #16\n"
            "subs   r3, r3, #16\n"
            "bgt    1b\n"
            "2: add r4, r4, #15\n"
            "lsrs   r4, r4, #4\n" /* chunks */
            "add    r2, r11, #7\n"
            "lsrs   r2, r2, #3\n" /* blocks of 8 outputs */
            "add    r11, r11, r5\n"
            "lsls   r3, r4, #7\n"
            "adds   r3, r3, #96\n" /* bytes of one */
            "ldrb   r6, [r1]\n" /* way */
            "ldrsb  r8, [r1, #1]\n"
            "add    r1, r1, #4\n"
            "mla    r9, r2, r3, r1\n"
            "strd   r8, r9, [sp, #52]\n"
            "adr.w  r2, 30f\n"
            "cmp    r6, #1\n"
            "blt    3f\n"
            "adr.w  r2, 31f\n"
            "beq    3f\n"
            "adr.w  r2, 32f\n"
            "cmp    r6, #3\n"
            "blt    3f\n"
            "adr.w  r2, 33f\n"
            "cbz    r0, 3f\n"
            "adr.w  r2, 34f\n"
            "3: orr r2, r2, #1\n"
            "str    r2, [sp, #48]\n"
            "lsrs   r2, r4, #1\n" /* pairs of chunks: 4 a pass, those over first */
            "mov    r9, #0\n"
            "cmp    r2, #4\n"
            "itt    hi\n"
            "lsrhi  r9, r2, #2\n"
            "andhi  r2, r2, #3\n"
            "movs   r3, #" PAIR_BYTES "\n" /* of code */
            "adr.w  r0, 25f\n"
            "mls    r0, r2, r3, r0\n"
            "orr    r0, r0, #1\n"
            "mov    r2, r0\n"
            "lsls   r4, r4, #31\n"
            "beq    4f\n"
            "adr.w  r2, 22f\n"
            "orr    r2, r2, #1\n"
            "4: strd r2, r0, [sp, #36]\n"
            "movs   r3, r9\n"
            "str    r3, [sp, #44]\n"
            "beq    5f\n"
            "adr.w  r2, 23f\n"
            "orr    r2, r2, #1\n"
            "5: str r2, [sp, #32]\n"
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
#undef PAIR_BYTES

#endif
