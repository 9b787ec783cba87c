/* SPDX-License-Identifier: Apache-2.0
 * scales_layout.h.
 */
#include "scales_layout.h"

/* Whether a way but the long one gives what a scale says. */
static int32_t fits(int32_t way, int32_t zero_point, const nnq_high_scale *scale) {
    const int64_t unit = (int64_t)1 << scale->shift;
    return scale->shift >= 8 && scale->addend == zero_point * unit + unit / 2 + (way == NNQ_MVE_TWICE ? 64 : 0);
}

static int32_t all_fit(const nnq_shape *shape, const nnq_channel *channels, int32_t way, int32_t zero_point) {
    int32_t channel = 0;
    while (channel < shape->out_channels && fits(way, zero_point, &channels[channel].scale)) {
        channel++;
    }
    return channel == shape->out_channels;
}

int32_t nnq_mve_way(const nnq_shape *shape, const nnq_channel *channels, int32_t *zero_point) {
    const int32_t last = shape->away ? NNQ_MVE_AWAY : NNQ_MVE_TWICE;
    *zero_point = channels[0].scale.addend >> channels[0].scale.shift;
    for (int32_t way = shape->away ? NNQ_MVE_AWAY : NNQ_MVE_ONCE; way <= last; way++) {
        if (*zero_point >= INT8_MIN && *zero_point <= INT8_MAX && all_fit(shape, channels, way, *zero_point)) {
            return way;
        }
    }
    *zero_point = 0;
    return NNQ_MVE_LONG;
}

int32_t nnq_mve_store_head(const nnq_shape *shape, const nnq_channel *channels, uint8_t *constants) {
    int32_t zero_point;
    const int32_t way = nnq_mve_way(shape, channels, &zero_point);
    constants[0] = (uint8_t)way;
    constants[1] = (uint8_t)zero_point;
    constants[2] = 0;
    constants[3] = 0;
    return way;
}

int32_t nnq_mve_way_holds(const nnq_shape *shape, const uint8_t *constants,
                          void (*load)(const nnq_shape *, const uint8_t *, int32_t, nnq_channel *)) {
    const int32_t way = constants[0];
    const int32_t zero_point = nnq_load_i8(constants + 1);
    nnq_channel loaded;
    if (way == NNQ_MVE_LONG) {
        return zero_point == 0;
    }
    if (way > NNQ_MVE_LONG || (way == NNQ_MVE_AWAY) != shape->away) {
        return 0;
    }
    for (int32_t channel = 0; channel < shape->out_channels; channel++) {
        load(shape, constants, channel, &loaded);
        if (!fits(way, zero_point, &loaded.scale)) {
            return 0;
        }
    }
    return 1;
}
