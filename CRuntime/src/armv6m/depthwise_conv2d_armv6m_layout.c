/* SPDX-License-Identifier: Apache-2.0
 * The constants of depthwise_conv2d for Armv6-M: depthwise_conv2d_armv6m.h tells their order.
 */
#include "channel_armv6m_layout.h"
#include "depthwise_conv2d_armv6m.h"

/* --- Geometry --- */

/* A direction of the map. */
typedef struct axis {
    int32_t in;
    int32_t out;
    int32_t kernel;
    int32_t stride;
    int32_t pad;
    int32_t in_step; /* bytes */
    int32_t out_step;
    int32_t phases; /* that taps are in */
    int32_t more;   /* places of a phase that a tile needs beyond its outputs */
    int32_t tile;   /* outputs */
} axis;

typedef struct geometry {
    axis slow;
    axis fast;
    int32_t is_turned; /* rows are the map's columns */
} geometry;

static void add_phases(axis *at) {
    at->phases = at->stride < at->kernel ? at->stride : at->kernel;
    at->more = (at->kernel - 1) / at->stride;
    at->tile = at->out;
}

static uint64_t plane_words(const geometry *at) {
    return (uint64_t)(at->slow.tile + at->slow.more) * (uint64_t)(at->fast.tile + at->fast.more);
}

static uint64_t planes_words(const geometry *at) {
    return (uint64_t)(at->slow.phases * at->fast.phases) * plane_words(at);
}

static geometry find_geometry(const nnq_shape *shape) {
    const int32_t c = shape->in_channels;
    const int32_t in_row = shape->in_width * c;
    const int32_t out_row = shape->out_width * c;
    const axis down = {shape->in_height, shape->out_height, shape->kernel_height, shape->stride_height,
                       shape->pad_top,   in_row,            out_row,              0, 0, 0};
    const axis across = {shape->in_width, shape->out_width, shape->kernel_width, shape->stride_width,
                         shape->pad_left, c,                c,                   0, 0, 0};
    const int32_t is_turned = shape->out_height > shape->out_width;
    geometry at = {is_turned ? across : down, is_turned ? down : across, is_turned};
    add_phases(&at.slow);
    add_phases(&at.fast);
    while (at.slow.tile > 1 && 4 * planes_words(&at) > NNQ_PLANES_BYTES) {
        at.slow.tile = (at.slow.tile + 1) / 2;
    }
    while (at.fast.tile > 1 && 4 * planes_words(&at) > NNQ_PLANES_BYTES) {
        at.fast.tile = (at.fast.tile + 1) / 2;
    }
    return at;
}

/* Places of a phase that are in the map: how many, after how many, and where the first of them is. */
typedef struct span {
    int32_t count;
    int32_t before;
    int32_t first;
} span;

static span find_span(const axis *at, int32_t out, int32_t outputs, int32_t phase) {
    span found = {0, 0, out * at->stride + phase - at->pad};
    int32_t left = outputs + at->more;
    for (; left > 0 && found.first < 0; left--) {
        found.first += at->stride;
        found.before++;
    }
    for (int32_t place = found.first; left > 0 && place < at->in; left--) {
        place += at->stride;
        found.count++;
    }
    return found;
}

/* --- What comes after the weights --- */

/* Counts bytes; writes them to where it is at, or compares. */
typedef struct writer {
    uint8_t *to;
    const uint8_t *from;
    uint32_t size;
    int32_t is_equal;
} writer;

static void put_byte(writer *at, uint32_t value) {
    if (at->to != NULL) {
        at->to[at->size] = (uint8_t)value;
    }
    if (at->from != NULL) {
        at->is_equal &= at->from[at->size] == (uint8_t)value;
    }
    at->size++;
}

static void put_u16(writer *at, int32_t value) {
    put_byte(at, (uint32_t)value);
    put_byte(at, (uint32_t)value >> 8);
}

static void put_i32(writer *at, int32_t value) {
    put_u16(at, (int32_t)((uint32_t)value & 0xFFFF));
    put_u16(at, (int32_t)((uint32_t)value >> 16));
}

static void put_plane(writer *to, const geometry *at, span down, span across, int32_t words) {
    const int32_t width = at->fast.tile + at->fast.more;
    const int32_t is_empty = down.count == 0 || across.count == 0;
    put_i32(to, is_empty ? 0 : down.first * at->slow.in_step + across.first * at->fast.in_step);
    put_i32(to, at->slow.stride * at->slow.in_step - across.count * at->fast.stride * at->fast.in_step);
    put_u16(to, across.count);
    put_u16(to, is_empty ? 0 : down.count);
    put_u16(to, words + down.before * width + across.before);
    put_u16(to, width - across.count);
}

static void put_tile(writer *to, const geometry *at, int32_t row, int32_t column) {
    const int32_t rows = at->slow.out - row < at->slow.tile ? at->slow.out - row : at->slow.tile;
    const int32_t columns = at->fast.out - column < at->fast.tile ? at->fast.out - column : at->fast.tile;
    int32_t words = 0;
    put_i32(to, row * at->slow.out_step + column * at->fast.out_step);
    put_i32(to, at->slow.out_step - columns * at->fast.out_step);
    put_u16(to, rows);
    put_u16(to, columns);
    for (int32_t i = 0; i < at->slow.phases; i++) {
        const span down = find_span(&at->slow, row, rows, i);
        for (int32_t j = 0; j < at->fast.phases; j++) {
            put_plane(to, at, down, find_span(&at->fast, column, columns, j), words);
            words += (int32_t)plane_words(at);
        }
    }
}

static void put_tiles(writer *to, const geometry *at) {
    for (int32_t row = 0; row < at->slow.out; row += at->slow.tile) {
        for (int32_t column = 0; column < at->fast.out; column += at->fast.tile) {
            put_tile(to, at, row, column);
        }
    }
}

static int32_t tiles_of(const axis *at) {
    return (at->out + at->tile - 1) / at->tile;
}

/* From an output's place in the first plane to a tap's. */
static int32_t tap_offset(const geometry *at, int32_t slow, int32_t fast) {
    const int32_t phase = slow % at->slow.stride * at->fast.phases + fast % at->fast.stride;
    const int32_t row = slow / at->slow.stride;
    return 4 * (phase * (int32_t)plane_words(at) + row * (at->fast.tile + at->fast.more) + fast / at->fast.stride);
}

static void put_taps(writer *to, const nnq_shape *shape, const geometry *at) {
    for (int32_t i = 0; i < shape->kernel_height; i++) {
        for (int32_t j = 0; j < shape->kernel_width; j++) {
            put_i32(to, at->is_turned ? tap_offset(at, j, i) : tap_offset(at, i, j));
        }
    }
}

static int32_t taps_of(const nnq_shape *shape) {
    return shape->kernel_height * shape->kernel_width;
}

static int32_t rounds_of(const nnq_shape *shape) {
    return (taps_of(shape) + NNQ_ROUND_TAPS - 1) / NNQ_ROUND_TAPS;
}

static void put_all(writer *to, const nnq_shape *shape) {
    const geometry at = find_geometry(shape);
    put_i32(to, 4 * (int32_t)planes_words(&at));
    put_i32(to, at.fast.stride * at.fast.in_step);
    put_i32(to, at.fast.out_step);
    put_u16(to, at.fast.tile + at.fast.more);
    put_u16(to, rounds_of(shape));
    put_u16(to, tiles_of(&at.slow) * tiles_of(&at.fast));
    put_u16(to, at.slow.phases * at.fast.phases);
    put_taps(to, shape, &at);
    put_tiles(to, &at);
}

/* --- The form --- */

static uint32_t weights_at(const nnq_shape *shape) {
    return (uint32_t)NNQ_RECORD_BYTES * shape->out_channels;
}

static uint32_t geometry_at(const nnq_shape *shape) {
    return weights_at(shape) + ((uint32_t)taps_of(shape) * shape->out_channels + 3) / 4 * 4;
}

/* Windows so large, or maps of so many tiles, that places or planes cannot be numbered in 16 bits, do not fit. */
static uint32_t size(const nnq_shape *shape) {
    const geometry at = find_geometry(shape);
    const int64_t planes = (int64_t)tiles_of(&at.slow) * tiles_of(&at.fast) * (at.slow.phases * at.fast.phases);
    writer counting = {NULL, NULL, 0, 1};
    if (planes_words(&at) > UINT16_MAX || planes > UINT16_MAX) {
        return 0;
    }
    put_all(&counting, shape);
    return nnq_size_armv6m((uint64_t)geometry_at(shape) + counting.size);
}

static uint32_t scratch(const nnq_shape *shape) {
    const geometry at = find_geometry(shape);
    return NNQ_TILE_STATE_BYTES + 4 * (uint32_t)planes_words(&at) + NNQ_PLANES_SLACK +
           (uint32_t)rounds_of(shape) * NNQ_ROUND_TAPS * NNQ_TAP_ENTRY_BYTES;
}

static int32_t weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap) {
    return (int8_t)constants[weights_at(shape) + (uint32_t)(channel * taps_of(shape) + tap)];
}

static void load(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded) {
    (void)shape;
    nnq_load_channel_armv6m(constants + NNQ_RECORD_BYTES * channel, loaded);
}

/* What the sums of a channel are below. */
static uint32_t bound(const nnq_shape *shape, const nnq_channel *channel, const uint8_t *weights) {
    uint32_t sum = nnq_magnitude(channel->bias);
    for (int32_t tap = 0; tap < taps_of(shape); tap++) {
        sum += 128 * nnq_magnitude((int8_t)weights[tap]);
    }
    return sum;
}

static int32_t valid(const nnq_shape *shape, const uint8_t *constants) {
    writer comparing = {NULL, constants, geometry_at(shape), 1};
    const uint8_t *weights = constants + weights_at(shape);
    put_all(&comparing, shape);
    for (int32_t c = 0; c < shape->out_channels; c++) {
        nnq_channel loaded;
        load(shape, constants, c, &loaded);
        comparing.is_equal &= nnq_valid_channel_armv6m(shape, constants + NNQ_RECORD_BYTES * c,
                                                       bound(shape, &loaded, weights + c * taps_of(shape)));
    }
    return comparing.is_equal;
}

int32_t nnq_pack_depthwise_conv2d_armv6m(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                                         uint8_t *constants) {
    const int32_t taps = taps_of(shape);
    uint8_t *weights = constants + weights_at(shape);
    writer writing = {constants, NULL, geometry_at(shape), 1};
    memset(constants, 0, geometry_at(shape));
    put_all(&writing, shape);
    for (int32_t c = 0; c < shape->out_channels; c++, weights += taps) {
        for (int32_t tap = 0; tap < taps; tap++) {
            weights[tap] = (uint8_t)filter[tap * shape->out_channels + c];
        }
        nnq_store_channel_armv6m(constants + NNQ_RECORD_BYTES * c, &channels[c],
                                 nnq_kind_armv6m(shape, &channels[c], bound(shape, &channels[c], weights)));
    }
    return 1;
}

NNQ_DEFINE_PACKED(depthwise_conv2d_armv6m, DEPTHWISE_CONV2D, ARMV6M, size, scratch, weight, load, valid);
