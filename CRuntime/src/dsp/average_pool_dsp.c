/* SPDX-License-Identifier: Apache-2.0
 * average_pool for Armv7E-M: 9 instructions for eight elements of a sum.
 */
#include "../shape.h"
#include "assembly.h"

#if NNQ_ISA_DSP

#include "../average_pool.h"

/* Channels are added up in halfwords, channels n and n + 2 in one register; 255 times 128 still fit.
 *     r0 input  r1 step  r2 pixels left after these  r3 acc  r4 .. r7 halfwords  r8, r9 inputs  r12 of these left */
NNQ_ASSEMBLY void add_lanes(NNQ_REGISTER const int8_t *input, NNQ_REGISTER int32_t step, NNQ_REGISTER int32_t count,
                            NNQ_REGISTER int32_t *acc) {
    __asm__("push {r4-r11, lr}\n"
            "1: movs r4, #0\n"
            "movs r5, #0\n"
            "movs r6, #0\n"
            "movs r7, #0\n"
            "cmp r2, #255\n"
            "ite lt\n"
            "movlt r12, r2\n"
            "movge r12, #255\n"
            "subs r2, r2, r12\n"
            "2: ldr r8, [r0]\n"
            "ldr r9, [r0, #4]\n"
            "add r0, r0, r1\n"
            "sxtab16 r4, r4, r8\n"
            "sxtab16 r5, r5, r8, ror #8\n"
            "sxtab16 r6, r6, r9\n"
            "sxtab16 r7, r7, r9, ror #8\n"
            "subs r12, r12, #1\n"
            "bne 2b\n"
            "ldm r3, {r8-r11}\n"
            "sxtah r8, r8, r4\n"
            "sxtah r9, r9, r5\n"
            "sxtah r10, r10, r4, ror #16\n"
            "sxtah r11, r11, r5, ror #16\n"
            "stm r3!, {r8-r11}\n"
            "ldm r3, {r8-r11}\n"
            "sxtah r8, r8, r6\n"
            "sxtah r9, r9, r7\n"
            "sxtah r10, r10, r6, ror #16\n"
            "sxtah r11, r11, r7, ror #16\n"
            "stm r3, {r8-r11}\n"
            "sub r3, r3, #16\n"
            "cmp r2, #0\n"
            "bne 1b\n"
            "pop {r4-r11, pc}\n");
}

void nnq_average_pool_dsp(const nnq_call *call, int32_t first, int32_t count) {
    nnq_average_pool_of(call, first, count, add_lanes);
}

#endif
