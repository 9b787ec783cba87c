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

/* `count` pieces of 16 bytes, `step` apart, to `to`, one behind the other. */
NNQ_MVE_NAKED static void copy_plane(NNQ_MVE_UNUSED int8_t *to, NNQ_MVE_UNUSED const int8_t *from,
                                     NNQ_MVE_UNUSED uint32_t step, NNQ_MVE_UNUSED int32_t count) {
    __asm__("push   {r4, lr}\n"
            "dls    lr, r3\n"
            "1: vldrb.u8 q0, [r1]\n"
            "add    r1, r1, r2\n"
            "vstrb.8 q0, [r0], #16\n"
            "le     lr, 1b\n"
            "pop    {r4, pc}\n");
}

static void load_row(const nnq_shape *shape, const int8_t *from, int8_t *padded, int32_t planes) {
    const int32_t depth = shape->in_channels;
    const uint32_t bytes = nnq_row_under_windows(shape);
    if (!planes || depth == 16) {
        nnq_mve_copy(padded + shape->pad_left * depth, from, bytes);
        return;
    }
    for (int32_t channel = 0; channel < depth; channel += 16) {
        copy_plane(padded + shape->pad_left * 16, from + channel, (uint32_t)depth, (int32_t)bytes / depth);
        padded += nnq_padded_width(shape) * 16;
    }
}

void nnq_mve_load_rows(const nnq_shape *shape, const int8_t *input, int32_t row, int32_t count, int8_t *padded,
                       int32_t planes) {
    const uint32_t pitch = nnq_padded_row(shape);
    for (const int32_t end = row + count; row < end; row++, padded += pitch) {
        if (row >= 0 && row < shape->in_height) {
            load_row(shape, input + row * shape->in_width * shape->in_channels, padded, planes);
        } else {
            nnq_mve_fill(padded, shape->in_zero_point, pitch);
        }
    }
}

#endif
