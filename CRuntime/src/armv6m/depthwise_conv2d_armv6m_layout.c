/* SPDX-License-Identifier: Apache-2.0
 * The constants of depthwise_conv2d for Armv6-M: a record for each channel (channel_armv6m.h); then for each channel its
 * I8 weights, kernel row by row; zeros up to a multiple of 4.
 */
#include "channel_armv6m_layout.h"
#include "depthwise_conv2d_armv6m.h"

static uint32_t taps_of(const nnq_shape *shape) {
    return (uint32_t)shape->kernel_height * shape->kernel_width;
}

static uint32_t weights_at(const nnq_shape *shape) {
    return (uint32_t)NNQ_RECORD_BYTES * shape->out_channels;
}

static uint32_t size(const nnq_shape *shape) {
    return weights_at(shape) + (taps_of(shape) * shape->out_channels + 3) / 4 * 4;
}

static uint32_t scratch(const nnq_shape *shape) {
    nnq_axis slow;
    nnq_axis fast;
    nnq_make_axes(shape, &slow, &fast);
    return nnq_planes_bytes(&slow, &fast) + NNQ_PLANES_SLACK + nnq_taps_bytes(shape) +
           (uint32_t)(slow.phases * fast.phases) * NNQ_PLANE_ENTRY_BYTES;
}

static int32_t weight(const nnq_shape *shape, const uint8_t *constants, int32_t channel, int32_t tap) {
    return (int8_t)constants[weights_at(shape) + (uint32_t)channel * taps_of(shape) + (uint32_t)tap];
}

static void load(const nnq_shape *shape, const uint8_t *constants, int32_t channel, nnq_channel *loaded) {
    (void)shape;
    nnq_load_channel_armv6m(constants + NNQ_RECORD_BYTES * channel, loaded);
}

/* What the sums of a channel are below. */
static uint32_t bound(const nnq_shape *shape, const uint8_t *constants, int32_t channel) {
    nnq_channel loaded;
    load(shape, constants, channel, &loaded);
    uint32_t sum = nnq_magnitude(loaded.bias);
    for (uint32_t tap = 0; tap < taps_of(shape); tap++) {
        sum += 128 * nnq_magnitude(weight(shape, constants, channel, (int32_t)tap));
    }
    return sum;
}

static int32_t valid(const nnq_shape *shape, const uint8_t *constants) {
    int32_t is_valid = 1;
    for (int32_t c = 0; c < shape->out_channels; c++) {
        is_valid &= nnq_valid_channel_armv6m(shape, constants + NNQ_RECORD_BYTES * c, bound(shape, constants, c));
    }
    return is_valid;
}

int32_t nnq_pack_depthwise_conv2d_armv6m(const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                                         uint8_t *constants) {
    const uint32_t taps = taps_of(shape);
    memset(constants, 0, size(shape));
    for (uint32_t c = 0; c < shape->out_channels; c++) {
        uint8_t *record = constants + NNQ_RECORD_BYTES * c;
        for (uint32_t tap = 0; tap < taps; tap++) {
            constants[weights_at(shape) + c * taps + tap] = (uint8_t)filter[tap * shape->out_channels + c];
        }
        nnq_store_channel_armv6m(record, &channels[c], NNQ_ANY);
        const int32_t kind = nnq_kind_armv6m(shape, &channels[c], bound(shape, constants, (int32_t)c));
        nnq_store_channel_armv6m(record, &channels[c], kind);
    }
    return 1;
}

NNQ_DEFINE_PACKED(depthwise_conv2d_armv6m, DEPTHWISE_CONV2D, ARMV6M, size, scratch, weight, load, valid);
