/* SPDX-License-Identifier: Apache-2.0
 * The constants of depthwise_conv2d for Armv7-M: an nnq_strip_plan (U16 pixels, taps, columns, strips, rows, weights);
 * then for each channel, I32 256 * bias, then for each kernel row, for each strip of it, three weights as I8 and a byte
 * 0; then I32 multiplier, addend, shift. Weights that the kernel does not have are 0.
 */
#include "../packed.h"
#include "depthwise_conv2d_armv7m.h"

enum {
    PLAN = 12,         /* bytes of the plan */
    BIAS = 4,
    SCALE = 12,
    STAGED_MOST = 2048 /* bytes staged at once, unless one row of outputs needs more */
};

/* --- The plan --- */

static int32_t divide_up(int32_t a, int32_t b) {
    return (a + b - 1) / b;
}

static int32_t staged_bytes(const nnq_shape *shape, const nnq_strip_plan *plan, int32_t rows) {
    const int32_t input_rows = (rows - 1) * shape->stride_height + shape->kernel_height;
    return input_rows * plan->strips * plan->columns * NNQ_STRIP_CHANNELS;
}

/* A block of five costs some 9/10 of one of six. */
static nnq_strip_plan make_plan(const nnq_shape *shape) {
    const int32_t width = shape->out_width;
    const int32_t is_five = shape->stride_width != 2 && divide_up(width, 5) == divide_up(width, 6);
    nnq_strip_plan plan = {6, 3, 8, 0, 1, 0};
    plan.pixels = is_five ? 5 : 6;
    plan.taps = shape->stride_width > 2 ? 1 : 3;
    plan.columns = shape->stride_width == 2 ? 13 : plan.pixels + 2;
    plan.strips = (uint16_t)divide_up(shape->kernel_width, plan.taps);
    plan.weights = (uint16_t)(4 * shape->kernel_height * plan.strips);
    while (plan.rows < shape->out_height && staged_bytes(shape, &plan, plan.rows + 1) <= STAGED_MOST) {
        plan.rows++;
    }
    return plan;
}

static void store_plan(const nnq_strip_plan *plan, uint8_t *constants) {
    nnq_store_i32(constants, plan->pixels | plan->taps << 16);
    nnq_store_i32(constants + 4, plan->columns | plan->strips << 16);
    nnq_store_i32(constants + 8, (int32_t)(plan->rows | (uint32_t)plan->weights << 16));
}

/* --- Where things are --- */

static uint32_t weight_bytes(const nnq_shape *shape) {
    const int32_t taps = shape->stride_width > 2 ? 1 : 3;
    return 4u * shape->kernel_height * (uint32_t)divide_up(shape->kernel_width, taps);
}

static uint32_t channel_at(const nnq_shape *shape, int32_t channel) {
    return PLAN + (uint32_t)channel * (BIAS + weight_bytes(shape) + SCALE);
}

static uint32_t size(const nnq_shape *shape) {
    const uint64_t bytes = PLAN + (uint64_t)(BIAS + weight_bytes(shape) + SCALE) * shape->out_channels;
    return weight_bytes(shape) > UINT16_MAX || bytes > INT32_MAX ? 0 : (uint32_t)bytes;
}

static uint32_t scratch(const nnq_shape *shape) {
    const nnq_strip_plan plan = make_plan(shape);
    return (uint32_t)(NNQ_STRIP_HEAD + 24 + 3 * plan.weights + 12 + staged_bytes(shape, &plan, plan.rows));
}

static uint32_t weight_at(const nnq_shape *shape, int32_t channel, int32_t tap) {
    const int32_t taps = shape->stride_width > 2 ? 1 : 3;
    const int32_t ky = tap / shape->kernel_width;
    const int32_t kx = tap - ky * shape->kernel_width;
    const int32_t strip = ky * divide_up(shape->kernel_width, taps) + kx / taps;
    return channel_at(shape, channel) + BIAS + (uint32_t)(4 * strip + kx % taps);
}

/* --- Reading --- */

static int32_t weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap) {
    return nnq_load_i8(constants + weight_at(shape, channel, tap));
}

static void load(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded) {
    const uint8_t *at = constants + channel_at(shape, channel);
    loaded->bias = nnq_load_i32(at) / 256;
    at += BIAS + weight_bytes(shape);
    loaded->scale.multiplier = nnq_load_i32(at);
    loaded->scale.addend = nnq_load_i32(at + 4);
    loaded->scale.shift = nnq_load_i32(at + 8);
}

/* Whether what no weight fills is 0: the kernel multiplies with it. */
static int32_t has_zeros(const nnq_shape *shape, const uint8_t *constants, int32_t channel) {
    const uint8_t *at = constants + channel_at(shape, channel) + BIAS;
    int32_t all = 0;
    int32_t weights = 0;
    for (uint32_t i = 0; i < weight_bytes(shape); i++) {
        all += at[i] != 0;
    }
    for (int32_t tap = 0; tap < shape->kernel_height * shape->kernel_width; tap++) {
        weights += weight(shape, constants, channel, tap) != 0;
    }
    return all == weights;
}

static int32_t valid(const nnq_shape *shape, const uint8_t *constants) {
    const nnq_strip_plan plan = make_plan(shape);
    uint8_t bytes[PLAN];
    store_plan(&plan, bytes);
    int32_t is_valid = 1;
    for (int32_t i = 0; i < PLAN; i++) {
        is_valid = is_valid && constants[i] == bytes[i];
    }
    for (int32_t channel = 0; is_valid && channel < shape->out_channels; channel++) {
        is_valid = nnq_load_i32(constants + channel_at(shape, channel)) % 256 == 0 &&
                   has_zeros(shape, constants, channel);
    }
    return is_valid;
}

/* --- Packing --- */

int32_t nnq_pack_depthwise_conv2d_armv7m(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                                         uint8_t *constants) {
    const nnq_strip_plan plan = make_plan(shape);
    memset(constants, 0, size(shape));
    store_plan(&plan, constants);
    for (int32_t c = 0; c < shape->out_channels; c++) {
        uint8_t *at = constants + channel_at(shape, c);
        nnq_store_i32(at, channels[c].bias * 256);
        for (int32_t tap = 0; tap < shape->kernel_height * shape->kernel_width; tap++) {
            constants[weight_at(shape, c, tap)] = (uint8_t)filter[(size_t)tap * shape->out_channels + (size_t)c];
        }
        at += BIAS + weight_bytes(shape);
        nnq_store_i32(at, channels[c].scale.multiplier);
        nnq_store_i32(at + 4, channels[c].scale.addend);
        nnq_store_i32(at + 8, channels[c].scale.shift);
    }
    return 1;
}

NNQ_DEFINE_PACKED(depthwise_conv2d_armv7m, DEPTHWISE_CONV2D, ARMV7M, size, scratch, weight, load, valid);
