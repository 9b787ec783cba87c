/* SPDX-License-Identifier: Apache-2.0
 * Requantization: both roundings against wide arithmetic and against values worked out by hand, extremes included.
 */
#include "../../CRuntime/src/requant.h"

#include "support/check.h"
#include "support/reference.h"

/* An accumulator through the runtime's code, without a model around it; the record with this base. */
static int32_t requantize_with(int32_t base, int32_t acc, int32_t rounding, int32_t pre_shift, int32_t multiplier,
                               int32_t shift, int32_t zero_point, int32_t act_min, int32_t act_max) {
    uint8_t constants[5];
    nnq_requant requant;
    const uint32_t packed = ((uint32_t)multiplier & 0x3fffffffu) + 0x40000000u * (uint32_t)(shift - base);
    put_u32(constants, base > 0 ? packed : (uint32_t)multiplier);
    constants[4] = (uint8_t)shift;
    requant.record = constants;
    requant.shift = constants + 4;
    requant.base = base;
    requant.twice = rounding;
    requant.pre_scale = (int32_t)(1u << pre_shift);
    requant.zero_point = zero_point;
    requant.low = act_min - zero_point;
    requant.high = act_max - zero_point;
    return nnq_requantize(&requant, acc, 0);
}

static int32_t requantize(int32_t acc, int32_t rounding, int32_t pre_shift, int32_t multiplier, int32_t shift,
                          int32_t zero_point, int32_t act_min, int32_t act_max) {
    return requantize_with(0, acc, rounding, pre_shift, multiplier, shift, zero_point, act_min, act_max);
}

/* A half, a quarter and so on of small numbers: multiplier 2^30 and shift 30 + n give acc / 2^n. */
static void known_values(void **state) {
    static const struct {
        int32_t acc, rounding, shift, expected;
    } cases[] = {
        /* once: half up */
        {1, 0, 33, 0},   /* 1/8 */
        {4, 0, 33, 1},   /* 1/2, up */
        {-4, 0, 33, 0},  /* -1/2, up */
        {-5, 0, 33, -1}, /* -5/8 */
        {12, 0, 33, 2},  /* 3/2, up */
        {-12, 0, 33, -1},
        /* twice: h = acc / 2 (ties up), then / 2^(shift - 31), ties away from zero */
        {1, 1, 31, 1},   /* 1/2: tie of a positive product, away */
        {-1, 1, 31, 0},  /* -1/2: tie of a negative product, towards zero */
        {-3, 1, 31, -1}, /* -3/2 */
        {3, 1, 31, 2},
        {1, 1, 32, 1},   /* 1/4 -> h = 1 -> 1/2 -> 1: the price of rounding twice; once would give 0 */
        {-2, 1, 32, -1}, /* h = -1 -> -1/2 -> -1 */
        {2, 1, 32, 1},
        {-3, 1, 32, -1}, /* h = -1 */
        {6, 1, 33, 1},   /* h = 3 -> 3/4 */
        {-6, 1, 33, -1},
        {5, 1, 30, 5},   /* left shift by 1: acc * 2 / 2 */
        {-5, 1, 29, -10},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(requantize(cases[i].acc, cases[i].rounding, 0, 1 << 30, cases[i].shift, 0, -128, 127),
                         cases[i].expected);
    }
}

static void against_wide(rng *r, int32_t acc, int32_t rounding, int32_t pre_shift, int32_t multiplier, int32_t shift) {
    const int32_t zero_point = rng_range(r, -128, 127);
    const int32_t low = rng_range(r, -128, 127);
    const int32_t high = rng_range(r, low, 127);
    const int32_t expected =
        reference_requantize(acc, rounding, pre_shift, multiplier, shift, zero_point, low, high);
    int32_t actual = requantize(acc, rounding, pre_shift, multiplier, shift, zero_point, low, high);
    const int32_t base = shift - rng_range(r, 0, 3);
    if (actual == expected && multiplier >= 1 << 30 && base > 0) {
        actual = requantize_with(base, acc, rounding, pre_shift, multiplier, shift, zero_point, low, high);
    }
    if (actual != expected) {
        fail_msg("acc %d rounding %d pre_shift %d multiplier %d shift %d: %d, not %d", acc, rounding, pre_shift,
                 multiplier, shift, actual, expected);
    }
}

/* All corners of what the certificate lets through, then random draws whose results spread over int8. */
static void wide_arithmetic(void **state) {
    static const int32_t multipliers[] = {0, 1, 2, (1 << 30) - 1, 1 << 30, (1 << 30) + 1, INT32_MAX - 1, INT32_MAX};
    rng r = rng_seeded("wide arithmetic");
    (void)state;
    for (int32_t rounding = 0; rounding <= 1; rounding++) {
        for (int32_t shift = rounding ? 1 : 33; shift <= 62; shift++) {
            for (int32_t pre_shift = 0; pre_shift <= (rounding ? 0 : 31); pre_shift++) {
                const int32_t most = INT32_MAX >> (rounding ? (shift < 31 ? 31 - shift : 0) : pre_shift);
                const int32_t accs[] = {0, most > 0, -(most > 0), most, -most, most / 2, -most / 2, most - most / 9};
                for (size_t m = 0; m < sizeof multipliers / sizeof *multipliers; m++) {
                    for (size_t a = 0; a < sizeof accs / sizeof *accs; a++) {
                        against_wide(&r, accs[a], rounding, pre_shift, multipliers[m], shift);
                    }
                }
                for (int i = 0; i < 200; i++) {
                    const int32_t acc = rng_range(&r, -most, most);
                    against_wide(&r, acc, rounding, pre_shift, rng_range(&r, 0, INT32_MAX), shift);
                }
            }
        }
    }
}

/* Accumulators at and around every tie. */
static void ties(void **state) {
    rng r = rng_seeded("ties");
    (void)state;
    for (int32_t acc = -5000; acc <= 5000; acc++) {
        for (int32_t shift = 33; shift <= 40; shift++) {
            against_wide(&r, acc, 0, 0, 1 << 30, shift);
            against_wide(&r, acc, 0, 3, 1 << 28, shift);
            against_wide(&r, acc, 1, 0, 1 << 30, shift - 3);
            against_wide(&r, acc, 1, 0, 3 << 29, shift);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values),
        cmocka_unit_test(wide_arithmetic),
        cmocka_unit_test(ties),
    };
    return cmocka_run_group_tests_name("requantize", tests, NULL, NULL);
}
