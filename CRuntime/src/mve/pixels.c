/* SPDX-License-Identifier: Apache-2.0
 * pixels.h: windows times weights, and requantization.
 *
 * Two pixels at a time: their windows are copied, chunk beside chunk, so that one load fills four registers with two
 * chunks of both; then, for each 4 channels, eight sums grow in the eight registers that vmladava can add to:
 *
 *     19 instructions for 2 chunks x 2 pixels x 4 channels: 19 / 256 = 0.074 a multiply-accumulate
 *
 * where vmladava alone would take 16 / 256. By planes nothing is copied: 29 for 3 chunks. Sums leave by one stm; 8
 * channels of both pixels are requantized at once.
 */
#include "pixels.h"

#if NNQ_ISA_MVE

#include "naked.h"

typedef char nnq_pixels_job_is_as_read[offsetof(nnq_pixels_job, source) == 24 &&
                                               offsetof(nnq_pixels_job, stride) == 60 &&
                                               offsetof(nnq_pixels_job, rows) == 72 &&
                                               offsetof(nnq_pixels_job, by) == 84
                                           ? 1
                                           : -1];

/* A chunk of two pixels, in registers a and b, by the next one of 4 channels; two chunks from memory; four columns of a
 * plane, from which three chunks of both pixels overlap. */
#define CHUNK(a, b)                                                                                                    \
    "vldmia r3!, {d8-d15}\n"                                                                                           \
    "vmladava.s8 r0, " a ", q4\n"                                                                                      \
    "vmladava.s8 r2, " a ", q5\n"                                                                                      \
    "vmladava.s8 r4, " a ", q6\n"                                                                                      \
    "vmladava.s8 r6, " a ", q7\n"                                                                                      \
    "vmladava.s8 r8, " b ", q4\n"                                                                                      \
    "vmladava.s8 r10, " b ", q5\n"                                                                                     \
    "vmladava.s8 r12, " b ", q6\n"                                                                                     \
    "vmladava.s8 lr, " b ", q7\n"
#define PAIR "vldmia r1!, {d0-d7}\n" CHUNK("q0", "q1") CHUNK("q2", "q3")
#define PAIR_BYTES "76"
#define COLUMNS "vldmia r1, {d0-d7}\n" CHUNK("q0", "q1") CHUNK("q1", "q2") CHUNK("q2", "q3")

/* The eight sums: from biases, and to memory. */
#define BEGIN_SUMS "ldmia  r3!, {r0, r2, r4, r6, r8, r10, r12, lr}\n"
#define END_SUMS "stmia  r7!, {r0, r2, r4, r6, r8, r10, r12, lr}\n"

/* Sums of 8 channels into q0 .. q3, even channels of both pixels, then odd ones; multipliers into q4 and q5, shifts
 * into q6 and q7. */
#define LOAD_SUMS                                                                                                      \
    "vldmdb r7!, {d0-d7}\n"                                                                                            \
    "vldmia r3!, {d8-d15}\n"

#define MULTIPLY(by)                                                                                                   \
    by " q0, q0, q4\n" by " q1, q1, q4\n" by " q2, q2, q5\n" by                                                        \
       " q3, q3, q5\n"

#define SHIFT(by)                                                                                                      \
    by " q0, q0, q6\n" by " q1, q1, q6\n" by " q2, q2, q7\n" by                                                        \
       " q3, q3, q7\n"

/* Adds r4 where a register is negative. */
#define DOWN(q)                                                                                                        \
    "vpt.s32 lt, " q ", zr\n"                                                                                          \
    "vaddt.i32 " q ", " q ", r4\n"

/* Saturates, adds the zero point and stores. Then the next 8 channels, or pixels. */
#define STORE                                                                                                          \
    "vqmovnb.s32 q0, q0\n"                                                                                             \
    "vqmovnt.s32 q0, q2\n"                                                                                             \
    "vqmovnb.s32 q1, q1\n"                                                                                             \
    "vqmovnt.s32 q1, q3\n"                                                                                             \
    "ldmia  sp, {r0, r1, r2, r4, r6}\n"                                                                                \
    "vqadd.s16 q0, q0, r1\n"                                                                                           \
    "vqadd.s16 q1, q1, r1\n"                                                                                           \
    "vqmovnb.s16 q0, q0\n"                                                                                             \
    "vqmovnb.s16 q1, q1\n"                                                                                             \
    "vctp.16 r0\n"                                                                                                     \
    "vpstt\n"                                                                                                          \
    "vstrbt.16 q0, [r4], #8\n"                                                                                         \
    "vstrbt.16 q1, [r6], #8\n"                                                                                         \
    "subs   r0, r0, #8\n"                                                                                              \
    "stmia  sp, {r0, r1, r2, r4, r6}\n"                                                                                \
    "ble.w  10b\n"                                                                                                     \
    "ldr    pc, [sp, #24]\n"

/* An address of code for loading into pc. */
#define CODE(register, label)                                                                                          \
    "adr.w  " register ", " label "\n"                                                                                 \
    "orr    " register ", " register ", #1\n"

/* Pixels until a job's rows end.
 *
 * While sums grow, r1 is the next chunk, r3 the next weight, r7 where sums go, r5 where they end, r9 the first chunk
 * (by planes how far they lie apart), r11 counts passes; all other registers are sums. The frame has
 *
 *      0  channels left           4  zero point     8  addends    12, 16  where the outputs of both pixels go
 *     20  the first one's window
 *     24  how a block of 8 channels begins          28  how 4 channels do, with their biases loaded
 *     32  what comes after that where passes are counted     36  after an odd chunk    40  passes
 *     44  how sums are requantized                  48  how pixels begin               52  the job */
NNQ_MVE_NAKED void nnq_mve_pixels(NNQ_MVE_UNUSED nnq_pixels_job *job) {
    __asm__("push   {r4-r11, lr}\n"
            "vpush  {d8-d15}\n"
            "sub    sp, sp, #56\n"
            "str    r0, [sp, #52]\n"
            "ldr    r1, [r0, #76]\n" /* chunks */
            "ldrd   r5, r6, [r0, #80]\n" /* way, by */
            "lsr    r2, r1, #1\n" /* pairs of them: 8 a pass, those over first */
            "movs   r3, #0\n"
            "cmp    r2, #8\n"
            "itt    hi\n"
            "lsrhi  r3, r2, #3\n"
            "andhi  r2, r2, #7\n"
            "movs   r4, #" PAIR_BYTES "\n" /* of code */
            "mul    r2, r2, r4\n"
            CODE("r4", "25f")
            "sub    r4, r4, r2\n"
            "strd   r4, r3, [sp, #36]\n"
            "lsls   r2, r1, #31\n"
            "beq    1f\n"
            CODE("r4", "22f")
            "1: str r4, [sp, #32]\n"
            "cbz    r3, 2f\n"
            CODE("r4", "23f")
            "2:\n"
            CODE("r2", "20f")
            CODE("r3", "12f")
            "cmp    r1, #1\n"
            "bne    3f\n"
            CODE("r2", "18f")
            "3: cmp r1, #2\n"
            "bne    3f\n"
            CODE("r2", "19f")
            "3: cmp r1, #4\n"
            "bne    3f\n"
            CODE("r2", "38f")
            "3: cmp r6, #2\n" /* by planes */
            "bne    4f\n"
            "str    r1, [sp, #40]\n"
            CODE("r2", "28f")
            "mov    r3, r2\n"
            "4: strd r2, r4, [sp, #24]\n"
            CODE("r2", "30f")
            "cmp    r5, #1\n"
            "blt    5f\n"
            CODE("r2", "31f")
            "beq    5f\n"
            CODE("r2", "32f")
            "cmp    r5, #3\n"
            "blt    5f\n"
            CODE("r2", "33f")
            "beq    5f\n"
            CODE("r2", "34f")
            "5: strd r2, r3, [sp, #44]\n");
    __asm__(/* Two pixels: r10 and r11 their windows, r8 and r9 their outputs. */
            "10: ldr r12, [sp, #52]\n"
            "ldmia  r12!, {r0-r4, r8, r10}\n"
            "cbz    r4, 9f\n"
            "add    r11, r10, r0\n"
            "add    r6, r11, r0\n"
            "add    r9, r8, r1\n"
            "add    r5, r9, r1\n"
            "subs   r4, r4, #2\n"
            "ble    14f\n"
            "11: stmdb r12, {r4-r6}\n"
            "stmia  sp, {r1-r3, r8-r10}\n"
            "ldmia  r12, {r0-r5, r7-r9}\n"
            "ldr    pc, [sp, #48]\n"
            "12: vctp.8 r2\n"
            "13: wls lr, r1, 2f\n"
            "1: vldrb.u8 q0, [r10], #16\n"
            "vldrb.u8 q1, [r11], #16\n"
            "vstmia r0!, {d0-d3}\n"
            "le     lr, 1b\n"
            "2: vpstt\n"
            "vldrbt.u8 q0, [r10]\n"
            "vldrbt.u8 q1, [r11]\n"
            "vstmia r0!, {d0-d3}\n"
            "subs   r4, r4, #1\n"
            "beq    2f\n"
            "add    r10, r10, r8\n"
            "add    r11, r11, r8\n"
            "b      13b\n"
            "2: ldr pc, [sp, #24]\n"

            "9: add sp, sp, #56\n"
            "vpop   {d8-d15}\n"
            "pop    {r4-r11, pc}\n"

            /* A row ends with the first pixel (r4 -1) or the second (0). */
            "14: ldr r7, [r12, #44]\n" /* rows */
            "ldrd   lr, r12, [r12, #36]\n" /* jump, width */
            "subs   r7, r7, #1\n"
            "beq    16f\n"
            "cbz    r4, 15f\n"
            "add    r11, r11, lr\n" /* the second pixel is the next row's first */
            "add    r6, r11, r0\n"
            "subs   r4, r12, #1\n"
            "bne    17f\n"
            "subs   r7, r7, #1\n"
            "beq    17f\n"
            "15: add r6, r6, lr\n"
            "mov    r4, r12\n"
            "b      17f\n"
            "16: cmp r4, #0\n"
            "itt    mi\n" /* no second pixel: the first one again */
            "movmi  r11, r10\n"
            "movmi  r9, r8\n"
            "movs   r4, #0\n"
            "17: ldr r12, [sp, #52]\n"
            "str    r7, [r12, #72]\n"
            "add    r12, r12, #28\n"
            "b      11b\n");
    __asm__(/* 8 channels of windows of one chunk. */
            "18: vldmia r9, {d0-d3}\n"
            BEGIN_SUMS CHUNK("q0", "q1") END_SUMS
            BEGIN_SUMS CHUNK("q0", "q1") END_SUMS
            "ldr    pc, [sp, #44]\n"
            /* Of two chunks. */
            "19: vldmia r9, {d0-d7}\n"
            BEGIN_SUMS CHUNK("q0", "q1") CHUNK("q2", "q3") END_SUMS
            BEGIN_SUMS CHUNK("q0", "q1") CHUNK("q2", "q3") END_SUMS
            "ldr    pc, [sp, #44]\n");
    __asm__(/* Of four. */
            "38: mov r1, r9\n"
            BEGIN_SUMS PAIR PAIR END_SUMS
            "mov    r1, r9\n"
            BEGIN_SUMS PAIR PAIR END_SUMS
            "ldr    pc, [sp, #44]\n");
    __asm__(/* Of any number. The carry is clear; set, it says that passes are counted. */
            "20: cmp r7, r5\n"
            "21: mov r1, r9\n"
            BEGIN_SUMS
            "ldr    pc, [sp, #28]\n"
            "22: vldmia r1!, {d0-d3}\n"
            CHUNK("q0", "q1")
            "ldr    pc, [sp, #36]\n"
            "23: ldr r11, [sp, #40]\n"
            "cmp    r11, #0\n"
            "ldr    pc, [sp, #32]\n"
            "24:\n"
            ".rept  8\n"
            PAIR
            ".endr\n"
            "25: bhs 27f\n"
            "26: " END_SUMS
            "cmp    r7, r5\n"
            "bne.w  21b\n"
            "ldr    pc, [sp, #44]\n"
            "27: subs r11, r11, #1\n"
            "bhs.w  24b\n"
            "b      26b\n"
            /* By planes: four columns of each, of which three are the first pixel's and three the second one's. */
            "28: ldr r1, [sp, #20]\n"
            "ldr    r11, [sp, #40]\n"
            BEGIN_SUMS
            "29:\n"
            ".rept  3\n"
            COLUMNS
            "add    r1, r1, r9\n"
            ".endr\n"
            "subs   r11, r11, #1\n"
            "bne.w  29b\n"
            END_SUMS
            "cmp    r7, r5\n"
            "bne.w  28b\n"
            "ldr    pc, [sp, #44]\n");
    __asm__("30: " LOAD_SUMS MULTIPLY("vqdmulh.s32") SHIFT("vrshl.s32") STORE
            "31: " LOAD_SUMS MULTIPLY("vqrdmulh.s32") SHIFT("vrshl.s32") STORE
            "32: " LOAD_SUMS MULTIPLY("vqrdmulh.s32")
            "mvn    r4, #0\n"
            DOWN("q0") DOWN("q1") DOWN("q2") DOWN("q3") SHIFT("vrshl.s32")
            "35: " STORE);
    __asm__(/* The long way: r2 and r4 are what `away` adds, to all and to negative numbers. */
            "33: movs r2, #0\n"
            "movs   r4, #0\n"
            "b      36f\n"
            "34: movs r2, #64\n"
            "mvn    r4, #127\n"
            "36: " LOAD_SUMS
            "vshl.i32 q0, q0, #8\n"
            "vshl.i32 q1, q1, #8\n"
            "vshl.i32 q2, q2, #8\n"
            "vshl.i32 q3, q3, #8\n"
            MULTIPLY("vmulh.s32")
            "vadd.i32 q0, q0, r2\n"
            "vadd.i32 q1, q1, r2\n"
            "vadd.i32 q2, q2, r2\n"
            "vadd.i32 q3, q3, r2\n"
            DOWN("q0") DOWN("q1") DOWN("q2") DOWN("q3")
            "ldr    r4, [sp, #8]\n"
            "vldmia r4!, {d8-d11}\n"
            "str    r4, [sp, #8]\n"
            "vadd.i32 q0, q0, q4\n"
            "vadd.i32 q1, q1, q4\n"
            "vadd.i32 q2, q2, q5\n"
            "vadd.i32 q3, q3, q5\n"
            SHIFT("vshl.s32")
            "b      35b\n");
}

#undef CHUNK
#undef PAIR
#undef PAIR_BYTES
#undef COLUMNS
#undef BEGIN_SUMS
#undef END_SUMS
#undef LOAD_SUMS
#undef MULTIPLY
#undef SHIFT
#undef DOWN
#undef STORE
#undef CODE

#endif
