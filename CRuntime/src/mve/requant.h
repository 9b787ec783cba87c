/* SPDX-License-Identifier: Apache-2.0
 * Ways of requantizing with Helium, and how layouts store them.
 *
 * With Q = vqdmulh(acc, multiplier) = floor(acc * multiplier / 2^31), and its rounding form vqrdmulh, that is
 * floor(acc * multiplier / 2^31 + 1/2), nnq_scale_high is, for a shift s of 8 and more and a zero point z,
 *
 *     once   z + vrshl(Q, 7 - s)          where the addend is z * 2^s + 2^(s - 1)
 *     twice  z + vrshl(vqrdmulh, 7 - s)   where it is 64 more
 *     away   z + vrshl(R + (R >> 31), 7 - s), R = vqrdmulh, where `away` is set and the addend is that of once
 *
 * since all of it counts in units of 2^-24, and floor(floor(x) / n) = floor(x / n). Any other layer goes the long way,
 * acc * 2^8 by vmulh, with addends.
 */
#ifndef NNQ_MVE_REQUANT_H
#define NNQ_MVE_REQUANT_H

enum { NNQ_MVE_ONCE = 0, NNQ_MVE_TWICE = 1, NNQ_MVE_AWAY = 2, NNQ_MVE_LONG = 3 };

#endif
