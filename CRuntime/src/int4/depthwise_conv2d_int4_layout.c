/* SPDX-License-Identifier: Apache-2.0
 * The constants of depthwise_conv2d with weights of 4 bits: those of int4.h; for each 8 channels, and in that for each
 * tap, a word of their weights. Places without a channel hold weights of 0.
 */
#include "layout_int4.h"

static uint32_t taps_of(const nnq_shape *shape) {
    return nnq_shape_taps(shape, NNQ_OP_DEPTHWISE_CONV2D);
}

static uint32_t words_of(const nnq_shape *shape) {
    return nnq_int4_depthwise_words(shape);
}

static uint32_t size(const nnq_shape *shape) {
    return nnq_int4_size(shape, words_of(shape));
}

static uint32_t scratch(const nnq_shape *shape) {
    (void)shape;
    return 0;
}

/* Also of places without a channel. */
static int32_t weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap) {
    const uint32_t word = (uint32_t)channel / 8 * taps_of(shape) + (uint32_t)tap;
    return nnq_int4_weight(nnq_load_u32(nnq_int4_weights(shape, constants) + 4 * (size_t)word), (uint32_t)channel % 8);
}

static void load(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded) {
    nnq_int4_load_channel(shape, constants, words_of(shape), channel, loaded);
}

static int32_t valid(const nnq_shape *shape, const uint8_t *constants) {
    int32_t is_valid = nnq_int4_is_filled(shape, constants, words_of(shape));
    for (int32_t c = shape->out_channels; c < 8 * (int32_t)nnq_int4_groups(shape); c++) {
        for (uint32_t tap = 0; tap < taps_of(shape); tap++) {
            is_valid &= weight(shape, constants, c, (int32_t)tap) == 0;
        }
    }
    return is_valid;
}

int32_t nnq_pack_depthwise_conv2d_int4(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                                       uint8_t *constants) {
    const uint32_t n = shape->out_channels;
    int32_t fits = nnq_int4_store_channels(shape, channels, words_of(shape), constants);
    uint8_t *to = constants + (nnq_int4_weights(shape, constants) - constants);
    for (uint32_t c = 0; c < n && fits; c += 8) {
        for (uint32_t tap = 0; tap < taps_of(shape); tap++, to += 4) {
            int8_t eight[8] = {0};
            memcpy(eight, filter + tap * n + c, n - c < 8 ? n - c : 8);
            fits &= nnq_int4_store_word(to, eight);
        }
    }
    return fits;
}

NNQ_DEFINE_PACKED(depthwise_conv2d_int4, DEPTHWISE_CONV2D, INT4, size, scratch, weight, load, valid);
