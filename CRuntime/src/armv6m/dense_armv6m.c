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
 * which determine A .. D as long as these are below 2^23 in magnitude: SEPARATE below. Weights are stored as w + 128,
 * so that W is a plain sum of its bytes; T1 .. T3 start at what takes that off again, the same for all channels.
 */
#include "../shape.h"

#if NNQ_ISA_ARMV6M

#include "channel_armv6m.h"

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
#define INPUT(index)                                                                                                   \
    "ldrsb  r2, [r0, " index "]\n\t"                                                                                   \
    "ldmia  r1!, {r3, r4}\n\t" FOUR("r3", "r8", "r9", "r10") FOUR("r4", "r11", "r12", "lr")

/* r0, r1, r2 = T1, T2, T3: r3 .. r6 = A .. D; r7 free. Let A be a + 2^16 ah, and so on. T1 and T2 give a, b and, modulo
 * 2^16, C + ah and D + bh; with those the low half of T3 gives ah + 2^8 bh, and its high half ch + 2^8 dh. */
#define SEPARATE                                                                                                       \
    "lsls   r3, r1, #8\n\t"                                                                                            \
    "subs   r3, r0, r3\n\t" /* A + 2^16 (C - A) */                                                                     \
    "lsls   r4, r0, #8\n\t"                                                                                            \
    "subs   r4, r1, r4\n\t" /* B + 2^16 (D - B) */                                                                     \
    "lsls   r5, r3, #16\n\t"                                                                                           \
    "adds   r3, r3, r5\n\t" /* A + 2^16 C */                                                                           \
    "lsls   r5, r4, #16\n\t"                                                                                           \
    "adds   r4, r4, r5\n\t" /* B + 2^16 D */                                                                           \
    "lsrs   r5, r3, #16\n\t" /* C + ah */                                                                              \
    "lsrs   r6, r4, #16\n\t" /* D + bh */                                                                              \
    "lsls   r7, r6, #8\n\t"                                                                                            \
    "adds   r7, r7, r5\n\t"                                                                                            \
    "subs   r7, r7, r2\n\t" /* ah + 2^8 bh */                                                                          \
    "sxtb   r0, r7\n\t"     /* ah */                                                                                   \
    "subs   r7, r7, r0\n\t"                                                                                            \
    "lsls   r7, r7, #16\n\t"                                                                                           \
    "asrs   r7, r7, #24\n\t" /* bh */                                                                                  \
    "uxth   r3, r3\n\t"                                                                                                \
    "lsls   r1, r0, #16\n\t"                                                                                           \
    "adds   r3, r3, r1\n\t" /* A */                                                                                    \
    "uxth   r4, r4\n\t"                                                                                                \
    "lsls   r1, r7, #16\n\t"                                                                                           \
    "adds   r4, r4, r1\n\t" /* B */                                                                                    \
    "subs   r5, r5, r0\n\t"                                                                                            \
    "uxth   r5, r5\n\t" /* c */                                                                                        \
    "subs   r6, r6, r7\n\t"                                                                                            \
    "uxth   r6, r6\n\t" /* d */                                                                                        \
    "subs   r2, r2, r5\n\t"                                                                                            \
    "lsls   r1, r6, #8\n\t"                                                                                            \
    "subs   r2, r2, r1\n\t" /* 2^16 ch + 2^24 dh */                                                                    \
    "lsls   r1, r2, #8\n\t"                                                                                            \
    "asrs   r1, r1, #8\n\t"                                                                                            \
    "adds   r5, r5, r1\n\t" /* C */                                                                                    \
    "subs   r2, r2, r1\n\t"                                                                                            \
    "asrs   r2, r2, #8\n\t"                                                                                            \
    "adds   r6, r6, r2\n\t" /* D */

typedef struct eight {
    uint32_t start[3]; /* T1, T2, T3 of weights 0, stored as 128 */
    const uint8_t *record;
    int8_t *output;
    int32_t outputs; /* at most eight of them count */
    uint32_t away;
} eight;

/* Eight channels: 77 instructions for four inputs, and 42 an output. */
__attribute__((naked, noinline)) static void run_eight(NNQ_UNUSED const int8_t *input,
                                                       NNQ_UNUSED const uint8_t *weights, NNQ_UNUSED uint32_t count,
                                                       NNQ_UNUSED const eight *at) {
    __asm__(NNQ_SAVE
            "ldmia  r3!, {r4-r6}\n\t"
            "mov    r8, r4\n\t"
            "mov    r9, r5\n\t"
            "mov    r10, r6\n\t"
            "mov    r11, r4\n\t"
            "mov    r12, r5\n\t"
            "mov    lr, r6\n\t"
            "adds   r4, r0, r2\n\t"
            "sub    sp, #32\n\t"
            "push   {r3, r4}\n\t" /* the rest of `at`, the end of input */
            /* Goes to the place in the loop after which whole rounds of four inputs are left. */
            "movs   r6, #0\n\t"
            "movs   r7, #1\n\t"
            "movs   r3, #3\n\t"
            "ands   r3, r2\n\t"
            "ands   r2, r7\n\t"
            "subs   r0, r0, r2\n\t"
            "lsls   r3, r3, #1\n\t"
            "add    pc, r3\n\t"
            "nop\n\t"
            "b      10f\n\t"
            "b      13f\n\t"
            "b      12f\n\t"
            "b      11f\n"
            "10:\n\t" INPUT("r6")
            "11:\n\t" INPUT("r7")
            "adds   r0, #2\n"
            "12:\n\t" INPUT("r6")
            "13:\n\t" INPUT("r7")
            "adds   r0, #2\n\t"
            "ldr    r2, [sp, #4]\n\t"
            "cmp    r0, r2\n\t"
            "bne    10b\n\t"
            /* T1, T2, T3 of the first four channels, later those of the others, become sums. */
            "mov    r0, r8\n\t"
            "mov    r1, r9\n\t"
            "mov    r2, r10\n\t"
            "add    r7, sp, #8\n\t"
            "mov    r8, r7\n"
            "2:\n\t" SEPARATE
            "mov    r7, r8\n\t"
            "stmia  r7!, {r3-r6}\n\t"
            "mov    r8, r7\n\t"
            "mov    r0, r11\n\t"
            "mov    r1, r12\n\t"
            "mov    r2, lr\n\t"
            "add    r3, sp, #24\n\t"
            "cmp    r7, r3\n\t"
            "beq    2b\n\t"
            /* Outputs. r3 sums, r4 output, r5 outputs left, r6 record, r7 away. */
            "pop    {r0, r1}\n\t"
            "ldmia  r0!, {r4-r7}\n\t" /* record, output, outputs, away */
            "mov    r0, r4\n\t"
            "mov    r4, r5\n\t"
            "mov    r5, r6\n\t"
            "mov    r6, r0\n\t"
            "mov    r3, sp\n\t"
            "cmp    r5, #8\n\t"
            "ble    3f\n\t"
            "movs   r5, #8\n"
            "3:\n\t"
            "ldmia  r3!, {r0}\n\t"
            "ldr    r1, [r6]\n\t"
            "adds   r0, r0, r1\n\t" NNQ_SCALE_ANY
            "cmp    r7, #0\n\t"
            "beq    4f\n\t"
            "adds   r0, #64\n\t"
            "bpl    4f\n\t"
            "subs   r0, #128\n"
            "4:\n\t" NNQ_SHIFT_ANY
            "strb   r0, [r4]\n\t"
            "adds   r4, #1\n\t"
            "adds   r6, #16\n\t"
            "subs   r5, #1\n\t"
            "bne    3b\n\t"
            "add    sp, #32\n\t" NNQ_RESTORE);
}

void nnq_dense_armv6m(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                      uint8_t *scratch) {
    const uint32_t count = shape->in_channels;
    const uint8_t *weights = constants + (uint32_t)NNQ_RECORD_BYTES * shape->out_channels;
    uint32_t total = 0;
    (void)scratch;
    for (uint32_t i = 0; i < count; i++) {
        total -= (uint32_t)input[i];
    }
    eight at = {{total * 0x80808080, total * 0x80808080, total * 0x8080}, constants, output, shape->out_channels,
                shape->away};
    while (at.outputs > 0) {
        run_eight(input, weights, count, &at);
        weights += 8 * count;
        at.record += 8 * NNQ_RECORD_BYTES;
        at.output += 8;
        at.outputs -= 8;
    }
}

#endif
