/* SPDX-License-Identifier: Apache-2.0
 * add for Armv7E-M: 26 instructions for four outputs.
 */
#include "../shape.h"
#include "assembly.h"

#if NNQ_ISA_DSP

#include "../add.h"

typedef struct sums {
    const int8_t *a;
    const int8_t *b;
    int8_t *output;
    int32_t fours; /* 1 or more */
    int32_t multipliers; /* a's in the lower half */
    int32_t constant;
    int32_t shift;
} sums;

/* A product of pairs of a and b for each output.
 *     r0 a  r1 b  r2 output  r3 fours left  r4 multipliers  r5 constant  r6 shift */
NNQ_ASSEMBLY void add_fours(NNQ_REGISTER const sums *of) {
    __asm__("push {r4-r10, lr}\n"
            "ldm r0, {r0-r6}\n"
            "1: ldr r7, [r0], #4\n"
            "ldr r8, [r1], #4\n"
            "pkhbt r9, r7, r8, lsl #16\n" /* elements 0 and 1 of a and b */
            "pkhtb r10, r8, r7, asr #16\n" /* 2 and 3 */
            "sxtb16 r7, r9\n"
            "sxtb16 r8, r9, ror #8\n"
            "sxtb16 r9, r10\n"
            "sxtb16 r10, r10, ror #8\n"
            "smlad r7, r7, r4, r5\n"
            "smlad r8, r8, r4, r5\n"
            "smlad r9, r9, r4, r5\n"
            "smlad r10, r10, r4, r5\n"
            "asrs r7, r7, r6\n"
            "asr r8, r8, r6\n"
            "asr r9, r9, r6\n"
            "asr r10, r10, r6\n"
            "ssat r7, #8, r7\n"
            "ssat r8, #8, r8\n"
            "ssat r9, #8, r9\n"
            "ssat r10, #8, r10\n"
            "bfi r7, r8, #8, #8\n"
            "bfi r9, r10, #8, #8\n"
            "pkhbt r7, r7, r9, lsl #16\n"
            "str r7, [r2], #4\n"
            "subs r3, r3, #1\n"
            "bne 1b\n"
            "pop {r4-r10, pc}\n");
}

static void add(const nnq_call *call, const nnq_pair *pair) {
    const nnq_add_params *p = &call->params.add;
    nnq_pair rest = *pair;
    const int32_t fours = pair->step_a + pair->step_b == 2 ? pair->count / 4 : 0;
    if (fours > 0) {
        const sums of = {pair->a,
                         pair->b,
                         pair->output,
                         fours,
                         (int32_t)((uint32_t)p->multiplier_b << 16 | (uint16_t)p->multiplier_a),
                         p->constant,
                         p->shift};
        add_fours(&of);
        nnq_clamp_run(pair->output, 4 * fours, p->act_min, p->act_max);
        rest.a += 4 * fours;
        rest.b += 4 * fours;
        rest.output += 4 * fours;
        rest.count -= 4 * fours;
    }
    nnq_add_pair(call, &rest);
}

void nnq_add_dsp(const nnq_call *call, int32_t first, int32_t count) {
    nnq_broadcast(call, first, count, add);
}

#endif
