/* SPDX-License-Identifier: Apache-2.0
 * The worked example of SPEC.md.
 */
#include "worked_example.h"

/* Two 3 x 3 filters, -1/4 around a line of ones: horizontal in units of 1/64, vertical in units of 1/80. */
static const int8_t lines[18] = {-16, -16, -16, 64, 64, 64, -16, -16, -16, -20, 80, -20, -20, 80, -20, -20, 80, -20};
/* For each answer: what speaks for it weighs 1, what speaks against it -3/4, in units of 1/64. */
static const int8_t votes[16] = {64, -48, 64, -48, 64, -48, 64, -48, -48, 64, -48, 64, -48, 64, -48, 64};
/* round(65535 * exp(-d)) */
static const uint16_t exponentials[12] = {65535, 24109, 8869, 3263, 1200, 442, 162, 60, 22, 8, 3, 1};

void worked_example(builder *b) {
    /* -1/2 in units of the products, plus what the input's zero point adds: 128 * sum of the filter. */
    const int32_t line_bias[2] = {-8192 + 128 * 96, -10240 + 128 * 120};
    const int32_t line_multiplier[2] = {1 << 30, 1717986918}; /* 1 / 256 and 1 / 320 of the sum */
    const uint8_t line_shift[2] = {38, 39};
    const int32_t vote_bias[2] = {128 * 64, 128 * 64};
    const int32_t vote_multiplier[2] = {1 << 30, 1 << 29}; /* 1 / 4096, in two ways: below 2^30 it cannot be packed */
    const uint8_t vote_shift[2] = {42, 41};
    uint8_t table[24];
    nnq_params p;
    builder_start(b);
    for (int32_t d = 0; d < 12; d++) {
        put_u16(table + 2 * d, exponentials[d]);
    }
    int32_t t = builder_input(b, 4, 4, 1, -128);
    p = (nnq_params){.conv2d = {NNQ_OP_CONV2D, 3, 3, 2, 2, 1, 1, 0, 1, 0, 1, 1, -128, 127, 0, 0, 38, 0}};
    p.conv2d.filter = builder_filter(b, lines, sizeof lines, 2, line_bias, line_multiplier, line_shift, 38);
    t = builder_op_add(b, &p, &t, 1, 2, 2, 2, -128);
    p = (nnq_params){.dense = {NNQ_OP_DENSE, -128, 127, 0, 0, 0, 0}};
    p.dense.filter = builder_filter(b, votes, sizeof votes, 2, vote_bias, vote_multiplier, vote_shift, 0);
    t = builder_op_add(b, &p, &t, 1, 1, 1, 2, 0);
    p = (nnq_params){.softmax = {NNQ_OP_SOFTMAX, 12, builder_data(b, table, sizeof table)}};
    builder_op_add(b, &p, &t, 1, 1, 1, 2, -128);
    b->tensors[0].scale_bits = 0x3b800000u; /* 2^-8 */
    b->tensors[1].scale_bits = 0x3c800000u; /* 2^-6 */
    b->tensors[1].offset = 16;
    b->tensors[2].offset = 0;
    b->tensors[3].offset = 0;
    b->info = "{\"classes\":[\"horizontal\",\"vertical\"]}";
}
