/* SPDX-License-Identifier: Apache-2.0
 * average_pool for Helium: 7 instructions for sixteen elements of a sum.
 */
#include "../shape.h"

#if NNQ_ISA_MVE

#include "../average_pool.h"
#include "naked.h"

/* Channels are added up in halfwords; 254 times 128 still fit.
 *     r0 input  r1 step  r2 pixels left after these  r3 acc  r12 pixels left of these */
NNQ_MVE_NAKED static void add_lanes(NNQ_MVE_UNUSED const int8_t *input, NNQ_MVE_UNUSED int32_t step,
                                    NNQ_MVE_UNUSED int32_t count, NNQ_MVE_UNUSED int32_t *acc) {
    __asm__("push   {r4, lr}\n"
            "sub    sp, sp, #16\n"
            "1: mov r12, #254\n"
            "cmp    r2, r12\n"
            "it     lt\n"
            "movlt  r12, r2\n"
            "subs   r2, r2, r12\n"
            "vmov.i16 q0, #0\n"
            "lsrs   r12, r12, #1\n"
            "bcc    2f\n" /* of an odd number, one by itself */
            "vldrb.s16 q0, [r0]\n"
            "add    r0, r0, r1\n"
            "2: wls lr, r12, 4f\n"
            "3: vldrb.s16 q1, [r0]\n"
            "add    r0, r0, r1\n"
            "vldrb.s16 q2, [r0]\n"
            "add    r0, r0, r1\n"
            "vadd.i16 q0, q0, q1\n"
            "vadd.i16 q0, q0, q2\n"
            "le     lr, 3b\n"
            "4: mov r4, sp\n"
            "vstrw.32 q0, [r4]\n"
            "vldrh.s32 q0, [r4]\n"
            "vldrh.s32 q1, [r4, #8]\n"
            "vldrw.u32 q2, [r3]\n"
            "vldrw.u32 q3, [r3, #16]\n"
            "vadd.i32 q2, q2, q0\n"
            "vadd.i32 q3, q3, q1\n"
            "vstrw.32 q2, [r3]\n"
            "vstrw.32 q3, [r3, #16]\n"
            "cmp    r2, #0\n"
            "bne    1b\n"
            "add    sp, sp, #16\n"
            "pop    {r4, pc}\n");
}

void nnq_average_pool_mve(const nnq_call *call, int32_t first, int32_t count) {
    nnq_average_pool_of(call, first, count, add_lanes);
}

#endif
