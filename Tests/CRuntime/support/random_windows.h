/* SPDX-License-Identifier: Apache-2.0
 * A random window along one axis.
 */
#ifndef RANDOM_WINDOWS_H
#define RANDOM_WINDOWS_H

#include "rng.h"

typedef struct random_window {
    int32_t kernel, stride, dilation, before, after, out;
} random_window;

/* Over `in` elements. Pads may exceed the kernel where `wide_pads` is set. */
random_window random_axis(rng *r, int32_t in, int32_t dilated, int32_t wide_pads);

#endif
