// SPDX-License-Identifier: Apache-2.0
// One source for two processors: a loop is inlined into a portable function and into one for AVX2.
#ifndef NNQ_TRAIN_WIDE_H
#define NNQ_TRAIN_WIDE_H

#include <stdint.h>

#if defined(__x86_64__)
#define WIDE __attribute__((target("avx2,fma")))
#define HAS_WIDE (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
#else
#define WIDE
#define HAS_WIDE 0
#endif
#define INLINE static inline __attribute__((always_inline))

// Eight floats, at any address that suits a float, and eight all-ones-or-zeros masks. Other processors split them.
typedef float lanes __attribute__((vector_size(32), aligned(4), may_alias));
typedef int32_t masks __attribute__((vector_size(32), aligned(4), may_alias));

#endif
