/* SPDX-License-Identifier: Apache-2.0
 * dense for Armv7-M without the DSP extension; dense_armv7m_layout.c has its constants.
 *
 * Four outputs are computed together in three words. With the bytes w0 .. w3 of a word of weights and an input x, which
 * add up to the sums S0 .. S3, three MLA advance, modulo 2^32,
 *
 *     A = S0 + S2 << 16    C = S1 + S3 << 16    R = S2 + S3 << 8
 *
 * the weights being (w & 0xff00ff), (w >> 8 & 0xff00ff), w >> 16. They are 128 too large, so that no byte borrows from
 * the next one: that is taken off with the sum of the inputs. |S| < 2^23 as every accumulator, so S is known modulo 2^24,
 * and four of those are the 3 * 32 bits; see read_sums.
 */
#include "../shape.h"

#if NNQ_ISA_ARMV7M

/* A, C, R of two words of weights, eight outputs. */
typedef struct sums {
    uint32_t a[2];
    uint32_t c[2];
    uint32_t r[2];
} sums;

/* Adds the products of `count` inputs to the sums; returns where the weights end.
 * Inner loop: 14 instructions for 8 multiplications, and 2 every 32.
 * r0, r1 words of weights, r2 a multiplier of A, C or R, r3 x, r4 0xff00ff, r5 input, r6-r11 sums, r12 weights,
 * lr end of the inputs */
__attribute__((naked, noinline)) static const uint8_t *add_products(sums *to, const uint8_t *weights,
                                                                     const int8_t *input, int32_t count) {
    (void)to, (void)weights, (void)input, (void)count;
    __asm__("push   {r0, r4-r11, lr}\n\t"
            "ldm    r0, {r6-r11}\n\t"
            "mov    r12, r1\n\t"
            "mov    r5, r2\n\t"
            "add    lr, r2, r3\n\t"
            "mov    r4, #0x00ff00ff\n\t"
            /* Into the loop where it has count mod 4 inputs left; one takes 52 bytes of instructions. */
            "rsb    r3, r3, #0\n\t"
            "and    r3, r3, #3\n\t"
            "movs   r2, #52\n\t"
            "adr.w  r0, 1f\n\t"
            "mla    r0, r3, r2, r0\n\t"
            "adds   r0, r0, #1\n\t"
            "bx     r0\n"
            "1:\n\t"
            ".rept  4\n\t"
            "ldrd   r0, r1, [r12], #8\n\t"
            "ldrsb  r3, [r5], #1\n\t"
            "and    r2, r0, r4\n\t"
            "mla    r6, r2, r3, r6\n\t"
            "and    r2, r4, r0, lsr #8\n\t"
            "mla    r8, r2, r3, r8\n\t"
            "lsrs   r0, r0, #16\n\t"
            "mla    r10, r0, r3, r10\n\t"
            "and    r2, r1, r4\n\t"
            "mla    r7, r2, r3, r7\n\t"
            "and    r2, r4, r1, lsr #8\n\t"
            "mla    r9, r2, r3, r9\n\t"
            "lsrs   r1, r1, #16\n\t"
            "mla    r11, r1, r3, r11\n\t"
            ".endr\n\t"
            "cmp    r5, lr\n\t"
            "bne.w  1b\n\t"
            "pop    {r0}\n\t"
            "stm    r0, {r6-r11}\n\t"
            "mov    r0, r12\n\t"
            "pop    {r4-r11, pc}");
}

/* S0 .. S3 of A, C, R. The high half of A is S2 + h0, h0 being the high half of S0, and R has S2 in its lowest byte; so
 * h0, a byte, is their difference. Then S2 is known modulo 2^16, and without it R has S3 in its second byte, for C. */
static void read_sums(uint32_t a, uint32_t c, uint32_t r, int32_t *s) {
    const int32_t h0 = (int8_t)((a >> 16) - r);
    const uint32_t low2 = (uint16_t)((a >> 16) - (uint32_t)h0);
    r -= low2;
    const int32_t h1 = (int8_t)((c >> 16) - (r >> 8));
    const uint32_t low3 = (uint16_t)((c >> 16) - (uint32_t)h1);
    r -= low3 << 8;
    const int32_t h2 = (int8_t)(r >> 16);
    const int32_t h3 = (int8_t)((r >> 24) - ((uint32_t)h2 >> 8));
    s[0] = h0 * 65536 + (int32_t)(a & 0xffff);
    s[1] = h1 * 65536 + (int32_t)(c & 0xffff);
    s[2] = h2 * 65536 + (int32_t)low2;
    s[3] = h3 * 65536 + (int32_t)low3;
}

/* `count` outputs of a block from its sums. */
static void write_outputs(const nnq_shape *shape, const sums *from, const int32_t *scales, int8_t *output,
                          int32_t count) {
    int32_t s[8];
    read_sums(from->a[0], from->c[0], from->r[0], s);
    read_sums(from->a[1], from->c[1], from->r[1], s + 4);
    for (int32_t i = 0; i < count; i++, scales += 4) {
        const nnq_high_scale scale = {scales[1], scales[2], scales[3]};
        const int32_t value = nnq_scale_high(scales[0] + s[i], &scale, shape->away);
        output[i] = (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
    }
}

void nnq_dense_armv7m(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                      uint8_t *scratch) {
    const int32_t count = shape->in_channels;
    uint32_t sum = 0;
    (void)scratch;
    for (int32_t i = 0; i < count; i++) {
        sum += (uint32_t)input[i];
    }
    for (int32_t channel = 0; channel < shape->out_channels; channel += 8) {
        const uint32_t two = sum * (0u - 128 * 0x10001);
        const uint32_t two_bytes = sum * (0u - 128 * 0x101);
        const int32_t left = shape->out_channels - channel;
        sums of = {{two, two}, {two, two}, {two_bytes, two_bytes}};
        constants = add_products(&of, constants, input, count);
        write_outputs(shape, &of, (const int32_t *)(const void *)constants, output + channel, left < 8 ? left : 8);
        constants += 8 * 16;
    }
}

#endif
