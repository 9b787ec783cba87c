/* SPDX-License-Identifier: Apache-2.0
 * dense for Armv7-M without the DSP extension; dense_armv7m_layout.c has its constants.
 *
 * Four outputs are computed together in three words. With a word w of the weights w0 .. w3, a byte each, and an input
 * x, three MLA with w, w >> 8 & 0xff00ff and w >> 16 advance, modulo 2^32 and with S0 .. S3 for the four sums,
 *
 *     A = S0 + S1 << 8 + S2 << 16 + S3 << 24    B = S1 + S3 << 16    C = S2 + S3 << 8
 *
 * The weights are 128 too large, so that no byte borrows from the next one: that is taken off with the sum of the
 * inputs. |S| < 2^23 as every accumulator, so S is known modulo 2^24, and four of those are the 3 * 32 bits.
 */
#include "../shape.h"

#if NNQ_ISA_ARMV7M

#include "assembly.h"

typedef struct block {
    uint32_t a; /* what sums A, B, C start with */
    uint32_t b;
    uint32_t c;
    const int8_t *input;
    int32_t inputs;
    int8_t *output;
    int32_t outputs; /* 1 .. 8 */
    int32_t half;    /* 64 and 128 for nnq_scale_high's step where `away` is 1, else 0 */
    int32_t step;
} block;

#define INPUT "#12" /* and their number */
#define OUTPUT "#20"
#define HALF "#28" /* and step */

/* S0 .. S3 into a, b, r2, r3. A without B << 8 is S0 + S2 << 16: its high half is S2 + h0, h0 being the high half of
 * S0, and C has S2 in its lowest byte; so h0, a byte, is their difference. Then S2 is known modulo 2^16, and C without
 * it has S3 in its second byte, for B. */
#define READ_SUMS(a, b, c)                                                                                             \
    "sub    " #a ", " #a ", " #b ", lsl #8\n\t"                                                                        \
    "rsb    r0, " #c ", " #a ", lsr #16\n\t"                                                                           \
    "sxtb   r0, r0\n\t" /* h0 */                                                                                       \
    "rsb    r2, r0, " #a ", lsr #16\n\t"                                                                               \
    "uxth   r2, r2\n\t" /* low half of S2 */                                                                           \
    "bfi    " #a ", r0, #16, #16\n\t"                                                                                  \
    "sub    " #c ", " #c ", r2\n\t"                                                                                    \
    "lsr    r1, " #b ", #16\n\t"                                                                                       \
    "sub    r0, r1, " #c ", lsr #8\n\t"                                                                                \
    "sxtb   r0, r0\n\t" /* h1 */                                                                                       \
    "sub    r3, r1, r0\n\t"                                                                                            \
    "uxth   r3, r3\n\t" /* low half of S3 */                                                                           \
    "bfi    " #b ", r0, #16, #16\n\t"                                                                                  \
    "sub    " #c ", " #c ", r3, lsl #8\n\t"                                                                            \
    "sbfx   r0, " #c ", #16, #8\n\t" /* h2 */                                                                          \
    "add    r2, r2, r0, lsl #16\n\t"                                                                                   \
    "sub    " #c ", " #c ", r0, lsl #16\n\t" /* h3, at the top */                                                      \
    "add    r3, r3, " #c ", asr #8\n\t"

/* Computes a block of outputs from its weights on; returns where the next block is.
 * Inner loop: 12 instructions for 8 multiplications, and 2 every 32.
 * r0, r1 words of weights, r2 w >> 8 & 0xff00ff, r3 x, r4 0xff00ff, r5 input, r6, r8, r10 A, B, C of the first word,
 * r7, r9, r11 of the second one, r12 weights, lr end of inputs */
NNQ_ASSEMBLY const uint8_t *compute_block(NNQ_REGISTER const uint8_t *weights, NNQ_REGISTER const block *at) {
    __asm__("push   {r1, r4-r11, lr}\n\t"
            "mov    r12, r0\n\t"
            "ldm    r1, {r6, r8, r10}\n\t"
            "mov    r7, r6\n\t"
            "mov    r9, r8\n\t"
            "mov    r11, r10\n\t"
            "ldrd   r5, r3, [r1, " INPUT "]\n\t"
            "add    lr, r5, r3\n\t"
            "mov    r4, #0x00ff00ff\n\t"
            /* Into the loop where it has inputs mod 4 left; one takes 44 bytes of instructions. */
            "rsb    r3, r3, #0\n\t"
            "and    r3, r3, #3\n\t"
            "movs   r2, #44\n\t"
            "adr.w  r0, 1f + 1\n\t"
            "mla    r0, r3, r2, r0\n\t"
            "bx     r0\n"
            ".balign 4\n"
            "1:\n\t"
            ".rept  4\n\t"
            "ldrd   r0, r1, [r12], #8\n\t"
            "ldrsb  r3, [r5], #1\n\t"
            "mla    r6, r0, r3, r6\n\t"
            "and    r2, r4, r0, lsr #8\n\t"
            "mla    r8, r2, r3, r8\n\t"
            "lsrs   r0, r0, #16\n\t"
            "mla    r10, r0, r3, r10\n\t"
            "mla    r7, r1, r3, r7\n\t"
            "and    r2, r4, r1, lsr #8\n\t"
            "mla    r9, r2, r3, r9\n\t"
            "lsrs   r1, r1, #16\n\t"
            "mla    r11, r1, r3, r11\n\t"
            ".endr\n\t"
            "cmp    r5, lr\n\t"
            "bne.w  1b\n\t"

            "ldr    r4, [sp]\n\t"
            "sub    sp, sp, #32\n\t"
            READ_SUMS(r6, r8, r10)
            "strd   r6, r8, [sp]\n\t"
            "strd   r2, r3, [sp, #8]\n\t"
            READ_SUMS(r7, r9, r11)
            "strd   r7, r9, [sp, #16]\n\t"
            "strd   r2, r3, [sp, #24]\n\t"

            /* r0 sum, r1 bias, r2 multiplier, r3 addend, r4 shift, r5 sums, r6 half, r7 step, r8 output, r9 outputs */
            "ldrd   r6, r7, [r4, " HALF "]\n\t"
            "ldrd   r8, r9, [r4, " OUTPUT "]\n\t"
            "mov    r5, sp\n"
            "2:\n\t"
            "ldr    r0, [r5], #4\n\t"
            "ldm    r12!, {r1-r4}\n\t"
            "adds   r0, r0, r1\n\t"
            "lsls   r0, r0, #8\n\t"
            "smull  r1, r0, r0, r2\n\t"
            "adds   r0, r0, r6\n\t"
            "and    r1, r7, r0, asr #31\n\t"
            "subs   r0, r0, r1\n\t"
            "adds   r0, r0, r3\n\t"
            "asrs   r0, r0, r4\n\t"
            "ssat   r0, #8, r0\n\t"
            "strb   r0, [r8], #1\n\t"
            "subs   r9, r9, #1\n\t"
            "bne    2b\n\t"
            "mov    r0, r12\n\t"
            "add    sp, sp, #36\n\t"
            "pop    {r4-r11, pc}");
}

#undef INPUT
#undef OUTPUT
#undef HALF
#undef READ_SUMS

void nnq_dense_armv7m(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                      uint8_t *scratch) {
    block at;
    uint32_t sum = 0;
    (void)scratch;
    at.input = input;
    at.inputs = shape->in_channels;
    at.half = shape->away ? 64 : 0;
    at.step = shape->away ? 128 : 0;
    for (int32_t i = 0; i < at.inputs; i++) {
        sum -= (uint32_t)input[i] * 128;
    }
    at.a = sum * 0x01010101;
    at.b = sum * 0x00010001;
    at.c = sum * 0x00000101;
    for (int32_t left = shape->out_channels; left > 0; left -= 8) {
        at.output = output;
        at.outputs = left < 8 ? left : 8;
        constants = compute_block(constants, &at);
        output += 8;
    }
}

#endif
