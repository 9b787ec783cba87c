/* SPDX-License-Identifier: Apache-2.0
 * The C library's memory functions: words where addresses allow it, so that copies cost kernels little.
 */
#include "string.h"

#include <stdint.h>

/* A word that aliases anything; at any address where the core reads words from there. */
#if defined(__ARM_FEATURE_UNALIGNED)
typedef struct {
    uint32_t bits;
} __attribute__((packed, may_alias)) word;
enum { WORD_ALIGNMENT = 1 };
#else
typedef struct {
    uint32_t bits;
} __attribute__((may_alias)) word;
enum { WORD_ALIGNMENT = 4 };
#endif

/* Keeps a compiler from turning the loop around it into a call of the function that it is in. */
#define NOT_AN_IDIOM() __asm__ volatile("" ::: "memory")

static inline int is_aligned(const void *address) {
    return ((uintptr_t)address & (WORD_ALIGNMENT - 1)) == 0;
}

/* From the first byte to the last, so that `to` may overlap what lies before `from`. */
static inline void copy(uint8_t *t, const uint8_t *f, size_t size) {
    if ((((uintptr_t)t ^ (uintptr_t)f) & (WORD_ALIGNMENT - 1)) == 0) {
        for (; size > 0 && !is_aligned(t); size--) {
            *t++ = *f++;
            NOT_AN_IDIOM();
        }
        for (; size >= 16; size -= 16, t += 16, f += 16) {
            const word a = ((const word *)f)[0], b = ((const word *)f)[1];
            const word c = ((const word *)f)[2], d = ((const word *)f)[3];
            ((word *)t)[0] = a;
            ((word *)t)[1] = b;
            ((word *)t)[2] = c;
            ((word *)t)[3] = d;
            NOT_AN_IDIOM();
        }
        for (; size >= 4; size -= 4, t += 4, f += 4) {
            *(word *)t = *(const word *)f;
            NOT_AN_IDIOM();
        }
    }
    for (; size >= 4; size -= 4, t += 4, f += 4) {
        const uint8_t a = f[0], b = f[1], c = f[2], d = f[3];
        t[0] = a;
        t[1] = b;
        t[2] = c;
        t[3] = d;
        NOT_AN_IDIOM();
    }
    while (size-- > 0) {
        *t++ = *f++;
        NOT_AN_IDIOM();
    }
}

void *memcpy(void *restrict to, const void *restrict from, size_t size) {
    copy(to, from, size);
    return to;
}

void *memmove(void *to, const void *from, size_t size) {
    uint8_t *t = to;
    const uint8_t *f = from;
    if ((uintptr_t)t - (uintptr_t)f >= size) {
        copy(t, f, size);
        return to;
    }
    while (size-- > 0) {
        t[size] = f[size];
        NOT_AN_IDIOM();
    }
    return to;
}

void *memset(void *to, int value, size_t size) {
    uint8_t *t = to;
    const word pattern = {(uint32_t)(uint8_t)value * 0x01010101u};
    for (; size > 0 && !is_aligned(t); size--) {
        *t++ = (uint8_t)value;
        NOT_AN_IDIOM();
    }
    for (; size >= 16; size -= 16, t += 16) {
        ((word *)t)[0] = pattern;
        ((word *)t)[1] = pattern;
        ((word *)t)[2] = pattern;
        ((word *)t)[3] = pattern;
        NOT_AN_IDIOM();
    }
    while (size-- > 0) {
        *t++ = (uint8_t)value;
        NOT_AN_IDIOM();
    }
    return to;
}

/* What clang calls on Arm instead. */
#if defined(__arm__)
#define ALSO(name, function) __attribute__((alias(#function))) __typeof__(function) name

ALSO(__aeabi_memcpy, memcpy);
ALSO(__aeabi_memcpy4, memcpy);
ALSO(__aeabi_memcpy8, memcpy);
ALSO(__aeabi_memmove, memmove);
ALSO(__aeabi_memmove4, memmove);
ALSO(__aeabi_memmove8, memmove);

void __aeabi_memset(void *to, size_t size, int value);
void __aeabi_memclr(void *to, size_t size);

void __aeabi_memset(void *to, size_t size, int value) {
    memset(to, value, size);
}

void __aeabi_memclr(void *to, size_t size) {
    memset(to, 0, size);
}

ALSO(__aeabi_memset4, __aeabi_memset);
ALSO(__aeabi_memset8, __aeabi_memset);
ALSO(__aeabi_memclr4, __aeabi_memclr);
ALSO(__aeabi_memclr8, __aeabi_memclr);
#endif
