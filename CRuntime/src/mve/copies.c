/* SPDX-License-Identifier: Apache-2.0
 * copies.h.
 */
#include "copies.h"

#if NNQ_ISA_MVE

#include "naked.h"
#include "windows.h"

NNQ_MVE_NAKED void nnq_mve_fill(NNQ_MVE_UNUSED void *to, NNQ_MVE_UNUSED int32_t value, NNQ_MVE_UNUSED uint32_t bytes) {
    __asm__("push   {r4, lr}\n"
            "vdup.8 q0, r1\n"
            "wlstp.8 lr, r2, 2f\n"
            "1: vstrb.8 q0, [r0], #16\n"
            "letp   lr, 1b\n"
            "2: pop {r4, pc}\n");
}

/* Fastest where both addresses are multiples of 4. */
NNQ_MVE_NAKED static void copy(NNQ_MVE_UNUSED void *to, NNQ_MVE_UNUSED const void *from,
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

uint32_t nnq_mve_row_under_windows(const nnq_shape *shape) {
    const uint32_t columns = nnq_padded_width(shape) - shape->pad_left;
    return (columns < shape->in_width ? columns : shape->in_width) * shape->in_channels;
}

static void load_planes(const nnq_shape *shape, const int8_t *from, int32_t columns, int8_t *padded) {
    for (const int8_t *end = from + shape->in_channels; from < end; from += 16) {
        copy_plane(padded + shape->pad_left * 16, from, shape->in_channels, columns);
        padded += nnq_padded_width(shape) * 16;
    }
}

void nnq_mve_load_rows(const nnq_shape *shape, const int8_t *input, int32_t row, int32_t count, int8_t *padded,
                       int32_t planes) {
    const uint32_t depth = shape->in_channels;
    const uint32_t bytes = nnq_mve_row_under_windows(shape);
    const uint32_t pitch = nnq_padded_row(shape);
    for (const int32_t end = row + count; row < end; row++, padded += pitch) {
        const int8_t *from = input + row * (int32_t)(shape->in_width * depth);
        if (row < 0 || row >= shape->in_height) {
            nnq_mve_fill(padded, shape->in_zero_point, pitch);
        } else if (planes && depth > 16) {
            load_planes(shape, from, (int32_t)(bytes / depth), padded);
        } else {
            copy(padded + shape->pad_left * depth, from, bytes);
        }
    }
}

#endif
