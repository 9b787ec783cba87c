/* SPDX-License-Identifier: Apache-2.0
 * Included before a compiled model: a symbol where each layer begins, and no instruction.
 */
#define NNQ_MARK(layer) __asm__ volatile("nnq_mark_%c0_%=:" ::"i"(layer) : "memory")
