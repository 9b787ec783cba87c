/* SPDX-License-Identifier: Apache-2.0
 * dense for RV32: the sums of four outputs in three words; dense_rv32_layout.c has the constants.
 *
 * A word W of the weights of outputs A, B, C, D holds them as bytes, plus 128. All arithmetic being modulo 2^32, with X
 * the sum of the inputs x, these are sums over x of x * W, x * (W >> 8 & 00ff00ff) and x * (W >> 16):
 *
 *     T1 = A + B << 8 + C << 16 + D << 24 + 128 * X * 01010101
 *     T2 = B + D << 16                    + 128 * X * 00010001
 *     T3 = C + D << 8                     + 128 * X * 00000101
 *
 * So they start at the negative of what X adds. |A| .. |D| being less than 2^23, they follow exactly: A + C << 16 is
 * T1 - T2 << 8, and what T3 lacks of the upper halves of that and of T2 are the top bytes of A and of B. The loop has
 * 41 instructions for 16 products.
 */
#include "../shape.h"

#if NNQ_ISA_RV32

#include "dense_rv32.h"

typedef const uint32_t __attribute__((may_alias)) dense_word;

/* The three sums of four outputs. */
typedef struct dense_sums {
    uint32_t t1;
    uint32_t t2;
    uint32_t t3;
} dense_sums;

/* The sums of sixteen outputs, which begin at `start`. s0 .. s11: sums, a0: where they go, a1: weights, a2: input, a3:
 * its end; a4: x, a5: word of weights, a7: mask, t0, t1: words made of it. */
__attribute__((naked, noinline)) static void dense_sixteen(__attribute__((unused)) dense_sums *sums,
                                                           __attribute__((unused)) const uint8_t *weights,
                                                           __attribute__((unused)) const int8_t *input,
                                                           __attribute__((unused)) const int8_t *end,
                                                           __attribute__((unused)) const dense_sums *start) {
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
        ".macro dense_all op, at\n"
        "\\op s0, 0(\\at)\n \\op s1, 4(\\at)\n \\op s2, 8(\\at)\n \\op s3, 12(\\at)\n"
        "\\op s4, 16(\\at)\n \\op s5, 20(\\at)\n \\op s6, 24(\\at)\n \\op s7, 28(\\at)\n"
        "\\op s8, 32(\\at)\n \\op s9, 36(\\at)\n \\op s10, 40(\\at)\n \\op s11, 44(\\at)\n"
        ".endm\n"
        "addi sp, sp, -48\n"
        "dense_all sw, sp\n"
        "lw s0, 0(a4)\n lw s1, 4(a4)\n lw s2, 8(a4)\n mv s3, s0\n mv s4, s1\n mv s5, s2\n"
        "mv s6, s0\n mv s7, s1\n mv s8, s2\n mv s9, s0\n mv s10, s1\n mv s11, s2\n"
        "li a7, 0x00ff00ff\n"
        /* an odd number of inputs begins in the loop's middle */
        "sub a4, a3, a2\n andi a4, a4, 1\n beqz a4, 1f\n addi a1, a1, -16\n addi a2, a2, -1\n j 2f\n"
        "1: dense_input 0, 0\n"
        "2: dense_input 1, 16\n"
        "addi a1, a1, 32\n addi a2, a2, 2\n bne a2, a3, 1b\n"
        "dense_all sw, a0\n"
        "dense_all lw, sp\n"
        "addi sp, sp, 48\n ret\n"
        ".purgem dense_four\n .purgem dense_input\n .purgem dense_all\n");
}

/* The sums of four outputs. */
static void dense_four(dense_sums *sums, dense_word *weights, const int8_t *input, const int8_t *end,
                       const dense_sums *start) {
    uint32_t t1 = start->t1, t2 = start->t2, t3 = start->t3;
    while (input != end) {
        const uint32_t x = (uint32_t)*input++;
        const uint32_t word = *weights++;
        t1 += x * word;
        t2 += x * (word >> 8 & 0x00ff00ffu);
        t3 += x * (word >> 16);
    }
    sums->t1 = t1, sums->t2 = t2, sums->t3 = t3;
}

/* Outputs, up to four, from their sums: 31 instructions take these apart into A .. D times 256, 24 make an output.
 * a0: sums, a1: scales, a2: output, a3: count, a4: away. */
__attribute__((naked, noinline)) static void dense_outputs(__attribute__((unused)) const dense_sums *sums,
                                                           __attribute__((unused)) const uint8_t *scales,
                                                           __attribute__((unused)) int8_t *output,
                                                           __attribute__((unused)) int32_t count,
                                                           __attribute__((unused)) int32_t away) {
    __asm__(
        "lw t1, 0(a0)\n lw t2, 4(a0)\n lw t3, 8(a0)\n"
        "slli t0, t2, 8\n sub t1, t1, t0\n"                         /* A + C << 16; t2: B + D << 16 */
        "srli t4, t1, 16\n srli t5, t2, 16\n"                       /* C + A >> 16, D + B >> 16, modulo 2^16 */
        "slli t0, t5, 8\n add t0, t0, t4\n sub t0, t0, t3\n"        /* the top bytes: A >> 16 + B >> 16 << 8 */
        "slli t6, t0, 24\n srai t6, t6, 24\n"                       /* A >> 16 */
        "sub t0, t0, t6\n slli t0, t0, 16\n srai t0, t0, 24\n"      /* B >> 16 */
        "sub t4, t4, t6\n slli t4, t4, 16\n srli t4, t4, 16\n"      /* C modulo 2^16 */
        "sub t5, t5, t0\n"                                          /* D modulo 2^16 */
        "slli t6, t5, 8\n sub t3, t3, t4\n sub t3, t3, t6\n"        /* their top bytes: C >> 16 << 16 + D >> 16 << 24 */
        "slli t0, t4, 16\n sub t1, t1, t0\n slli t1, t1, 8\n"       /* A * 256 */
        "slli t0, t5, 16\n sub t2, t2, t0\n slli t2, t2, 8\n"       /* B * 256 */
        "slli t0, t3, 8\n srai t0, t0, 24\n slli t0, t0, 16\n sub t0, t3, t0\n add t0, t0, t6\n" /* D * 256 */
        "add t3, t3, t4\n slli t3, t3, 8\n"                         /* C * 256 */
        "1: lw a6, 8(a1)\n lw a7, 0(a1)\n andi a5, a6, -256\n add t1, t1, a5\n mulh t1, t1, a7\n"
        "beqz a4, 2f\n slti a5, t1, -64\n slli a5, a5, 7\n sub t1, t1, a5\n addi t1, t1, 64\n"
        "2: lw a5, 4(a1)\n add t1, t1, a5\n sra t1, t1, a6\n"
        "addi a5, t1, 128\n sltiu a5, a5, 256\n bnez a5, 3f\n srai t1, t1, 31\n xori t1, t1, 127\n"
        "3: sb t1, 0(a2)\n addi a1, a1, 12\n addi a2, a2, 1\n mv t1, t2\n mv t2, t3\n mv t3, t0\n"
        "addi a3, a3, -1\n bnez a3, 1b\n ret\n");
}

void nnq_dense_rv32(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                    uint8_t *scratch) {
    const int8_t *end = input + shape->in_channels;
    const uint8_t *scales = constants + nnq_dense_rv32_weights(shape);
    uint32_t total = 0;
    for (const int8_t *x = input; x != end; x++) {
        total -= (uint32_t)*x * 128;
    }
    const dense_sums start = {total * 0x01010101u, total * 0x00010001u, total * 0x00000101u};
    dense_sums *sums = (dense_sums *)scratch;
    for (int32_t left = shape->out_channels; left > 0;) {
        int32_t fours = 4;
        if (left >= NNQ_DENSE_RV32_GROUP) {
            dense_sixteen(sums, constants, input, end, &start);
        } else {
            fours = 1;
            dense_four(sums, (dense_word *)constants, input, end, &start);
        }
        constants += 4 * fours * shape->in_channels;
        for (int32_t i = 0; i < fours; i++) {
            dense_outputs(&sums[i], scales, output, left < 4 ? left : 4, shape->away);
            scales += 4 * NNQ_DENSE_RV32_SCALE;
            output += 4;
            left -= 4;
        }
    }
}

#endif
