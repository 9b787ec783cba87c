/* SPDX-License-Identifier: Apache-2.0
 * Random layers for packed forms.
 */
#include "random_packed.h"

#include "check.h"

static int32_t random_extent(rng *r, int32_t most) {
    return rng_once_in(r, 4) ? 1 : rng_range(r, 1, most);
}

/* One axis of a window; returns the output's extent, 0 where the window does not fit. */
static int32_t random_window(rng *r, int32_t in, uint8_t *kernel, uint8_t *stride, uint8_t *pad, int32_t *pad_after) {
    *kernel = (uint8_t)(rng_once_in(r, 2) ? 3 : random_extent(r, 7));
    *stride = (uint8_t)random_extent(r, 3);
    *pad = (uint8_t)rng_range(r, 0, *kernel - 1);
    *pad_after = rng_range(r, 0, *kernel - 1);
    return in + *pad + *pad_after < *kernel ? 0 : (in + *pad + *pad_after - *kernel) / *stride + 1;
}

/* A window that is the whole map. */
static void make_whole(packed_layer *l, rng *r) {
    nnq_shape *s = &l->shape;
    s->in_height = s->kernel_height = (uint8_t)rng_range(r, 1, 5);
    s->in_width = s->kernel_width = (uint8_t)rng_range(r, 1, 5);
    s->out_height = s->out_width = 1;
    s->pad_top = s->pad_left = 0;
    l->pad_bottom = l->pad_right = 0;
}

static int random_shape(packed_layer *l, rng *r, int32_t opcode) {
    nnq_shape *s = &l->shape;
    memset(s, 0, sizeof *s);
    l->pad_bottom = l->pad_right = 0;
    s->kernel_height = s->kernel_width = s->stride_height = s->stride_width = 1;
    s->in_height = s->in_width = s->out_height = s->out_width = 1;
    s->in_channels = (uint16_t)random_extent(r, opcode == NNQ_OP_DENSE ? 400 : MOST_CHANNELS);
    s->out_channels = opcode == NNQ_OP_DEPTHWISE_CONV2D ? s->in_channels : (uint16_t)random_extent(r, MOST_CHANNELS);
    if (opcode != NNQ_OP_DENSE) {
        s->in_height = (uint16_t)random_extent(r, 12);
        s->in_width = (uint16_t)random_extent(r, 12);
        s->out_height = (uint16_t)random_window(r, s->in_height, &s->kernel_height, &s->stride_height, &s->pad_top,
                                                &l->pad_bottom);
        s->out_width =
            (uint16_t)random_window(r, s->in_width, &s->kernel_width, &s->stride_width, &s->pad_left, &l->pad_right);
        if (rng_once_in(r, 10)) {
            make_whole(l, r);
        }
    }
    s->in_zero_point = (int8_t)(rng_once_in(r, 2) ? -128 : rng_range(r, -128, 127));
    s->away = (uint8_t)rng_range(r, 0, 1);
    return s->out_height > 0 && s->out_width > 0;
}

/* A shape that the form takes, of some thousand. */
static int random_shape_of(packed_layer *l, rng *r, const nnq_form *form) {
    for (int i = 0; i < 3000; i++) {
        if (random_shape(l, r, form->opcode) && nnq_form_size(form->code, &l->shape) > 0) {
            return 1;
        }
    }
    return 0;
}

/* Whether |bias| + 128 * sum |w| < 2^23 for each channel, which packers rely on. */
static int is_bounded(const packed_layer *l, int32_t opcode) {
    const int32_t channels = l->shape.out_channels;
    for (int32_t c = 0; c < channels; c++) {
        int32_t bound = abs(l->bias[c]);
        for (int32_t tap = 0; tap < l->taps; tap++) {
            bound += 128 * abs(l->filter[opcode == NNQ_OP_DEPTHWISE_CONV2D ? tap * channels + c : c * l->taps + tap]);
        }
        if (bound >= 1 << 23) {
            return 0;
        }
    }
    return 1;
}

static void random_numbers(packed_layer *l, rng *r, const nnq_form *form) {
    const nnq_shape *s = &l->shape;
    const int32_t opcode = form->opcode;
    const int32_t largest = strcmp(form->isa, "INT4") == 0 ? 7 : 127;
    l->taps = s->kernel_height * s->kernel_width * (opcode == NNQ_OP_DEPTHWISE_CONV2D ? 1 : s->in_channels);
    /* Negative results of two roundings come through the clamp where the layer rounds away from zero. */
    l->rounding = s->away || rng_once_in(r, 2);
    l->out_zero_point = rng_range(r, s->away ? -127 : -128, 127);
    const int32_t least = rng_once_in(r, 2) ? -128 : rng_range(r, -128, l->out_zero_point - s->away);
    l->act_min = s->away || (!l->rounding && rng_once_in(r, 2)) ? least : l->out_zero_point;
    l->act_max = rng_once_in(r, 2) ? 127 : rng_range(r, l->act_min, 127);
    const int32_t most = rng_once_in(r, 2) || largest < 30 ? largest : 30;
    for (int32_t i = 0; i < l->taps * s->out_channels; i++) {
        l->filter[i] = (int8_t)(rng_once_in(r, 10) ? largest * (1 - 2 * rng_range(r, 0, 1)) : rng_range(r, -most, most));
    }
    for (int32_t c = 0; c < s->out_channels; c++) {
        l->bias[c] = rng_range(r, -20000, 20000);
        l->multiplier[c] = rng_range(r, 1 << 30, INT32_MAX);
        l->shift[c] = (uint8_t)rng_range(r, 34, 42);
        l->channels[c].bias = l->bias[c];
        assert_true(nnq_make_high_scale(&l->channels[c].scale, l->multiplier[c], l->shift[c], l->rounding, 0,
                                        l->out_zero_point, l->shape.away));
    }
}

int random_packed_layer(packed_layer *l, rng *r, const nnq_form *form) {
    if (!random_shape_of(l, r, form)) {
        return 0;
    }
    random_numbers(l, r, form);
    return is_bounded(l, form->opcode);
}

/* Appends the op unpacked, or in a form. */
static int32_t append(builder *b, const packed_layer *l, const nnq_form *form, int32_t opcode, int32_t constants) {
    const nnq_shape *s = &l->shape;
    const int32_t in = 0;
    nnq_params p = {0};
    if (form != NULL) {
        p.packed = (nnq_packed_params){form->code,      s->kernel_height, s->kernel_width, s->stride_height,
                                       s->stride_width, s->pad_top,       l->pad_bottom,   s->pad_left,
                                       l->pad_right,    l->act_min,       l->act_max,      s->away,
                                       constants};
    } else if (opcode == NNQ_OP_CONV2D) {
        p.conv2d = (nnq_conv2d_params){NNQ_OP_CONV2D, s->kernel_height, s->kernel_width, s->stride_height,
                                       s->stride_width, 1, 1, s->pad_top, l->pad_bottom, s->pad_left, l->pad_right, 1,
                                       l->act_min, l->act_max, l->rounding, 0, 0, constants};
    } else if (opcode == NNQ_OP_DEPTHWISE_CONV2D) {
        p.depthwise_conv2d = (nnq_depthwise_conv2d_params){
            NNQ_OP_DEPTHWISE_CONV2D, s->kernel_height, s->kernel_width, s->stride_height, s->stride_width, 1, 1,
            s->pad_top, l->pad_bottom, s->pad_left, l->pad_right, l->act_min, l->act_max, l->rounding, 0, 0, constants};
    } else {
        p.dense = (nnq_dense_params){NNQ_OP_DENSE, l->act_min, l->act_max, l->rounding, 0, 0, constants};
    }
    return builder_op_add(b, &p, &in, 1, s->out_height, s->out_width, s->out_channels, l->out_zero_point);
}

static void start(builder *b, const nnq_shape *s) {
    builder_start(b);
    builder_input(b, s->in_height, s->in_width, s->in_channels, s->in_zero_point);
}

/* Scratch lies behind the tensors, at a multiple of 16. */
static uint32_t arena_with_scratch(const builder *b, uint32_t scratch) {
    uint32_t end = 0;
    for (int32_t t = 0; t < b->tensor_count; t++) {
        end += ((uint32_t)tensor_bytes(&b->tensors[t]) + 3) / 4 * 4;
    }
    return (end + 15) / 16 * 16 + scratch;
}

built packed_file(builder *b, const packed_layer *l, const nnq_form *form) {
    const uint32_t size = nnq_form_size(form->code, &l->shape);
    const built none = {0};
    uint8_t *constants = aligned_block(size + 1);
    built file = none;
    if (size > 0 && size <= BUILDER_DATA && nnq_pack(form->code, &l->shape, l->filter, l->channels, constants)) {
        assert_int_equal(size % 4, 0);
        start(b, &l->shape);
        append(b, l, form, form->opcode, builder_data(b, constants, size));
        b->arena_size = arena_with_scratch(b, nnq_form_scratch(form->code, &l->shape));
        file = builder_finish(b);
    }
    free(constants);
    return file;
}

void build_unpacked(builder *b, const packed_layer *l, int32_t opcode) {
    start(b, &l->shape);
    append(b, l, NULL, opcode,
           builder_filter(b, l->filter, (size_t)(l->taps * l->shape.out_channels), l->shape.out_channels, l->bias,
                          l->multiplier, l->shift, 0));
}
