/* SPDX-License-Identifier: Apache-2.0
 * tflite_softmax and l2_normalize as SPEC.md defines them.
 */
#include "reference_parts.h"

/* a * b / 2^31, half up. */
static wide times(wide a, wide b) {
    return floor_divide(a * b + power_of_two(30), power_of_two(31));
}

/* a * 2^n, saturated. */
static wide raise_by(wide a, int32_t n) {
    return clamp_wide(a * power_of_two(n), INT32_MIN, INT32_MAX);
}

/* exp(-d / 2^26), d above 0. */
static wide exponential(wide d) {
    static const wide factors[7] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
    /* The quarters of d, less one where it is a multiple, go into the factors; the rest is in (0, 1/4]. */
    const wide quarters = (d - 1) / power_of_two(24);
    const wide x = (quarters * power_of_two(24) - d) * 32 + power_of_two(28);
    const wide x2 = times(x, x);
    const wide x3 = times(x2, x);
    const wide x4 = times(x2, x2);
    const wide tail = divide_away(times(divide_away(x4, 4) + x3, 715827883) + x2, 2);
    wide result = 1895147668 + times(1895147668, x + tail);
    for (int32_t i = 0; i < 7; i++) {
        if (quarters / power_of_two(i) % 2 != 0) {
            result = times(result, factors[i]);
        }
    }
    return result;
}

/* The exponential of a channel that is `difference` below the largest. */
static wide softmax_power(const nnq_tflite_softmax_params *p, wide difference) {
    const wide scaled = difference * power_of_two(31 - p->shift);
    if (difference == 0) {
        return INT32_MAX;
    }
    if (scaled > 31 * power_of_two(26)) {
        return 0;
    }
    const wide d = -times(-scaled, p->multiplier);
    return d == 0 ? INT32_MAX : exponential(d);
}

/* 1 / (1 + a / 2^31) */
static wide softmax_reciprocal(wide a) {
    const wide half = (a + power_of_two(31)) / 2;
    wide x = 1515870810 + times(half, -1010580540);
    for (int i = 0; i < 3; i++) {
        x += raise_by(times(x, power_of_two(29) - times(half, x)), 2);
    }
    return raise_by(x, 1);
}

int8_t reference_tflite_softmax(const context *c, int32_t y, int32_t x, int32_t channel) {
    const nnq_tflite_softmax_params *p = &c->op->params.tflite_softmax;
    const int8_t *q = c->input + element(c->in, y, x, 0);
    int32_t top = -128;
    wide sum = 0;
    int32_t bits = 0;
    for (int32_t k = 0; k < c->in->channels; k++) {
        top = q[k] > top ? q[k] : top;
    }
    for (int32_t k = 0; k < c->in->channels; k++) {
        sum += divide_away(softmax_power(p, top - q[k]), 4096);
    }
    while (power_of_two(bits + 1) <= sum) {
        bits++;
    }
    const wide inverse = softmax_reciprocal(sum * power_of_two(31 - bits) - power_of_two(31));
    const wide share = divide_away(times(inverse, softmax_power(p, top - q[channel])), power_of_two(bits + 4));
    return (int8_t)(clamp_wide(share, 0, 255) - 128);
}

/* multiplier and shift such that 1 / sqrt(sum) is multiplier / 2^shift; sum above 1. */
static wide inverse_root(wide sum, int32_t *shift) {
    wide x = power_of_two(28);
    int32_t pairs = 0;
    *shift = 42;
    while (sum >= power_of_two(29)) {
        sum /= 4;
        (*shift)++;
    }
    while (sum * power_of_two(2 * pairs) < power_of_two(27)) {
        pairs++;
    }
    *shift -= pairs;
    const wide half = divide_away(sum * power_of_two(2 * pairs) / 2, 2);
    for (int i = 0; i < 5; i++) {
        x = raise_by(times(3 * power_of_two(27), x) - times(half, raise_by(times(times(x, x), x), 6)), 3);
    }
    x = times(x, 1518500250);
    for (; *shift < 31; (*shift)++) {
        x *= 2;
    }
    return x;
}

int8_t reference_l2_normalize(const context *c, int32_t y, int32_t x, int32_t channel) {
    const int8_t *q = c->input + element(c->in, y, x, 0);
    const int64_t own = q[channel] - c->in->zero_point;
    wide sum = 0;
    int32_t shift = 31;
    wide multiplier = INT32_MAX;
    for (int32_t k = 0; k < c->in->channels; k++) {
        sum += (q[k] - c->in->zero_point) * (q[k] - c->in->zero_point);
    }
    if (sum > 1) {
        multiplier = inverse_root(sum, &shift);
    }
    return (int8_t)reference_requantize(own, 1, 0, (int32_t)multiplier, shift - 7, 0, -128, 127);
}
