/* SPDX-License-Identifier: Apache-2.0
 * Where a row lies, and the part of a window that lies inside of the map.
 */
#include "kernel.h"

int8_t *nnq_row(const nnq_call *call, const nnq_tensor *tensor, int32_t y) {
    return (int8_t *)call->arena + tensor->offset + (size_t)nnq_slot(tensor, y) * nnq_row_bytes(tensor);
}

nnq_taps nnq_taps_inside(int32_t start, int32_t dilation, int32_t kernel, int32_t size) {
    nnq_taps taps = {0, kernel};
    if (start < 0) {
        taps.first = nnq_min((dilation - 1 - start) / dilation, kernel);
    }
    if (start + (kernel - 1) * dilation >= size) {
        taps.end = start < size ? (size - start + dilation - 1) / dilation : 0;
    }
    if (taps.end < taps.first) {
        taps.end = taps.first;
    }
    return taps;
}
