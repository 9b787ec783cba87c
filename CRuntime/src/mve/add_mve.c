/* SPDX-License-Identifier: Apache-2.0
 * add for Helium: 9 instructions for four outputs.
 */
#include "../shape.h"

#if NNQ_ISA_MVE

#include "../add.h"
#include "naked.h"

typedef struct sums {
    const int8_t *a;
    const int8_t *b;
    int8_t *output;
    int32_t count;
    int32_t multiplier_a;
    int32_t multiplier_b;
    int32_t constant;
    int32_t shift;
} sums;

/* r0 a  r1 b  r2 output  r3 outputs  r5 multiplier_b  r6 constant  r7 shift  q2 multiplier_a */
NNQ_MVE_NAKED static void add_all(NNQ_MVE_UNUSED const sums *of) {
    __asm__("push   {r4-r7, lr}\n"
            "ldmia  r0, {r0-r7}\n"
            "vdup.32 q2, r4\n"
            "rsbs   r7, r7, #0\n"
            "wlstp.32 lr, r3, 2f\n"
            "1: vldrb.s32 q0, [r0], #4\n"
            "vmlas.s32 q0, q2, r6\n"
            "vldrb.s32 q1, [r1], #4\n"
            "vmla.s32 q0, q1, r5\n"
            "vshl.s32 q0, r7\n"
            "vqmovnb.s32 q0, q0\n"
            "vqmovnb.s16 q0, q0\n"
            "vstrb.32 q0, [r2], #4\n"
            "letp   lr, 1b\n"
            "2: pop {r4-r7, pc}\n");
}

static void add(const nnq_call *call, const nnq_pair *pair) {
    const nnq_add_params *p = &call->params.add;
    const sums of = {pair->a,         pair->b,         pair->output, pair->count,
                     p->multiplier_a, p->multiplier_b, p->constant,  p->shift};
    if (pair->step_a + pair->step_b == 2) {
        add_all(&of);
        nnq_clamp_run(pair->output, pair->count, p->act_min, p->act_max);
    } else {
        nnq_add_pair(call, pair);
    }
}

void nnq_add_mve(const nnq_call *call, int32_t first, int32_t count) {
    nnq_broadcast(call, first, count, add);
}

#endif
