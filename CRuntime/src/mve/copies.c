/* SPDX-License-Identifier: Apache-2.0
 * copies.h, rows.h.
 */
#include "copies.h"

#if NNQ_ISA_MVE

#include "naked.h"
#include "rows.h"

NNQ_MVE_NAKED void nnq_mve_fill(NNQ_MVE_UNUSED void *to, NNQ_MVE_UNUSED int32_t value, NNQ_MVE_UNUSED uint32_t bytes) {
    __asm__("push   {r4, lr}\n"
            "vdup.8 q0, r1\n"
            "wlstp.8 lr, r2, 2f\n"
            "1: vstrb.8 q0, [r0], #16\n"
            "letp   lr, 1b\n"
            "2: pop {r4, pc}\n");
}

NNQ_MVE_NAKED void nnq_mve_copy(NNQ_MVE_UNUSED void *to, NNQ_MVE_UNUSED const void *from,
                                NNQ_MVE_UNUSED uint32_t bytes) {
    __asm__("push   {r4, lr}\n"
            "orr    r3, r0, r1\n"
            "lsls   r3, r3, #30\n"
            "bne    2f\n"
            "lsr    r3, r2, #6\n"
            "and    r2, r2, #63\n"
            "wls    lr, r3, 2f\n"
            "1: vldmia r1!, {d0-d7}\n"
            "vstmia r0!, {d0-d7}\n"
            "le     lr, 1b\n"
            "2: wlstp.8 lr, r2, 4f\n"
            "3: vldrb.u8 q0, [r1], #16\n"
            "vstrb.8 q0, [r0], #16\n"
            "letp   lr, 3b\n"
            "4: pop {r4, pc}\n");
}

void nnq_mve_load_rows(const nnq_shape *shape, const int8_t *input, int32_t row, int32_t count, int8_t *padded) {
    const int32_t width = shape->in_width * shape->in_channels;
    const int32_t margin = shape->pad_left * shape->in_channels;
    const uint32_t pitch = nnq_padded_row(shape);
    for (const int32_t end = row + count; row < end; row++, padded += pitch) {
        if (row >= 0 && row < shape->in_height) {
            nnq_mve_copy(padded + margin, input + row * width, nnq_row_under_windows(shape));
        } else {
            nnq_mve_fill(padded, shape->in_zero_point, pitch);
        }
    }
}

#endif
