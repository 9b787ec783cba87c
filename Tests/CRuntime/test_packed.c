/* SPDX-License-Identifier: Apache-2.0
 * Packed ops: their scale against the specification's requantization, and every form as a file against the unpacked op.
 */
#include "support/check.h"
#include "support/random_packed.h"
#include "support/reference.h"

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

/* The form's file gives the reference's bytes. */
static void compare(builder *b, const packed_layer *l, const built *file, int32_t opcode, rng *r) {
    static builder plain;
    int8_t *tensors[BUILDER_TENSORS];
    nnq_model model;
    nnq_session session;
    build_unpacked(&plain, l, opcode);
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
static void refuse_arena(builder *b, const packed_layer *l, const nnq_form *form, const built *file) {
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
    static packed_layer l;
    static builder b;
    nnq_form form;
    rng r = rng_seeded("forms");
    (void)state;
    for (int32_t index = 0; nnq_form_at(index, &form); index++) {
        int taken = 0;
        for (int i = 0; i < 30000 && taken < 300; i++) {
            if (!random_packed_layer(&l, &r, &form)) {
                continue;
            }
            const built file = packed_file(&b, &l, &form);
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
    static packed_layer l;
    static builder b;
    nnq_form form;
    rng r = rng_seeded("damage");
    int refused = 0;
    (void)state;
    for (int32_t index = 0; nnq_form_at(index, &form); index++) {
        for (int i = 0; i < 400; i++) {
            if (!random_packed_layer(&l, &r, &form)) {
                continue;
            }
            const built file = packed_file(&b, &l, &form);
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
