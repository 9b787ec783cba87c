/* SPDX-License-Identifier: Apache-2.0
 * What kinds of instructions a program executes, from their encodings: Thumb (Armv6-M to Armv8.1-M) and RV32IMAC.
 */
#ifndef COUNT_CLASSES_H
#define COUNT_CLASSES_H

#include <stdint.h>

/* Loads and stores count registers, a Helium vector as one; the others count instructions. */
#define COUNTS(X)                                                                                                      \
    X(instructions)                                                                                                    \
    X(loads)                                                                                                           \
    X(stores)                                                                                                          \
    X(single_stores)   /* stores of one register each */                                                               \
    X(free_loads)      /* loads of one register right behind another one, and Helium's */                              \
    X(taken_branches)                                                                                                  \
    X(calls)           /* among the branches */                                                                        \
    X(multiplies)                                                                                                      \
    X(multiply_adds)                                                                                                   \
    X(long_multiplies) /* results or addends of 64 bits, or their high word on RISC-V */                               \
    X(divides)                                                                                                         \
    X(vectors)         /* Helium */                                                                                    \
    X(vector_overlaps) /* Helium instructions right behind one of the other kind: memory, arithmetic */

enum {
#define COUNT_INDEX(name) COUNT_##name,
    COUNTS(COUNT_INDEX) COUNT_KINDS
};

typedef struct instruction {
    uint8_t loads, stores; /* registers */
    uint8_t kind;          /* another COUNT_ that it belongs to, or 0 */
    uint8_t is_branch, is_vector;
} instruction;

static inline instruction transfer(int is_load, int registers) {
    const instruction moved = {is_load ? (uint8_t)registers : 0, is_load ? 0 : (uint8_t)registers, 0, 0, 0};
    return moved;
}

static inline instruction branch(int is_call) {
    const instruction jump = {0, 0, is_call ? COUNT_calls : 0, 1, 0};
    return jump;
}

static inline instruction of_kind(int kind) {
    const instruction plain = {0, 0, (uint8_t)kind, 0, 0};
    return plain;
}

static inline instruction classify_thumb16(uint32_t code) {
    const int is_load = code >> 11 & 1;
    instruction pop = transfer(1, __builtin_popcount(code & 0x1FF));
    switch (code >> 12) {
    case 0x4:
        if ((code & 0xF800) == 0x4800) return transfer(1, 1);
        if ((code & 0xFFC0) == 0x4340) return of_kind(COUNT_multiplies);
        if ((code & 0xFF00) == 0x4700) return branch(code >> 7 & 1);
        return (code & 0xFD87) == 0x4487 ? branch(0) : of_kind(0); /* add pc, mov pc */
    case 0x5: return transfer((code >> 9 & 7) > 2, 1);
    case 0x6: case 0x7: case 0x8: case 0x9: return transfer(is_load, 1);
    case 0xB:
        if ((code & 0xFE00) == 0xB400) return transfer(0, __builtin_popcount(code & 0x1FF));
        pop.is_branch = code >> 8 & 1;
        if ((code & 0xFE00) == 0xBC00) return pop;
        return (code & 0xF500) == 0xB100 ? branch(0) : of_kind(0); /* cbz, cbnz */
    case 0xC: return transfer(is_load, __builtin_popcount(code & 0xFF));
    case 0xD: return (code >> 8 & 15) < 14 ? branch(0) : of_kind(0);
    case 0xE: return branch(0);
    default: return of_kind(0);
    }
}

/* Floating point and Helium. */
static inline instruction classify_vector(uint32_t first, uint32_t second) {
    const uint32_t coprocessor = second >> 8 & 15;
    const int is_memory = (first & 0xEE00) == 0xEC00;
    const int is_load = first >> 4 & 1;
    instruction moved = transfer(is_load, 1);
    moved.is_vector = coprocessor >= 14;
    if (is_memory && coprocessor >= 14) return moved;
    if (is_memory && (coprocessor & 14) == 10 && (first & 0x01A0) != 0) { /* vldr, vstr, or several words */
        const uint32_t words = second & 0xFF;
        return (first & 0x0120) == 0x0100 ? moved : transfer(is_load, (int)(coprocessor == 11 ? (words + 1) / 2 : words));
    }
    const int is_helium = !is_memory && ((first & 0x0100) != 0 || (coprocessor & 14) != 10);
    const instruction arithmetic = {0, 0, 0, 0, (uint8_t)is_helium};
    return arithmetic;
}

static inline instruction classify_thumb32(uint32_t first, uint32_t second) {
    static const uint8_t long_kinds[8] = {COUNT_long_multiplies, COUNT_divides, COUNT_long_multiplies, COUNT_divides,
                                          COUNT_long_multiplies, COUNT_long_multiplies, COUNT_long_multiplies, 0};
    const int is_load = first >> 4 & 1;
    instruction moved = transfer(is_load, 1);
    if ((first & 0xEC00) == 0xEC00) return classify_vector(first, second);
    if ((first & 0xFE40) == 0xE800) {
        moved = transfer(is_load, __builtin_popcount(second));
        moved.is_branch = is_load && second >> 15;
        return moved;
    }
    if ((first & 0xFE40) == 0xE840) {
        moved.is_branch = (first & 0xFFF0) == 0xE8D0 && (second & 0xFFE0) == 0xF000; /* tbb, tbh */
        return first & 0x0120 ? transfer(is_load, 2) : moved;
    }
    if ((first & 0xFE00) == 0xF800) {
        const int is_word = (first & 0x0060) == 0x0040;
        moved.is_branch = is_load && is_word && second >> 12 == 15;
        return is_load && !is_word && second >> 12 == 15 ? of_kind(0) : moved; /* a preload is no load */
    }
    if ((first & 0xFF80) == 0xFB00) return of_kind(second >> 12 == 15 ? COUNT_multiplies : COUNT_multiply_adds);
    if ((first & 0xFF80) == 0xFB80) return of_kind(long_kinds[first >> 4 & 7]);
    if ((first & 0xF800) == 0xF000 && second >> 15) {
        switch (second >> 12 & 5) {
        case 0: return (first & 0x0380) == 0x0380 ? of_kind(0) : branch(0);
        case 1: return branch(0);
        case 4: return second >> 12 == 12 ? branch(0) : of_kind(0); /* le, wls; dls is no branch */
        default: return branch(1);
        }
    }
    return of_kind(0);
}

static inline instruction classify_riscv(uint32_t code) {
    const uint32_t funct3 = code >> 12 & 7;
    if ((code & 3) == 3) {
        switch (code & 0x7F) {
        case 0x03: return transfer(1, 1);
        case 0x23: return transfer(0, 1);
        case 0x63: return branch(0);
        case 0x6F: case 0x67: return branch((code >> 7 & 31) != 0);
        case 0x33:
            if (code >> 25 != 1) return of_kind(0);
            return of_kind(funct3 == 0 ? COUNT_multiplies : funct3 < 4 ? COUNT_long_multiplies : COUNT_divides);
        default: return of_kind(0);
        }
    }
    switch ((code & 3) << 3 | (code >> 13 & 7)) {
    case 0x02: case 0x12: return transfer(1, 1);
    case 0x06: case 0x16: return transfer(0, 1);
    case 0x09: return branch(1);
    case 0x0D: case 0x0E: case 0x0F: return branch(0);
    case 0x14: return (code & 0x7C) == 0 && (code & 0xF80) != 0 ? branch(code >> 12 & 1) : of_kind(0);
    default: return of_kind(0);
    }
}

#endif
