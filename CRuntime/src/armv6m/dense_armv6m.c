/* SPDX-License-Identifier: Apache-2.0
 * dense for Armv6-M; dense_armv6m_layout.c has its constants.
 *
 * A word W holds the weights of one input in four channels A, B, C, D, a byte each. Three products with the input x
 * advance four sums, in arithmetic modulo 2^32:
 *
 *     T1 += x * W               = A + 2^8 B + 2^16 C + 2^24 D
 *     T2 += x * rev16(W)        = B + 2^8 A + 2^16 D + 2^24 C
 *     T3 += x * (W >> 16)       = C + 2^8 D
 *
 * which determine A .. D as long as these are below 2^23 in magnitude: `finish_four` below. Weights are stored as w + 128,
 * so that W is a plain sum of its bytes; T1 .. T3 start at what that adds, the same for all channels.
 */
#include "../shape.h"

#if NNQ_ISA_ARMV6M

#include "channel_armv6m.h"

/* --- Inner loops --- */

/* r0 input, r1 weights, r2 x, r3 and r4 W, r5 product, r6 = 0, r7 = 1, r8-r10 T1-T3 of r3, r11, r12, lr those of r4. */
#define FOUR(w, t1, t2, t3)                                                                                            \
    "rev16  r5, " w "\n\t"                                                                                             \
    "muls   r5, r2, r5\n\t"                                                                                            \
    "add    " t2 ", r5\n\t"                                                                                            \
    "lsrs   r5, " w ", #16\n\t"                                                                                        \
    "muls   r5, r2, r5\n\t"                                                                                            \
    "add    " t3 ", r5\n\t"                                                                                            \
    "muls   " w ", r2, " w "\n\t"                                                                                      \
    "add    " t1 ", " w "\n\t"
/* An input and eight channels. */
#define EIGHT(x)                                                                                                       \
    "ldrsb  r2, [r0, " x "]\n\t"                                                                                       \
    "ldmia  r1!, {r3, r4}\n\t" FOUR("r3", "r8", "r9", "r10") FOUR("r4", "r11", "r12", "lr")
/* An input and four channels. */
#define ONE(x)                                                                                                         \
    "ldrsb  r2, [r0, " x "]\n\t"                                                                                       \
    "ldmia  r1!, {r3}\n\t" FOUR("r3", "r8", "r9", "r10")

/* Saves registers and the end of the input, then goes to the place in the loop after which whole rounds of four inputs
 * are left: labels 10 to 13 are before input 0 to 3 of a round. */
#define ENTER                                                                                                          \
    "movs   r6, #0\n\t"                                                                                                \
    "movs   r7, #1\n\t"                                                                                                \
    "adds   r4, r0, r2\n\t"                                                                                            \
    "push   {r3, r4}\n\t"                                                                                              \
    "movs   r3, #3\n\t"                                                                                                \
    "ands   r3, r2\n\t"                                                                                                \
    "ands   r2, r7\n\t"                                                                                                \
    "subs   r0, r0, r2\n\t"                                                                                            \
    "lsls   r3, r3, #1\n\t"                                                                                            \
    "add    pc, r3\n\t"                                                                                                \
    "nop\n\t"                                                                                                          \
    "b      10f\n\t"                                                                                                   \
    "b      13f\n\t"                                                                                                   \
    "b      12f\n\t"                                                                                                   \
    "b      11f\n"
/* Four inputs a round. */
#define LOOP(step)                                                                                                     \
    "10:\n\t" step("r6") "11:\n\t" step("r7") "adds   r0, #2\n"                                                        \
    "12:\n\t" step("r6") "13:\n\t" step("r7") "adds   r0, #2\n\t"                                                      \
    "ldr    r2, [sp, #4]\n\t"                                                                                          \
    "cmp    r0, r2\n\t"                                                                                                \
    "bne    10b\n\t"                                                                                                   \
    "pop    {r3, r4}\n\t"
/* Advances T1, T2, T3 of four channels, and of the next four: 77 instructions for 32 weights. */
__attribute__((naked, noinline)) static void add_eight(NNQ_UNUSED const int8_t *input,
                                                       NNQ_UNUSED const uint8_t *weights, NNQ_UNUSED uint32_t count,
                                                       NNQ_UNUSED uint32_t sums[6]) {
    __asm__(NNQ_SAVE
            "mov    r6, r3\n\t"
            "ldmia  r6!, {r4, r5, r7}\n\t"
            "mov    r8, r4\n\t"
            "mov    r9, r5\n\t"
            "mov    r10, r7\n\t"
            "ldmia  r6!, {r4, r5, r7}\n\t"
            "mov    r11, r4\n\t"
            "mov    r12, r5\n\t"
            "mov    lr, r7\n\t" ENTER LOOP(EIGHT)
            "mov    r4, r8\n\t"
            "mov    r5, r9\n\t"
            "mov    r6, r10\n\t"
            "stmia  r3!, {r4-r6}\n\t"
            "mov    r4, r11\n\t"
            "mov    r5, r12\n\t"
            "mov    r6, lr\n\t"
            "stmia  r3!, {r4-r6}\n\t" NNQ_RESTORE);
}

/* The same for four channels: 43 instructions for 16 weights. */
__attribute__((naked, noinline)) static void add_four(NNQ_UNUSED const int8_t *input,
                                                      NNQ_UNUSED const uint8_t *weights, NNQ_UNUSED uint32_t count,
                                                      NNQ_UNUSED uint32_t sums[3]) {
    __asm__(NNQ_SAVE
            "mov    r6, r3\n\t"
            "ldmia  r6!, {r4, r5, r7}\n\t"
            "mov    r8, r4\n\t"
            "mov    r9, r5\n\t"
            "mov    r10, r7\n\t" ENTER LOOP(ONE)
            "mov    r4, r8\n\t"
            "mov    r5, r9\n\t"
            "mov    r6, r10\n\t"
            "stmia  r3!, {r4-r6}\n\t" NNQ_RESTORE);
}

/* --- Outputs --- */

/* A .. D of T1 .. T3. Of A = a + 2^16 ah and so on, T1 and T2 give a, b, and modulo 2^16 C + ah and D + bh; then the low
 * half of T3 = C + 2^8 D gives ah + 2^8 bh, and its high half ch + 2^8 dh. */
static void separate(const uint32_t t[3], int32_t sums[4]) {
    uint32_t ac = t[0] - (t[1] << 8); /* A + 2^16 (C - A) */
    uint32_t bd = t[1] - (t[0] << 8);
    ac += ac << 16; /* A + 2^16 C */
    bd += bd << 16;
    const uint32_t high = (ac >> 16) + (bd >> 16 << 8) - t[2];
    const int32_t ah = (int8_t)high;
    const int32_t bh = (int8_t)((high - (uint32_t)ah) >> 8);
    const uint32_t c = (uint16_t)((ac >> 16) - (uint32_t)ah);
    const uint32_t d = (uint16_t)((bd >> 16) - (uint32_t)bh);
    const int32_t ch_dh = (int32_t)(t[2] - c - (d << 8)) >> 16;
    const int32_t ch = (int8_t)ch_dh;
    sums[0] = (int32_t)(ac & 0xFFFF) + ah * 65536;
    sums[1] = (int32_t)(bd & 0xFFFF) + bh * 65536;
    sums[2] = (int32_t)c + ch * 65536;
    sums[3] = (int32_t)d + (int8_t)((uint32_t)(ch_dh - ch) >> 8) * 65536;
}

static void finish_four(const nnq_shape *shape, const uint32_t t[3], const uint8_t *record, int8_t *output,
                        int32_t count) {
    int32_t sums[4];
    separate(t, sums);
    for (int32_t i = 0; i < count && i < 4; i++, record += NNQ_RECORD_BYTES) {
        output[i] = nnq_requantize_armv6m(sums[i] + *(const int32_t *)(const void *)record, record, shape->away);
    }
}

void nnq_dense_armv6m(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                      uint8_t *scratch) {
    const uint32_t count = shape->in_channels;
    const uint8_t *weights = constants + (uint32_t)NNQ_RECORD_BYTES * shape->out_channels;
    uint32_t total = 0;
    (void)scratch;
    for (uint32_t i = 0; i < count; i++) {
        total -= (uint32_t)(input[i] * 128);
    }
    const uint32_t start[3] = {total * 0x01010101, total * 0x01010101, total * 0x0101};
    for (int32_t left = shape->out_channels; left > 0; left -= 8) {
        uint32_t t[6] = {start[0], start[1], start[2], start[0], start[1], start[2]};
        if (left > 4) {
            add_eight(input, weights, count, t);
            weights += 8 * count;
        } else {
            add_four(input, weights, count, t);
        }
        finish_four(shape, t, constants, output, left);
        finish_four(shape, t + 3, constants + 4 * NNQ_RECORD_BYTES, output + 4, left - 4);
        constants += 8 * NNQ_RECORD_BYTES;
        output += 8;
    }
}

#endif
