/* SPDX-License-Identifier: Apache-2.0
 * Packed ops on machines without their instruction set, and what packers need: slow, and the same bits. A device does
 * not link this file.
 */
#include "packed.h"

#include "requant.h"

/* One output element's accumulator. */
static int32_t accumulate(const nnq_packed *packed, const nnq_shape *shape, const uint8_t *constants,
                          const int8_t *input, int32_t y, int32_t x, int32_t channel) {
    const int32_t is_depthwise = packed->opcode == NNQ_OP_DEPTHWISE_CONV2D;
    const int32_t depth = is_depthwise ? 1 : shape->in_channels;
    int32_t acc = 0;
    int32_t tap = 0;
    for (int32_t i = 0; i < shape->kernel_height; i++) {
        const int32_t row = y * shape->stride_height - shape->pad_top + i;
        for (int32_t j = 0; j < shape->kernel_width; j++) {
            const int32_t column = x * shape->stride_width - shape->pad_left + j;
            const int32_t inside = row >= 0 && row < shape->in_height && column >= 0 && column < shape->in_width;
            const int32_t at = (row * shape->in_width + column) * shape->in_channels + (is_depthwise ? channel : 0);
            for (int32_t k = 0; k < depth; k++, tap++) {
                const int32_t value = inside ? input[at + k] : shape->in_zero_point;
                acc += value * packed->weight(shape, constants, channel, tap);
            }
        }
    }
    return acc;
}

void nnq_compute_packed(const nnq_packed *packed, const nnq_shape *shape, const uint8_t *constants,
                        const int8_t *input, int8_t *output) {
    for (int32_t channel = 0; channel < shape->out_channels; channel++) {
        nnq_channel loaded;
        packed->channel(shape, constants, channel, &loaded);
        for (int32_t y = 0; y < shape->out_height; y++) {
            for (int32_t x = 0; x < shape->out_width; x++) {
                const int32_t acc = loaded.bias + accumulate(packed, shape, constants, input, y, x, channel);
                const int32_t scaled = nnq_scale_high(acc, &loaded.scale, shape->away);
                output[(y * shape->out_width + x) * shape->out_channels + channel] =
                    (int8_t)nnq_clamp(scaled, INT8_MIN, INT8_MAX);
            }
        }
    }
}

void nnq_run_packed_portable(const nnq_call *call, int32_t first, int32_t count) {
    const nnq_packed_params *p = &call->params.packed;
    nnq_shape shape;
    (void)count;
    if (first > 0) {
        return;
    }
    nnq_load_shape(&shape, call);
    int8_t *output = nnq_row(call, &call->out, 0);
    nnq_compute_packed(nnq_call_op(call)->packed, &shape, nnq_constants(call, p->constants), nnq_row(call, &call->in, 0),
                       output);
    nnq_clamp_outputs(output, nnq_row_bytes(&call->out) * call->out.height, p->act_min, p->act_max);
}

/* With acc * 2^8 * multiplier / 2^32 = acc * multiplier / 2^24 for the high word:
 * once,  (acc * multiplier + 2^(s - 1)) >> s with s = shift - pre_shift, leaves s - 24 bits to shift;
 * twice, the first rounding adds 2^30, which is 2^6 in units of 2^24, and the second 2^(shift - 32) in units of 2^31. */
int32_t nnq_make_high_scale(nnq_high_scale *scale, int32_t multiplier, int32_t shift, int32_t rounding,
                            int32_t pre_shift, int32_t zero_point, int32_t away) {
    const int32_t rest = shift - (rounding ? 0 : pre_shift) - 24;
    if (rest < 1 || rest > 23 || (rounding && shift < 32) || (away && !rounding)) {
        return 0;
    }
    scale->multiplier = multiplier;
    scale->shift = rest;
    scale->addend = (zero_point * (1 << rest)) + (1 << (rest - 1)) + (rounding && !away ? 64 : 0);
    return 1;
}
