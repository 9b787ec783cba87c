/* SPDX-License-Identifier: Apache-2.0
 * Packed ops: their scale against the specification's requantization, and every form as a file against the unpacked op.
 */
#include "support/check.h"
#include "support/reference.h"

#include "nnq/pack.h"
#include "../../CRuntime/src/shape.h"

enum { MOST_CHANNELS = 24, MOST_TAPS = 7 * 7 * 24, MOST_WEIGHTS = MOST_CHANNELS * MOST_TAPS };

/* Random accumulators and those next to a tie: the scale gives what the specification says. */
static void scale(void **state) {
    rng r = rng_seeded("scale");
    int32_t away_count = 0;
    (void)state;
    for (int i = 0; i < 400000; i++) {
        const int32_t rounding = rng_range(&r, 0, 1);
        const int32_t pre_shift = rounding ? 0 : rng_range(&r, 0, 3);
        const int32_t shift = rng_range(&r, rounding ? 32 : 33, 47);
        const int32_t multiplier = rng_once_in(&r, 8) ? INT32_MAX : rng_range(&r, 1 << 29, INT32_MAX);
        const int32_t zero_point = rng_range(&r, -128, 127);
        const int32_t act_min = rng_once_in(&r, 2) ? zero_point : -128;
        const int32_t away = rounding && act_min < zero_point;
        nnq_high_scale made;
        assert_true(nnq_make_high_scale(&made, multiplier, shift, rounding, pre_shift, zero_point, away));
        const int64_t half = ((int64_t)rng_range(&r, -256, 256) * 2 + 1) * ((int64_t)1 << (shift - pre_shift - 1));
        const int32_t tie = (int32_t)(half / multiplier) + rng_range(&r, -2, 2);
        const int32_t any = rng_range(&r, 1 - (1 << 23), (1 << 23) - 1);
        const int32_t acc = rng_once_in(&r, 2) && abs(tie) < 1 << 23 ? tie : any;
        int32_t value = nnq_scale_high(acc, &made, away);
        value = value < act_min ? act_min : value > 127 ? 127 : value;
        const int32_t expected =
            reference_requantize(acc, rounding, pre_shift, multiplier, shift, zero_point, act_min, 127);
        if (value != expected) {
            fail_msg("acc %d, multiplier %d, shift %d, rounding %d, pre_shift %d, zero point %d, act_min %d: %d, not %d",
                     (int)acc, (int)multiplier, (int)shift, (int)rounding, (int)pre_shift, (int)zero_point, (int)act_min,
                     (int)value, (int)expected);
        }
        away_count += away;
    }
    assert_true(away_count > 50000);
}

/* A layer: everything that the unpacked and the packed op are made of. */
typedef struct layer {
    nnq_shape shape;
    int32_t pad_bottom, pad_right;
    int32_t act_min, act_max, rounding;
    int32_t out_zero_point;
    int32_t taps;
    int8_t filter[MOST_WEIGHTS];
    int32_t bias[MOST_CHANNELS];
    int32_t multiplier[MOST_CHANNELS];
    uint8_t shift[MOST_CHANNELS];
    nnq_channel channels[MOST_CHANNELS];
} layer;

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
static void make_whole(layer *l, rng *r) {
    nnq_shape *s = &l->shape;
    s->in_height = s->kernel_height = (uint8_t)rng_range(r, 1, 5);
    s->in_width = s->kernel_width = (uint8_t)rng_range(r, 1, 5);
    s->out_height = s->out_width = 1;
    s->pad_top = s->pad_left = 0;
    l->pad_bottom = l->pad_right = 0;
}

static int random_shape(layer *l, rng *r, int32_t opcode) {
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
    return s->out_height > 0 && s->out_width > 0;
}

/* A shape that the form takes, of some thousand. */
static int random_shape_of(layer *l, rng *r, const nnq_form *form) {
    for (int i = 0; i < 3000; i++) {
        if (random_shape(l, r, form->opcode) && nnq_form_size(form->code, &l->shape) > 0) {
            return 1;
        }
    }
    return 0;
}

/* Whether |bias| + 128 * sum |w| < 2^23 for each channel, which packers rely on. */
static int is_bounded(const layer *l, int32_t opcode) {
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

static void random_numbers(layer *l, rng *r, int32_t opcode) {
    const nnq_shape *s = &l->shape;
    l->taps = s->kernel_height * s->kernel_width * (opcode == NNQ_OP_DEPTHWISE_CONV2D ? 1 : s->in_channels);
    l->rounding = rng_range(r, 0, 1);
    l->out_zero_point = rng_range(r, -128, 127);
    l->act_min = rng_once_in(r, 2) ? l->out_zero_point : rng_range(r, -128, 0);
    l->act_max = rng_once_in(r, 2) ? 127 : rng_range(r, l->act_min, 127);
    l->shape.away = l->rounding && l->act_min < l->out_zero_point;
    const int32_t most = rng_once_in(r, 2) ? 127 : 30;
    for (int32_t i = 0; i < l->taps * s->out_channels; i++) {
        l->filter[i] = (int8_t)(rng_once_in(r, 10) ? 127 * (1 - 2 * rng_range(r, 0, 1)) : rng_range(r, -most, most));
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

/* Appends the op unpacked, or in a form. */
static int32_t append(builder *b, const layer *l, const nnq_form *form, int32_t opcode, int32_t constants) {
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

/* The file with the op in a form, or an empty one where the form does not take the layer. */
static built pack(builder *b, const layer *l, const nnq_form *form) {
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

/* The form's file gives the reference's bytes. */
static void compare(builder *b, const layer *l, const built *file, int32_t opcode, rng *r) {
    static builder plain;
    int8_t *tensors[BUILDER_TENSORS];
    nnq_model model;
    nnq_session session;
    start(&plain, &l->shape);
    append(&plain, l, NULL, opcode,
           builder_filter(&plain, l->filter, (size_t)(l->taps * l->shape.out_channels), l->shape.out_channels, l->bias,
                          l->multiplier, l->shift, 0));
    open_built(&model, file);
    uint8_t *arena = start_session(&session, &model, 0x55);
    fill_inputs(b, r, tensors);
    set_inputs(b, &session, tensors);
    reference_run(&plain, tensors);
    nnq_run(&session);
    assert_memory_equal(nnq_output(&session, 0), tensors[1], tensor_bytes(&b->tensors[1]));
    free_tensors(b, tensors);
    free(arena);
}

/* An arena without the last byte of the scratch is refused, where there is any. */
static void refuse_arena(builder *b, const layer *l, const nnq_form *form, const built *file) {
    if (nnq_form_scratch(form->code, &l->shape) > 0) {
        nnq_model model;
        nnq_diagnostic at;
        put_u32(file->file + 16, b->arena_size - 1);
        seal(file->file, file->size);
        assert_int_equal(nnq_open(&model, file->file, file->size, nnq_all_ops, &at), NNQ_ERROR_ARENA);
        assert_int_equal(at.byte, 16);
    }
}

/* Every form: legal files compute what the unpacked op does. */
static void forms(void **state) {
    static layer l;
    static builder b;
    nnq_form form;
    rng r = rng_seeded("forms");
    (void)state;
    for (int32_t index = 0; nnq_form_at(index, &form); index++) {
        int taken = 0;
        for (int i = 0; i < 30000 && taken < 300; i++) {
            if (!random_shape_of(&l, &r, &form)) {
                continue;
            }
            random_numbers(&l, &r, form.opcode);
            if (!is_bounded(&l, form.opcode)) {
                continue;
            }
            const built file = pack(&b, &l, &form);
            if (file.file != NULL) {
                compare(&b, &l, &file, form.opcode, &r);
                refuse_arena(&b, &l, &form, &file);
                taken++;
            }
            free(file.file);
        }
        print_message("%s: %d layers\n", form.name, taken);
        assert_true(taken >= 20);
    }
}

/* A changed byte of the constants is refused, or is another legal layer, and never makes the runtime leave its memory. */
static void damage(void **state) {
    static layer l;
    static builder b;
    nnq_form form;
    rng r = rng_seeded("damage");
    int refused = 0;
    (void)state;
    for (int32_t index = 0; nnq_form_at(index, &form); index++) {
        for (int i = 0; i < 400; i++) {
            if (!random_shape_of(&l, &r, &form)) {
                continue;
            }
            random_numbers(&l, &r, form.opcode);
            if (!is_bounded(&l, form.opcode)) {
                continue;
            }
            const built file = pack(&b, &l, &form);
            if (file.file == NULL) {
                continue;
            }
            for (int n = 0; n < 4; n++) {
                nnq_model model;
                nnq_session session;
                const uint32_t at = (uint32_t)rng_range(&r, (int32_t)file.op_records[0], (int32_t)file.size - 1);
                const uint8_t before = file.file[at];
                file.file[at] = (uint8_t)(rng_once_in(&r, 2) ? before ^ (1 << rng_range(&r, 0, 7))
                                                             : rng_range(&r, 0, 255));
                seal(file.file, file.size);
                if (nnq_open(&model, file.file, file.size, nnq_all_ops, NULL) == NNQ_OK) {
                    uint8_t *arena = start_session(&session, &model, 0x55);
                    nnq_run(&session);
                    free(arena);
                } else {
                    refused++;
                }
                file.file[at] = before;
            }
            free(file.file);
        }
    }
    assert_true(refused > 0);
}

/* Codes that are no form's. */
static void strangers(void **state) {
    const nnq_shape shape = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0};
    nnq_form form;
    (void)state;
    assert_int_equal(nnq_form_at(-1, &form), 0);
    assert_int_equal(nnq_form_at(1000, &form), 0);
    assert_int_equal(nnq_form_size(NNQ_OP_CONV2D, &shape), 0);
    assert_int_equal(nnq_form_scratch(255, &shape), 0);
    assert_int_equal(nnq_pack(0, &shape, NULL, NULL, NULL), 0);
    nnq_high_scale made;
    assert_int_equal(nnq_make_high_scale(&made, 1 << 30, 31, 1, 0, 0, 0), 0);
    assert_int_equal(nnq_make_high_scale(&made, 1 << 30, 62, 0, 0, 0, 0), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scale), cmocka_unit_test(forms), cmocka_unit_test(damage), cmocka_unit_test(strangers),
    };
    return cmocka_run_group_tests_name("packed", tests, NULL, NULL);
}
