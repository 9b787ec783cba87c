/* SPDX-License-Identifier: Apache-2.0
 * What the reference's ops share.
 */
#ifndef REFERENCE_PARTS_H
#define REFERENCE_PARTS_H

#include "reference.h"

__extension__ typedef __int128 wide;

/* One op, its tensors, and its constants. */
typedef struct context {
    const builder *b;
    const builder_op *op;
    const builder_tensor *in;
    const builder_tensor *out;
    const int8_t *input;
    int8_t *output;
    int8_t *const *tensors; /* all that there are, by index */
} context;

wide floor_divide(wide a, wide b);
/* a / b to nearest, ties away from zero; b > 0. */
wide divide_away(wide a, wide b);
wide power_of_two(int32_t exponent);
int32_t clamp_wide(wide value, int32_t low, int32_t high);
int32_t element(const builder_tensor *t, int32_t y, int32_t x, int32_t channel);

/* Output element (y, x, channel) of the ops in reference_elementwise.c. */
void reference_constant(const context *c, int32_t i);
int8_t reference_add(const context *c, int32_t y, int32_t x, int32_t channel);
int8_t reference_tflite_add(const context *c, int32_t y, int32_t x, int32_t channel);
int8_t reference_mul(const context *c, int32_t y, int32_t x, int32_t channel);
int8_t reference_minimum(const context *c, int32_t y, int32_t x, int32_t channel);
int8_t reference_maximum(const context *c, int32_t y, int32_t x, int32_t channel);
int8_t reference_prelu(const context *c, int32_t y, int32_t x, int32_t channel);
int8_t reference_reduce(const context *c, int32_t y, int32_t x, int32_t channel);

/* And of those in reference_fixed_point.c. */
int8_t reference_tflite_softmax(const context *c, int32_t y, int32_t x, int32_t channel);
int8_t reference_l2_normalize(const context *c, int32_t y, int32_t x, int32_t channel);

#endif
