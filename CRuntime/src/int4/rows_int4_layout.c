/* SPDX-License-Identifier: Apache-2.0
 * The constants of conv2d and dense with weights of 4 bits: those of int4.h, the words of a channel after those of the
 * one before, 8 taps in a word in the filter's order. Places behind the last tap hold weights of 0.
 */
#include "layout_int4.h"
#include "rows_int4.h"

static uint32_t taps_of(const nnq_shape *shape) {
    return nnq_shape_taps(shape, NNQ_OP_CONV2D);
}

static uint32_t words_of(const nnq_shape *shape) {
    return nnq_int4_words(shape) * shape->out_channels;
}

uint32_t nnq_int4_rows_size(const nnq_shape *shape) {
    return nnq_int4_size(shape, words_of(shape));
}

uint32_t nnq_int4_rows_scratch(const nnq_shape *shape) {
    return nnq_int4_windows_bytes(shape);
}

/* Also of places behind the last tap. */
int32_t nnq_int4_rows_weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap) {
    const uint32_t word = (uint32_t)channel * nnq_int4_words(shape) + (uint32_t)tap / 8;
    return nnq_int4_weight(nnq_load_u32(nnq_int4_weights(shape, constants) + 4 * (size_t)word), (uint32_t)tap);
}

void nnq_int4_rows_load(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded) {
    nnq_int4_load_channel(shape, constants, words_of(shape), channel, loaded);
}

int32_t nnq_int4_rows_valid(const nnq_shape *shape, const uint8_t *constants) {
    int32_t is_valid = nnq_int4_is_filled(shape, constants, words_of(shape));
    for (int32_t c = 0; c < shape->out_channels; c++) {
        for (uint32_t tap = taps_of(shape); tap < 8 * nnq_int4_words(shape); tap++) {
            is_valid &= nnq_int4_rows_weight(shape, constants, c, (int32_t)tap) == 0;
        }
    }
    return is_valid;
}

int32_t nnq_int4_rows_pack(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                             uint8_t *constants) {
    const uint32_t taps = taps_of(shape);
    int32_t fits = nnq_int4_store_channels(shape, channels, words_of(shape), constants);
    uint8_t *to = constants + (nnq_int4_weights(shape, constants) - constants);
    for (uint32_t c = 0; c < shape->out_channels && fits; c++, filter += taps) {
        for (uint32_t tap = 0; tap < taps; tap += 8, to += 4) {
            int8_t eight[8] = {0};
            memcpy(eight, filter + tap, taps - tap < 8 ? taps - tap : 8);
            fits &= nnq_int4_store_word(to, eight);
        }
    }
    return fits;
}
