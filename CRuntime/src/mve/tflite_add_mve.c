/* SPDX-License-Identifier: Apache-2.0
 * tflite_add for Helium: 16 or 18 instructions for four outputs where one input is multiplied by exactly a half.
 */
#include "../shape.h"

#if NNQ_ISA_MVE

#include "../tflite_add.h"
#include "naked.h"

/* Takes 1 from q1 where q0 is negative, which it loses: ties of the second rounding go away from zero. */
#define AWAY                                                                                                           \
    "vshr.s32 q0, q0, #31\n"                                                                                           \
    "vadd.i32 q1, q1, q0\n"

/* nnq_half_sum's formula; its other_addend is what vrshl adds.
 *     r0 half  r1 other  r2 output  r3 outputs  r4 half_base  r5 other_base  r6 2  r8 other_shift  r10 addend
 *     r11 shift
 *     q2 other_multiplier  q3 multiplier  q4 2^20  q5 2^21 */
#define SUM(away)                                                                                                      \
    "push   {r4-r11, lr}\n"                                                                                            \
    "vpush  {d8-d11}\n"                                                                                                \
    "ldmia  r0, {r0-r11}\n"                                                                                            \
    "vdup.32 q2, r6\n"                                                                                                 \
    "vdup.32 q3, r9\n"                                                                                                 \
    "movs   r6, #2\n"                                                                                                  \
    "lsls   r7, r6, #19\n"                                                                                             \
    "vdup.32 q4, r7\n"                                                                                                 \
    "lsls   r7, r6, #20\n"                                                                                             \
    "vdup.32 q5, r7\n"                                                                                                 \
    "rsb    r8, r8, #0\n"                                                                                              \
    "rsb    r11, r11, #0\n"                                                                                            \
    "wlstp.32 lr, r3, 2f\n"                                                                                            \
    "1: vldrb.s32 q0, [r1], #4\n"                                                                                      \
    "vmlas.s32 q0, q5, r5\n" /* twice the other's accumulator */                                                       \
    "vrmulh.s32 q1, q0, q2\n" AWAY                                                                                     \
    "vrshl.s32 q1, r8\n"                                                                                               \
    "vldrb.s32 q0, [r0], #4\n"                                                                                         \
    "vmlas.s32 q0, q4, r4\n"                                                                                           \
    "vmla.s32 q0, q1, r6\n" /* twice the sum */                                                                        \
    "vrmulh.s32 q1, q0, q3\n" away                                                                                     \
    "vadd.i32 q1, q1, r10\n"                                                                                           \
    "vshl.s32 q1, r11\n"                                                                                               \
    "vqmovnb.s32 q1, q1\n"                                                                                             \
    "vqmovnb.s16 q1, q1\n"                                                                                             \
    "vstrb.32 q1, [r2], #4\n"                                                                                          \
    "letp   lr, 1b\n"                                                                                                  \
    "2: vpop {d8-d11}\n"                                                                                               \
    "pop    {r4-r11, pc}\n"

NNQ_MVE_NAKED static void add_half(NNQ_MVE_UNUSED const nnq_half_sum *sum) {
    __asm__(SUM(AWAY));
}

/* Where nothing below the zero point gets through the clamp, it makes no difference how negative sums are rounded. */
NNQ_MVE_NAKED static void add_half_from_zero(NNQ_MVE_UNUSED const nnq_half_sum *sum) {
    __asm__(SUM(""));
}

#undef AWAY
#undef SUM

static void add(const nnq_call *call, const nnq_pair *pair) {
    const int32_t is_from_zero = call->params.tflite_add.act_min >= call->out.zero_point;
    nnq_tflite_add_pair(call, pair, is_from_zero ? add_half_from_zero : add_half);
}

void nnq_tflite_add_mve(const nnq_call *call, int32_t first, int32_t count) {
    nnq_broadcast(call, first, count, add);
}

#endif
