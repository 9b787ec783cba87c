/* SPDX-License-Identifier: Apache-2.0
 * Forms, memory, random contents and the reference of kernels.h.
 */
#include "kernels.h"

#define FORM_NATIVE(NAME, name) {#name, &nnq_packed_##name, nnq_pack_##name},
#define FORM_FOREIGN(NAME, name)
#define FORM(ISA, name) FORM_AGAIN(NNQ_NATIVE(ISA, FORM_NATIVE, FORM_FOREIGN), name)
#define FORM_AGAIN(entry, name) entry(, name)

const form forms[] = {
#define NNQ_PACKED(code, op, name, NAME, ISA) FORM(ISA, name)
#include "nnq/kernels.def"
    {NULL, NULL, NULL}};
const int32_t form_count = sizeof forms / sizeof *forms - 1;

int8_t filter_memory[FILTER_BYTES];
nnq_channel channel_memory[MAX_CHANNELS];
uint8_t constants_memory[CONSTANTS_BYTES + 2 * GUARD] NNQ_ALIGNED;
int8_t input_memory[MAP_BYTES + 2 * GUARD] NNQ_ALIGNED;
int8_t output_memory[MAP_BYTES + 2 * GUARD] NNQ_ALIGNED;
uint8_t scratch_memory[SCRATCH_BYTES + 2 * GUARD] NNQ_ALIGNED;

uint32_t input_bytes(const nnq_shape *shape) {
    return (uint32_t)shape->in_height * shape->in_width * shape->in_channels;
}

uint32_t output_bytes(const nnq_shape *shape) {
    return (uint32_t)shape->out_height * shape->out_width * shape->out_channels;
}

static int32_t is_depthwise(const setting *at) {
    return at->opcode == NNQ_OP_DEPTHWISE_CONV2D;
}

static int32_t tap_count(const setting *at) {
    return (int32_t)nnq_shape_taps(&at->shape, (int32_t)at->opcode);
}

uint32_t filter_bytes(const setting *at) {
    return (uint32_t)tap_count(at) * at->shape.out_channels;
}

uint32_t macs(const setting *at) {
    return filter_bytes(at) * at->shape.out_height * at->shape.out_width;
}

/* Weight `tap` of a channel: the filter is [out_c, kh, kw, in_c], of a depthwise convolution [kh, kw, c]. */
static int8_t *weight_at(const setting *at, int32_t channel, int32_t tap) {
    return at->filter + (is_depthwise(at) ? tap * at->shape.out_channels + channel : channel * tap_count(at) + tap);
}

/* --- Random --- */

static uint32_t state;

void seed_random(uint32_t seed) {
    state = seed * 2654435761u + 1;
    state += state == 0;
}

uint32_t random_word(void) {
    state ^= state << 13;
    state ^= state >> 17;
    return state ^= state << 5;
}

int32_t random_in(int32_t low, int32_t high) {
    return low + (int32_t)((random_word() >> 8) % (uint32_t)(high - low + 1));
}

int32_t one_in(int32_t n) {
    return random_in(1, n) == 1;
}

/* The weights of a channel, as large as `extreme` or a draw says while their sum lets them; returns the sum. */
static int32_t fill_weights(setting *at, int32_t channel, int32_t extreme) {
    const int32_t taps = tap_count(at);
    const int32_t style = extreme ? random_in(0, 3) : 4;
    const int32_t most = at->is_int4 ? 7 : 127;
    const int32_t span = one_in(3) ? most : random_in(1, at->is_int4 ? most : 40);
    int32_t left = (1 << 16) - 1;
    for (int32_t tap = 0; tap < taps; tap++) {
        int32_t weight = style == 0   ? most
                         : style == 1 ? -most - at->is_int4
                         : style == 2 ? (random_word() & 256 ? most : -most)
                         : style == 3 ? (one_in(3) ? random_in(-1, 1) : 0)
                                      : random_in(-span, span);
        const int32_t size = weight < 0 ? -weight : weight;
        weight = size <= left ? weight : 0;
        left -= size <= left ? size : 0;
        *weight_at(at, channel, tap) = (int8_t)weight;
    }
    return (1 << 16) - 1 - left;
}

/* What the scales of a layer have in common, but where a test wants channels to differ. */
typedef struct habit {
    int32_t zero_point;
    int32_t rounding;
} habit;

static habit draw_habit(int32_t away) {
    const habit drawn = {one_in(3) ? -128 : random_in(-128, 127), away || one_in(2)};
    return drawn;
}

/* A scale that spreads sums of this size over int8, or any legal one. */
static void fill_scale(nnq_high_scale *scale, int32_t sum, const habit *layer, const setting *at) {
    int32_t bits = 0;
    while (sum >> bits > 1) {
        bits++;
    }
    int32_t shift = (bits < 4 ? 1 : bits - 3) + (layer->rounding ? 24 : 31);
    shift = at->is_int4 && shift < 32 ? 32 : shift;
    scale->multiplier = one_in(10) ? (int32_t)(random_word() >> 1) : (1 << 30) + random_in(0, (1 << 30) - 1);
    if (nnq_make_high_scale(scale, scale->multiplier, shift, layer->rounding, 7, layer->zero_point,
                            at->shape.away)) {
        return;
    }
    scale->shift = random_in(1, 31);
    scale->addend = random_in(-(1 << 30) + 256, (1 << 30) - 256);
    scale->multiplier = one_in(4) ? 0 : one_in(3) ? INT32_MAX : scale->multiplier;
}

static void fill_channel(setting *at, int32_t channel, const habit *layer, int32_t extreme) {
    nnq_channel *to = &at->channels[channel];
    const int32_t sum = fill_weights(at, channel, extreme);
    const int32_t room = (1 << 23) - 1 - 128 * sum;
    const int32_t typical = room < 2000 ? room : 2000;
    to->bias = extreme && one_in(2) ? (one_in(2) ? room : -room) : random_in(-typical, typical);
    fill_scale(&to->scale, extreme && one_in(20) ? 0 : 100 * sum + typical, layer, at);
}

void fill_setting(setting *at, int32_t extreme) {
    const uint32_t count = input_bytes(&at->shape);
    const int32_t style = extreme ? random_in(0, 3) : 4;
    const habit layer = draw_habit(at->shape.away);
    for (int32_t channel = 0; channel < at->shape.out_channels; channel++) {
        const habit own = draw_habit(at->shape.away);
        fill_channel(at, channel, extreme && !at->is_int4 && one_in(4) ? &own : &layer, extreme);
    }
    for (uint32_t i = 0; i < count; i++) {
        const int32_t value = style == 0   ? 127
                              : style == 1 ? -128
                              : style == 2 ? (random_word() & 256 ? 127 : -128)
                              : style == 3 ? at->shape.in_zero_point
                                           : random_in(-128, 127);
        at->input[i] = (int8_t)value;
    }
}

/* --- Reference --- */

static int32_t input_at(const setting *at, int32_t row, int32_t column, int32_t channel) {
    const nnq_shape *s = &at->shape;
    return row < 0 || column < 0 || row >= s->in_height || column >= s->in_width
               ? s->in_zero_point
               : at->input[(row * s->in_width + column) * s->in_channels + channel];
}

int32_t reference(const setting *at, int32_t y, int32_t x, int32_t channel) {
    const nnq_shape *s = &at->shape;
    const int32_t depth = is_depthwise(at) ? 1 : s->in_channels;
    int32_t acc = at->channels[channel].bias;
    int32_t tap = 0;
    for (int32_t i = 0; i < s->kernel_height; i++) {
        for (int32_t j = 0; j < s->kernel_width; j++) {
            for (int32_t k = 0; k < depth; k++) {
                acc += *weight_at(at, channel, tap++) * input_at(at, y * s->stride_height - s->pad_top + i,
                                                                 x * s->stride_width - s->pad_left + j,
                                                                 is_depthwise(at) ? channel : k);
            }
        }
    }
    const int32_t value = nnq_scale_high(acc, &at->channels[channel].scale, s->away);
    return value < -128 ? -128 : value > 127 ? 127 : value;
}

/* --- Words --- */

static void write_extents(const char *before, int32_t first, const char *between, int32_t second) {
    console_write(before);
    console_number((uint32_t)first);
    console_write(between);
    console_number((uint32_t)second);
}

void write_setting(const setting *at) {
    const nnq_shape *s = &at->shape;
    console_write(at->opcode == NNQ_OP_DENSE ? "dense" : is_depthwise(at) ? "depthwise_conv2d" : "conv2d");
    write_extents(" ", s->in_height, "x", s->in_width);
    console_write("x");
    console_number(s->in_channels);
    write_extents(" -> ", s->out_height, "x", s->out_width);
    console_write("x");
    console_number(s->out_channels);
    write_extents(", kernel ", s->kernel_height, "x", s->kernel_width);
    write_extents(", stride ", s->stride_height, "x", s->stride_width);
    write_extents(", pad ", s->pad_top, ",", s->pad_left);
    console_write(s->in_zero_point < 0 ? ", zero point -" : ", zero point ");
    console_number((uint32_t)(s->in_zero_point < 0 ? -s->in_zero_point : s->in_zero_point));
    console_write(s->away ? ", away" : "");
}
