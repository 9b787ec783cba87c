/* SPDX-License-Identifier: Apache-2.0
 * A legal model of five ops, for tests that break it.
 */
#include "subject.h"

#include <stdlib.h>

static int32_t affine(builder *b, int32_t channels, int32_t taps) {
    int8_t weights[256];
    const int32_t bias[4] = {100, -100, 7, 0};
    const int32_t multiplier[4] = {1 << 30, 1 << 30, 3 << 29, INT32_MAX};
    const uint8_t shift[4] = {38, 37, 39, 40};
    for (int32_t i = 0; i < channels * taps; i++) {
        weights[i] = (int8_t)(i * 37 % 255 - 127);
    }
    return builder_filter(b, weights, (size_t)(channels * taps), channels, bias, multiplier, shift, 0);
}

subject *subject_make(void) {
    static subject s;
    const uint8_t exponentials[8] = {0xff, 0xff, 0xbb, 0x5e, 0xdb, 0x22, 0x0b, 0x0d};
    nnq_params p = {.conv2d = {NNQ_OP_CONV2D, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, -128, 127, 0, 0, 0, 0}};
    int32_t in[2];
    free(s.file.file);
    builder_start(&s.b);
    in[0] = builder_input(&s.b, 4, 4, 2, -3);
    p.conv2d.filter = affine(&s.b, 3, 18);
    in[0] = in[1] = builder_op_add(&s.b, &p, in, 1, 4, 4, 3, 5);
    p = (nnq_params){.max_pool = {NNQ_OP_MAX_POOL, 2, 2, 2, 2, 0, 0, 0, 0, -128, 127}};
    in[0] = in[1] = builder_op_add(&s.b, &p, in, 1, 2, 2, 3, 5);
    p = (nnq_params){.add = {NNQ_OP_ADD, 1 << 13, 1 << 13, 1 << 13, 14, -128, 127}};
    in[0] = builder_op_add(&s.b, &p, in, 2, 2, 2, 3, 5);
    p = (nnq_params){.dense = {NNQ_OP_DENSE, -128, 127, 1, 0, 0, 0}};
    p.dense.filter = affine(&s.b, 4, 12);
    in[0] = builder_op_add(&s.b, &p, in, 1, 1, 1, 4, 0);
    p = (nnq_params){.softmax = {NNQ_OP_SOFTMAX, 4, builder_data(&s.b, exponentials, sizeof exponentials)}};
    builder_op_add(&s.b, &p, in, 1, 1, 1, 4, -128);
    builder_stage_each(&s.b);
    s.b.info = "{}";
    s.file = builder_finish(&s.b);
    return &s;
}
