/* SPDX-License-Identifier: Apache-2.0
 * What the kernel and the layout of depthwise_conv2d with 3x3 windows for RV32 share.
 */
#ifndef NNQ_DEPTHWISE_3X3_RV32_H
#define NNQ_DEPTHWISE_3X3_RV32_H

/* Bytes of scratch in front of a row of zero points. */
enum { NNQ_DEPTHWISE_3X3_RV32_WORK = 76 };

#endif
