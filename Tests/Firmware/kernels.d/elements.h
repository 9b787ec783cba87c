/* SPDX-License-Identifier: Apache-2.0
 * Tests of the kernels of ops without weights.
 */
#ifndef ELEMENTS_H
#define ELEMENTS_H

#include <stdint.h>

/* Tests each on so many random shapes, or only the one of a name that is not empty; returns how many were tested. */
int32_t test_elements(uint32_t cases, uint32_t seed, const char *only);

#endif
