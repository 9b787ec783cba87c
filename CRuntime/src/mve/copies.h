/* SPDX-License-Identifier: Apache-2.0
 * Copying and filling with Helium; addresses of any alignment.
 */
#ifndef NNQ_MVE_COPIES_H
#define NNQ_MVE_COPIES_H

#include "../shape.h"

#define NNQ_MVE_NAKED __attribute__((naked, noinline))
#define NNQ_MVE_UNUSED __attribute__((unused))

/* `bytes` bytes of `value` to `to`. */
NNQ_MVE_NAKED static void nnq_mve_fill(NNQ_MVE_UNUSED void *to, NNQ_MVE_UNUSED int32_t value,
                                       NNQ_MVE_UNUSED uint32_t bytes) {
    __asm__("push   {r4, lr}\n"
            "vdup.8 q0, r1\n"
            "wlstp.8 lr, r2, 2f\n"
            "1: vstrb.8 q0, [r0], #16\n"
            "letp   lr, 1b\n"
            "2: pop {r4, pc}\n");
}

/* `bytes` bytes from `from` to `to`: 64 at a time where both are at multiples of 4. */
NNQ_MVE_NAKED static void nnq_mve_copy(NNQ_MVE_UNUSED void *to, NNQ_MVE_UNUSED const void *from,
                                       NNQ_MVE_UNUSED uint32_t bytes) {
    __asm__("push   {r4, lr}\n"
            "orr    r3, r0, r1\n"
            "lsls   r3, r3, #30\n"
            "bne    2f\n"
            "lsr    r3, r2, #6\n"
            "wls    lr, r3, 2f\n"
            "1: vldmia r1!, {d0-d7}\n"
            "vstmia r0!, {d0-d7}\n"
            "sub    r2, r2, #64\n"
            "le     lr, 1b\n"
            "2: wlstp.8 lr, r2, 4f\n"
            "3: vldrb.u8 q0, [r1], #16\n"
            "vstrb.8 q0, [r0], #16\n"
            "letp   lr, 3b\n"
            "4: pop {r4, pc}\n");
}

#endif
