/* SPDX-License-Identifier: Apache-2.0
 * dense for Armv7E-M (Cortex-M4, M7, M33): four outputs at a time, inputs unpacked once into scratch. taps.h has the
 * arithmetic, dense_dsp_layout.c the constants.
 */
#include "../shape.h"
#include "assembly.h"

#if NNQ_ISA_DSP

enum { STEP = 8 };

/* Unpacks steps of eight inputs into four words each: y, z of inputs 0 .. 3, then of inputs 4 .. 7. */
NNQ_ASSEMBLY void unpack(NNQ_REGISTER uint32_t *unpacked, NNQ_REGISTER const int8_t *input,
                         NNQ_REGISTER uint32_t steps) {
    __asm__("push {r4-r7, lr}\n"
            "mvn r3, #0x007E007E\n" /* (-127, -127) */
            "1:\n"
            "ldrd r5, r7, [r1], #8\n"
            "sxtab16 r4, r3, r5\n"
            "eor r5, r5, #0x007F007F\n"
            "sxtab16 r6, r3, r7\n"
            "eor r7, r7, #0x007F007F\n"
            "stmia r0!, {r4-r7}\n"
            "subs r2, r2, #1\n"
            "bne 1b\n"
            "pop {r4-r7, pc}\n");
}

/* r0 .. r3 accumulators of four outputs   r4 .. r7 inputs (y, z, y, z)   r8 .. r11 weights   r12 next inputs
 * lr next constants   sp: inputs, where the loop begins for their number, their end, output */

/* Four inputs: y in `y`, z in `z`. 13 instructions for 16 MACs. */
#define FOUR(y, z)                                                                                                     \
    "ldm lr!, {r8-r11}\n"                                                                                              \
    "smlad r0, " y ", r8, r0\n"                                                                                        \
    "smlad r1, " y ", r9, r1\n"                                                                                        \
    "smlad r2, " y ", r10, r2\n"                                                                                       \
    "smlad r3, " y ", r11, r3\n"                                                                                       \
    "sxtb16 r8, r8\n"                                                                                                  \
    "sxtb16 r9, r9\n"                                                                                                  \
    "sxtb16 r10, r10\n"                                                                                                \
    "sxtb16 r11, r11\n"                                                                                                \
    "smlad r0, " z ", r8, r0\n"                                                                                        \
    "smlad r1, " z ", r9, r1\n"                                                                                        \
    "smlad r2, " z ", r10, r2\n"                                                                                       \
    "smlad r3, " z ", r11, r3\n"

/* A sum after `acc += addend`, both with nnq_scale_high's 64: its extra step, where `less` is the addend without. */
#define AWAY(acc, less)                                                                                                \
    "cmp " acc ", " less "\n"                                                                                          \
    "it lt\n"                                                                                                          \
    "sublt " acc ", " acc ", #128\n"

/* Computes all outputs and stores them, but for the last four, which it returns in a word. The loop takes eight steps
 * of 27 instructions, 108 bytes each, and is entered where a multiple of eight is left to do. */
NNQ_ASSEMBLY uint32_t multiply(NNQ_REGISTER const uint32_t *unpacked, NNQ_REGISTER const uint32_t *end,
                               NNQ_REGISTER const uint8_t *constants, NNQ_REGISTER int8_t *output) {
    __asm__("push {r4-r11, lr}\n"
            "mov lr, r2\n"
            "mov r2, r1\n"
            "sub r1, r0, r1\n"     /* -16 * steps */
            "ubfx r1, r1, #4, #3\n" /* steps to skip */
            "movs r4, #108\n"
            "adr r5, 2f\n"
            "mla r1, r1, r4, r5\n"
            "orr r1, r1, #1\n" /* Thumb */
            "push {r0-r3}\n"
            "1:\n"
            "ldm lr!, {r0-r3}\n"
            "ldm sp, {r12, pc}\n"
            ".balign 4\n"
            "2:\n"
            ".rept 8\n"
            "ldm r12!, {r4-r7}\n" FOUR("r4", "r5") FOUR("r6", "r7")
            ".endr\n"
            "ldr r4, [sp, #8]\n"
            "cmp r12, r4\n"
            "bne.w 2b\n"
            /* Scale: multipliers and addends, then shifts, the last with flags. */
            "ldm lr!, {r4-r11}\n"
            "smmla r0, r0, r4, r8\n"
            "smmla r1, r1, r5, r9\n"
            "smmla r2, r2, r6, r10\n"
            "smmla r3, r3, r7, r11\n"
            "ldm lr!, {r4-r7}\n"
            "lsls r12, r7, #1\n" /* carry: the last group; negative: away */
            "bmi 4f\n"
            "3:\n"
            "asr r0, r0, r4\n"
            "asr r1, r1, r5\n"
            "asr r2, r2, r6\n"
            "asr r3, r3, r7\n"
            "ssat r0, #8, r0\n"
            "ssat r1, #8, r1\n"
            "ssat r2, #8, r2\n"
            "ssat r3, #8, r3\n"
            "bfi r0, r1, #8, #8\n"
            "bfi r2, r3, #8, #8\n"
            "pkhbt r0, r0, r2, lsl #16\n"
            "bcs 5f\n"
            "ldr r4, [sp, #12]\n"
            "str r0, [r4], #4\n"
            "str r4, [sp, #12]\n"
            "b 1b\n"
            "4:\n"
            "sub r8, r8, #64\n"
            "sub r9, r9, #64\n"
            "sub r10, r10, #64\n"
            "sub r11, r11, #64\n"
            AWAY("r0", "r8") AWAY("r1", "r9") AWAY("r2", "r10") AWAY("r3", "r11")
            "lsls r12, r7, #1\n"
            "b 3b\n"
            "5:\n"
            "add sp, sp, #16\n"
            "pop {r4-r11, pc}\n");
}

void nnq_dense_dsp(const nnq_shape *shape, const uint8_t *constants, const int8_t *input, int8_t *output,
                   uint8_t *scratch) {
    uint32_t *const unpacked = (uint32_t *)(void *)scratch;
    uint32_t *end = unpacked;
    const uint32_t rest = shape->in_channels % STEP;
    const uint32_t steps = shape->in_channels / STEP;
    if (steps > 0) {
        unpack(end, input, steps);
        end += 4 * steps;
    }
    if (rest > 0) {
        union {
            uint32_t words[STEP / 4];
            int8_t bytes[STEP];
        } last = {{0}};
        for (uint32_t i = 0; i < rest; i++) {
            last.bytes[i] = input[STEP * steps + i];
        }
        unpack(end, last.bytes, 1);
        end += 4;
    }
    uint32_t four = multiply(unpacked, end, constants, output);
    for (int32_t i = (shape->out_channels - 1) & ~3; i < shape->out_channels; i++) {
        output[i] = (int8_t)four;
        four >>= 8;
    }
}

#endif
