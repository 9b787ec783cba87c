/* SPDX-License-Identifier: Apache-2.0
 * The constants of conv2d for RV32: U16 slice, slab, rows, words_bytes, totals_bytes, zeros_bytes (conv2d_rv32.h); then
 * blocks of four output channels, each I8 weights [taps][4], taps in the order of the unpacked filter, and for each
 * channel I32 multiplier, I32 addend, I32 bias * 256 + shift. Channels that fill the last block up are zero.
 */
#include "../packed.h"
#include "conv2d_rv32.h"

/* Words hold the sums of a slice of taps whose |w| sum up to MOST_WEIGHT: 128 * 4079 <= 127 * 2^12 + 2^11 - 1. 32 taps
 * of 127 are less. */
enum { MOST_WEIGHT = 4079, SAFE_TAPS = 32 };

/* The most taps of a slice of a window that is too long to be staged as a whole, and of rows that are kept. */
enum { SLICE_TAPS = 128, KEPT_TAPS = 192 };

/* The slab where the window is staged as a whole, so that a new slab costs little. */
enum { WHOLE_SLAB = 4 };

static int32_t tap_count(const nnq_shape *shape) {
    return shape->kernel_height * shape->kernel_width * shape->in_channels;
}

static int32_t block_count(const nnq_shape *shape) {
    return (shape->out_channels + NNQ_OCTET_BLOCK - 1) / NNQ_OCTET_BLOCK;
}

static uint32_t size(const nnq_shape *shape) {
    return NNQ_OCTET_HEAD_BYTES + (uint32_t)block_count(shape) * (uint32_t)nnq_octet_block_bytes(tap_count(shape));
}

/* --- Head and scratch --- */

/* The most taps of a slice. */
static int32_t slice_limit(const nnq_shape *shape) {
    const int32_t taps = tap_count(shape);
    return taps <= NNQ_OCTET_WHOLE_TAPS ? taps : SLICE_TAPS;
}

/* Rows are kept where windows overlap and eight columns at a time make up rows of outputs, but for a sixteenth, if
 * there is room for the rows of two outputs; room for three is all that pays. */
static int32_t kept_rows(const nnq_shape *shape) {
    const int32_t room = KEPT_TAPS / (shape->kernel_width * shape->in_channels);
    const int32_t least = shape->kernel_height + shape->stride_height;
    const int32_t more = -shape->out_width & (NNQ_OCTET_PIXELS - 1);
    return shape->stride_height < shape->kernel_height && 16 * more <= shape->out_width && room >= least
               ? nnq_octet_least(room, least + shape->stride_height)
               : 0;
}

static int32_t is_small(const nnq_shape *shape) {
    return shape->out_height * shape->out_width < NNQ_OCTET_PIXELS;
}

static void make_head(nnq_octet_head *head, const nnq_shape *shape, int32_t slice) {
    const int32_t taps = tap_count(shape);
    const int32_t is_whole = taps <= NNQ_OCTET_WHOLE_TAPS;
    const int32_t staged = kept_rows(shape) * shape->kernel_width * shape->in_channels;
    const int32_t slab = nnq_octet_least(block_count(shape), is_whole ? WHOLE_SLAB : NNQ_OCTET_SLAB);
    const int32_t is_free = slice == taps && !is_small(shape);
    const int32_t zeros = nnq_octet_least(shape->in_channels, slice_limit(shape));
    head->slice = (uint16_t)slice;
    head->slab = (uint16_t)(is_free ? block_count(shape) : slab);
    head->rows = (uint16_t)kept_rows(shape);
    head->words_bytes = (uint16_t)(4 * NNQ_OCTET_WORDS * (staged > 0 ? staged : slice_limit(shape)));
    head->totals_bytes = (uint16_t)(4 * NNQ_OCTET_PIXELS * NNQ_OCTET_BLOCK * slab);
    head->zeros_bytes = (uint16_t)(shape->kernel_height * shape->kernel_width == 1 ? 0 : (zeros + 3) / 4 * 4);
}

static uint32_t scratch(const nnq_shape *shape) {
    nnq_octet_head head;
    make_head(&head, shape, 1);
    return NNQ_OCTET_WORK_BYTES + (uint32_t)head.words_bytes + head.totals_bytes + head.zeros_bytes +
           (is_small(shape) ? NNQ_OCTET_PIXELS * NNQ_OCTET_BLOCK * NNQ_OCTET_SLAB : 0);
}

/* --- Weights and channels --- */

static uint32_t weight_place(const nnq_shape *shape, int32_t channel, int32_t tap) {
    return NNQ_OCTET_HEAD_BYTES +
           (uint32_t)(channel / NNQ_OCTET_BLOCK) * (uint32_t)nnq_octet_block_bytes(tap_count(shape)) +
           (uint32_t)(tap * NNQ_OCTET_BLOCK + channel % NNQ_OCTET_BLOCK);
}

static uint32_t channel_place(const nnq_shape *shape, int32_t channel) {
    return weight_place(shape, channel / NNQ_OCTET_BLOCK * NNQ_OCTET_BLOCK, tap_count(shape)) +
           NNQ_OCTET_SCALE_BYTES * (uint32_t)(channel % NNQ_OCTET_BLOCK);
}

static int32_t weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap) {
    return (int8_t)constants[weight_place(shape, channel, tap)];
}

static void load(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded) {
    const uint8_t *at = constants + channel_place(shape, channel);
    loaded->scale.multiplier = nnq_load_i32(at);
    loaded->scale.addend = nnq_load_i32(at + 4);
    loaded->scale.shift = at[8];
    loaded->bias = nnq_load_i32(at + 8) >> 8;
}

/* Whether no slice of a channel exceeds what the words hold. */
static int32_t channel_fits(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t slice) {
    const int32_t taps = tap_count(shape);
    uint32_t sum = 0;
    for (int32_t tap = 0; tap < taps; tap++) {
        sum = (tap % slice == 0 ? 0 : sum) + nnq_magnitude(weight(shape, constants, channel, tap));
        if (sum > MOST_WEIGHT) {
            return 0;
        }
    }
    return 1;
}

static int32_t slices_fit(const nnq_shape *shape, const uint8_t *constants, int32_t slice) {
    int32_t fits = 1;
    for (int32_t channel = 0; fits && channel < shape->out_channels; channel++) {
        fits = channel_fits(shape, constants, channel, slice);
    }
    return fits;
}

/* Byte i of the head, little-endian. */
static uint8_t head_byte(const nnq_octet_head *head, int32_t i) {
    const uint16_t fields[] = {head->slice,       head->slab,         head->rows,
                               head->words_bytes, head->totals_bytes, head->zeros_bytes};
    return (uint8_t)(fields[i / 2] >> i % 2 * 8);
}

static int32_t valid(const nnq_shape *shape, const uint8_t *constants) {
    const int32_t slice = nnq_load_u16(constants);
    nnq_octet_head head;
    make_head(&head, shape, slice);
    for (int32_t i = 0; i < NNQ_OCTET_HEAD_BYTES; i++) {
        if (constants[i] != head_byte(&head, i)) {
            return 0;
        }
    }
    return slice > 0 && slice <= slice_limit(shape) && slices_fit(shape, constants, slice);
}

/* --- Packing --- */

/* The longest slices of equal length that fit. */
static int32_t choose_slice(const nnq_shape *shape, const uint8_t *constants) {
    const int32_t taps = tap_count(shape);
    const int32_t limit = slice_limit(shape);
    for (int32_t count = (taps + limit - 1) / limit;; count++) {
        const int32_t slice = (taps + count - 1) / count;
        if (slice <= SAFE_TAPS || slices_fit(shape, constants, slice)) {
            return slice;
        }
    }
}

int32_t nnq_pack_conv2d_rv32(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                             uint8_t *constants) {
    const int32_t taps = tap_count(shape);
    nnq_octet_head head;
    memset(constants, 0, size(shape));
    for (int32_t c = 0; c < shape->out_channels; c++) {
        uint8_t *at = constants + channel_place(shape, c);
        for (int32_t tap = 0; tap < taps; tap++) {
            constants[weight_place(shape, c, tap)] = (uint8_t)*filter++;
        }
        nnq_store_i32(at, channels[c].scale.multiplier);
        nnq_store_i32(at + 4, channels[c].scale.addend);
        nnq_store_i32(at + 8, channels[c].bias * 256 + channels[c].scale.shift);
    }
    make_head(&head, shape, choose_slice(shape, constants));
    for (int32_t i = 0; i < NNQ_OCTET_HEAD_BYTES; i++) {
        constants[i] = head_byte(&head, i);
    }
    return 1;
}

NNQ_DEFINE_PACKED(conv2d_rv32, CONV2D, RV32, size, scratch, weight, load, valid);
