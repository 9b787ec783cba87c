/* SPDX-License-Identifier: Apache-2.0
 * dense for RV32: the sums of four outputs in three words; dense_rv32_layout.c has the constants.
 *
 * A word W of the weights of outputs A, B, C, D holds them as bytes, plus 128. All arithmetic being modulo 2^32, with X the
 * sum of the inputs x, these are sums over x of x * W, x * (W >> 8 & 00ff00ff) and x * (W >> 16):
 *
 *     T1 = A + B << 8 + C << 16 + D << 24 + 128 * X * 01010101
 *     T2 = B + D << 16                    + 128 * X * 00010001
 *     T3 = C + D << 8                     + 128 * X * 00000101
 *
 * So they start at the negative of what X adds. |A| .. |D| being less than 2^23, they follow exactly: A + C << 16 is
 * T1 - T2 << 8, and what T3 lacks of the upper halves of that and of T2 are the top bytes of A and of B. The loop has 41
 * instructions for 16 products.
 */
#include "../shape.h"

#if NNQ_ISA_RV32

#include "dense_rv32.h"

/* Constants are read in words. */
typedef const uint32_t __attribute__((may_alias)) dense_word;

/* The three sums of four outputs. */
typedef struct dense_sums {
    uint32_t t1;
    uint32_t t2;
    uint32_t t3;
} dense_sums;

/* Adds to the sums of sixteen outputs. s0 .. s11: sums, a0: where they lie, a1: weights, a2: input, a3: its end, a4: x,
 * a5: word of weights, a7: mask, t0, t1: words made of it. */
__attribute__((naked, noinline)) static void dense_sixteen(__attribute__((unused)) dense_sums *sums,
                                                           __attribute__((unused)) const uint8_t *weights,
                                                           __attribute__((unused)) const int8_t *input,
                                                           __attribute__((unused)) const int8_t *end) {
    __asm__(
        ".macro dense_four word, s1, s2, s3\n"
        "lw a5, \\word(a1)\n"
        "srli t0, a5, 8\n and t0, t0, a7\n srli t1, a5, 16\n"
        "mul a5, a5, a4\n mul t0, t0, a4\n mul t1, t1, a4\n"
        "add \\s1, \\s1, a5\n add \\s2, \\s2, t0\n add \\s3, \\s3, t1\n"
        ".endm\n"
        ".macro dense_input x, words\n"
        "lb a4, \\x(a2)\n"
        "dense_four \\words, s0, s1, s2\n dense_four \\words+4, s3, s4, s5\n"
        "dense_four \\words+8, s6, s7, s8\n dense_four \\words+12, s9, s10, s11\n"
        ".endm\n"
        ".macro dense_all op, at, frame\n"
        "\\op s0, 0+\\at(\\frame)\n \\op s1, 4+\\at(\\frame)\n \\op s2, 8+\\at(\\frame)\n \\op s3, 12+\\at(\\frame)\n"
        "\\op s4, 16+\\at(\\frame)\n \\op s5, 20+\\at(\\frame)\n \\op s6, 24+\\at(\\frame)\n \\op s7, 28+\\at(\\frame)\n"
        "\\op s8, 32+\\at(\\frame)\n \\op s9, 36+\\at(\\frame)\n \\op s10, 40+\\at(\\frame)\n \\op s11, 44+\\at(\\frame)\n"
        ".endm\n"
        "addi sp, sp, -48\n"
        "dense_all sw, 0, sp\n"
        "dense_all lw, 0, a0\n"
        "li a7, 0x00ff00ff\n"
        /* an odd number of inputs begins in the loop's middle */
        "sub a4, a3, a2\n andi a4, a4, 1\n beqz a4, 1f\n addi a1, a1, -16\n addi a2, a2, -1\n j 2f\n"
        "1: dense_input 0, 0\n"
        "2: dense_input 1, 16\n"
        "addi a1, a1, 32\n addi a2, a2, 2\n bne a2, a3, 1b\n"
        "dense_all sw, 0, a0\n"
        "dense_all lw, 0, sp\n"
        "addi sp, sp, 48\n ret\n"
        ".purgem dense_four\n .purgem dense_input\n .purgem dense_all\n");
}

/* The same for four outputs. */
static void dense_four(dense_sums *sums, dense_word *weights, const int8_t *input, const int8_t *end) {
    while (input != end) {
        const uint32_t x = (uint32_t)*input++;
        const uint32_t word = *weights++;
        sums->t1 += x * word;
        sums->t2 += x * (word >> 8 & 0x00ff00ffu);
        sums->t3 += x * (word >> 16);
    }
}

/* A .. D, times 256. */
static void dense_split(int32_t *split, const dense_sums *sums) {
    const uint32_t e = sums->t1 - (sums->t2 << 8); /* A + C << 16 */
    const uint32_t o = sums->t2;                   /* B + D << 16 */
    const uint32_t tops = (e >> 16) + (o >> 16 << 8) - sums->t3;
    const int32_t a = (int8_t)tops; /* the top byte of A, and of B */
    const int32_t b = (int8_t)((tops - (uint32_t)a) >> 8);
    const uint32_t c = ((e >> 16) - (uint32_t)a) & 0xffffu; /* C modulo 2^16, and D */
    const uint32_t d = ((o >> 16) - (uint32_t)b) & 0xffffu;
    const uint32_t rest = sums->t3 - c - (d << 8); /* their top bytes, at 16 and 24 */
    const uint32_t top = (uint32_t)(int8_t)(rest >> 16);
    split[0] = (int32_t)((e - (c << 16)) << 8);
    split[1] = (int32_t)((o - (d << 16)) << 8);
    split[2] = (int32_t)((c + rest) << 8);
    split[3] = (int32_t)((d << 8) + (rest - (top << 16)));
}

static void dense_outputs(const nnq_shape *shape, const dense_sums *sums, dense_word *scales, int8_t *output,
                          int32_t count) {
    int32_t split[NNQ_DENSE_RV32_FOUR];
    dense_split(split, sums);
    for (int32_t i = 0; i < count; i++) {
        const int32_t bias = (int32_t)scales[2] >> 8;
        const nnq_high_scale scale = {(int32_t)scales[0], (int32_t)scales[1], scales[2] & 31};
        const int32_t value = nnq_scale_high((split[i] >> 8) + bias, &scale, shape->away);
        output[i] = (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
        scales += NNQ_DENSE_RV32_SCALE / 4;
    }
}

static uint32_t dense_total(const int8_t *input, const int8_t *end) {
    uint32_t total = 0;
    while (input != end) {
        total += (uint32_t)*input++;
    }
    return total;
}

void nnq_dense_rv32(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                    uint8_t *scratch) {
    const int8_t *end = input + shape->in_channels;
    dense_word *scales = (dense_word *)(constants + nnq_dense_rv32_weights(shape));
    const uint32_t offset = 0u - 128 * dense_total(input, end);
    const dense_sums start = {offset * 0x01010101u, offset * 0x00010001u, offset * 0x00000101u};
    (void)scratch;
    for (int32_t left = shape->out_channels; left > 0;) {
        const int32_t fours = left >= NNQ_DENSE_RV32_GROUP ? 4 : 1;
        dense_sums sums[4] = {start, start, start, start};
        if (fours == 4) {
            dense_sixteen(sums, constants, input, end);
        } else {
            dense_four(sums, (dense_word *)constants, input, end);
        }
        constants += 4 * fours * shape->in_channels;
        for (int32_t i = 0; i < fours; i++) {
            dense_outputs(shape, &sums[i], scales, output, left < 4 ? left : 4);
            scales += NNQ_DENSE_RV32_SCALE;
            output += 4;
            left -= 4;
        }
    }
}

#endif
