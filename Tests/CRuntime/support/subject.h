/* SPDX-License-Identifier: Apache-2.0
 * A legal model of five ops, for tests that break it.
 */
#ifndef SUBJECT_H
#define SUBJECT_H

#include "builder.h"

/* A model that is legal, for one change each: conv2d 4x4x2 -> 4x4x3, max_pool -> 2x2x3, add with itself, dense -> 4,
 * softmax. */
typedef struct subject {
    builder b;
    built file;
} subject;

enum { CONV, POOL, ADD, DENSE, SOFTMAX };

/* A fresh one; the one made before is freed. */
subject *subject_make(void);

#endif
