/* SPDX-License-Identifier: Apache-2.0
 * The constants of dense for Armv7E-M. Outputs are in groups of four, of n inputs in steps of eight; each group is
 *
 *     I32 bias[4]                          as taps.h says
 *     word step[(n + 7) / 8][2][4]         of each step, inputs 0 .. 3 of four outputs, then inputs 4 .. 7
 *     I32 multiplier[4], addend[4], shift[4]
 *
 * Weights and outputs that fill up the last step and the last group are zero, and shift[3] has the group's flags.
 */
#include "taps.h"

enum { QUAD = 4, STEP = 8, STEP_BYTES = STEP * QUAD, BIAS_BYTES = 16, SCALE_BYTES = 48 };

static uint32_t step_count(const nnq_shape *shape) {
    return (shape->in_channels + STEP - 1u) / STEP;
}

static uint32_t quad_count(const nnq_shape *shape) {
    return (shape->out_channels + QUAD - 1u) / QUAD;
}

static uint32_t quad_bytes(const nnq_shape *shape) {
    return BIAS_BYTES + step_count(shape) * STEP_BYTES + SCALE_BYTES;
}

static uint32_t size(const nnq_shape *shape) {
    const uint64_t bytes = (uint64_t)quad_bytes(shape) * quad_count(shape);
    return bytes > INT32_MAX ? 0 : (uint32_t)bytes;
}

/* The inputs, unpacked. */
static uint32_t scratch(const nnq_shape *shape) {
    return step_count(shape) * STEP * 2;
}

/* Where a channel's group is, and its scale in it. */
static uint32_t quad_at(const nnq_shape *shape, uint32_t channel) {
    return channel / QUAD * quad_bytes(shape);
}

static uint32_t scale_at(const nnq_shape *shape, uint32_t channel) {
    return quad_at(shape, channel) + BIAS_BYTES + step_count(shape) * STEP_BYTES + channel % QUAD * 4;
}

static uint32_t word_at(const nnq_shape *shape, uint32_t channel, uint32_t tap) {
    return quad_at(shape, channel) + BIAS_BYTES + tap / 4 * (STEP_BYTES / 2) + channel % QUAD * 4;
}

static int32_t weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap) {
    return nnq_dsp_tap(constants + word_at(shape, (uint32_t)channel, (uint32_t)tap), tap & 3);
}

static int32_t sum_even(const nnq_shape *shape, const uint8_t *constants, int32_t channel) {
    int32_t sum = 0;
    for (int32_t tap = 0; tap < shape->in_channels; tap += 2) {
        sum += weight(shape, constants, channel, tap);
    }
    return sum;
}

static void load(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded) {
    const uint8_t *bias = constants + quad_at(shape, (uint32_t)channel) + channel % QUAD * 4;
    const uint8_t *scale = constants + scale_at(shape, (uint32_t)channel);
    loaded->bias = nnq_dsp_bias_of(nnq_load_i32(bias), sum_even(shape, constants, channel));
    loaded->scale.multiplier = nnq_load_i32(scale);
    loaded->scale.addend = nnq_dsp_addend_of(shape, nnq_load_i32(scale + 16));
    loaded->scale.shift = (int32_t)(nnq_load_u32(scale + 32) & (channel % QUAD == 3 ? NNQ_DSP_SHIFT : UINT32_MAX));
}

static uint32_t flags(const nnq_shape *shape, uint32_t channel) {
    return channel % QUAD < 3 ? 0 : nnq_dsp_flags(shape, channel / QUAD + 1 == quad_count(shape), 0);
}

/* Biases are multiples of 256, flags as they must be, weights behind the last input zero. */
static int32_t valid(const nnq_shape *shape, const uint8_t *constants) {
    int32_t is_valid = 1;
    for (uint32_t channel = 0; channel < quad_count(shape) * QUAD; channel++) {
        const uint32_t shift = nnq_load_u32(constants + scale_at(shape, channel) + 32);
        is_valid &= channel % QUAD < 3 || (shift & ~NNQ_DSP_SHIFT) == flags(shape, channel);
        is_valid &= constants[quad_at(shape, channel) + channel % QUAD * 4] == 0;
        for (uint32_t tap = shape->in_channels; tap < step_count(shape) * STEP; tap++) {
            is_valid &= weight(shape, constants, (int32_t)channel, (int32_t)tap) == 0;
        }
    }
    return is_valid;
}

static void store(const nnq_shape *shape, const int8_t *weights, const nnq_channel *from, uint32_t channel,
                  uint8_t *constants) {
    uint8_t *scale = constants + scale_at(shape, channel);
    for (uint32_t tap = 0; tap < shape->in_channels; tap++) {
        nnq_dsp_set_tap(constants + word_at(shape, channel, tap), (int32_t)tap & 3, weights[tap]);
    }
    nnq_store_i32(constants + quad_at(shape, channel) + channel % QUAD * 4,
                  nnq_dsp_bias(from->bias, sum_even(shape, constants, (int32_t)channel)));
    nnq_store_i32(scale, from->scale.multiplier);
    nnq_store_i32(scale + 16, nnq_dsp_addend(shape, from->scale.addend));
    nnq_store_i32(scale + 32, from->scale.shift);
}

int32_t nnq_pack_dense_dsp(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                           uint8_t *constants) {
    memset(constants, 0, size(shape));
    for (uint32_t channel = 0; channel < shape->out_channels; channel++) {
        const int8_t *weights = filter + channel * shape->in_channels;
        if (!nnq_dsp_allows(weights, shape->in_channels, channels[channel].bias)) {
            return 0;
        }
        store(shape, weights, &channels[channel], channel, constants);
    }
    for (uint32_t channel = 3; channel < quad_count(shape) * QUAD; channel += QUAD) {
        uint8_t *shift = constants + scale_at(shape, channel) + 32;
        nnq_store_i32(shift, (int32_t)(nnq_load_u32(shift) | flags(shape, channel)));
    }
    return 1;
}

NNQ_DEFINE_PACKED(dense_dsp, DENSE, DSP, size, scratch, weight, load, valid);
