/* SPDX-License-Identifier: Apache-2.0
 * tflite_add for Armv7E-M: 14 instructions an output where one input is multiplied by exactly a half.
 */
#include "../shape.h"
#include "assembly.h"

#if NNQ_ISA_DSP

#include "../tflite_add.h"

/* r0 half  r1 other  r2 output  r3 pairs left  r4 half_base  r5 other_base  r6 other_multiplier  r7 other_addend
 * r8 other_shift  r9 multiplier  r10 addend  r11 shift  r12 sum  lr temporary */
#define ELEMENT                                                                                                        \
    "ldrsb r12, [r1], #1\n"                                                                                            \
    "add r12, r5, r12, lsl #21\n"                                                                                      \
    "add lr, r7, r12, asr #31\n"                                                                                       \
    "smmlar r12, r12, r6, lr\n"                                                                                        \
    "asr r12, r12, r8\n"                                                                                               \
    "ldrsb lr, [r0], #1\n"                                                                                             \
    "add lr, r4, lr, lsl #20\n"                                                                                        \
    "add r12, lr, r12, lsl #1\n"                                                                                       \
    "add lr, r10, r12, asr #31\n"                                                                                      \
    "smmlar r12, r12, r9, lr\n"                                                                                        \
    "asr r12, r12, r11\n"                                                                                              \
    "ssat r12, #8, r12\n"                                                                                              \
    "strb r12, [r2], #1\n"

/* nnq_half_sum's formula. */
NNQ_ASSEMBLY void add_half(NNQ_REGISTER const nnq_half_sum *sum) {
    __asm__("push {r4-r11, lr}\n"
            "ldm r0, {r0-r11}\n"
            "adds r3, r3, #1\n"
            "lsrs r3, r3, #1\n"
            "bcc 2f\n" /* of an odd number, the first pair has one */
            "1:\n" ELEMENT "2:\n" ELEMENT
            "subs r3, r3, #1\n"
            "bne 1b\n"
            "pop {r4-r11, pc}\n");
}

#undef ELEMENT

static void add(const nnq_call *call, const nnq_pair *pair) {
    nnq_tflite_add_pair(call, pair, add_half);
}

void nnq_tflite_add_dsp(const nnq_call *call, int32_t first, int32_t count) {
    nnq_broadcast(call, first, count, add);
}

#endif
