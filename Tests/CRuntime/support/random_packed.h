/* SPDX-License-Identifier: Apache-2.0
 * Random layers of conv2d, depthwise_conv2d and dense as files, packed in a form and unpacked.
 */
#ifndef SUPPORT_RANDOM_PACKED_H
#define SUPPORT_RANDOM_PACKED_H

#include "builder.h"
#include "rng.h"

#include "nnq/pack.h"
#include "../../../CRuntime/src/shape.h"

enum { MOST_CHANNELS = 24, MOST_TAPS = 7 * 7 * 24, MOST_WEIGHTS = MOST_CHANNELS * MOST_TAPS };

/* A layer: everything that the unpacked and the packed op are made of. */
typedef struct packed_layer {
    nnq_shape shape;
    int32_t pad_bottom, pad_right;
    int32_t act_min, act_max, rounding;
    int32_t out_zero_point;
    int32_t taps;
    int8_t filter[MOST_WEIGHTS];
    int32_t bias[MOST_CHANNELS];
    int32_t multiplier[MOST_CHANNELS];
    uint8_t shift[MOST_CHANNELS];
    nnq_channel channels[MOST_CHANNELS];
} packed_layer;

/* A layer that the form's shapes and a packer's bounds allow; returns 0 where a few thousand drawn ones were none. The form may
 * still refuse its numbers. */
int random_packed_layer(packed_layer *l, rng *r, const nnq_form *form);

/* The file with the op in a form, or an empty one where the form does not take the layer. */
built packed_file(builder *b, const packed_layer *l, const nnq_form *form);

/* The unpacked op as an unfinished file. */
void build_unpacked(builder *b, const packed_layer *l, int32_t opcode);

#endif
