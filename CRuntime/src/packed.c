/* SPDX-License-Identifier: Apache-2.0
 * Packed ops in the interpreter: the verifier's rules about them, and the call of the kernel.
 */
#include "packed.h"

static const nnq_packed *packed_form(const nnq_call *call) {
    return nnq_call_op(call)->packed;
}

void nnq_load_shape(nnq_shape *shape, const nnq_call *call) {
    const nnq_packed_params *p = &call->params.packed;
    const nnq_tensor *in = &call->in;
    const nnq_tensor *out = &call->out;
    const int32_t is_dense = packed_form(call)->opcode == NNQ_OP_DENSE;
    shape->in_height = is_dense ? 1 : in->height;
    shape->in_width = is_dense ? 1 : in->width;
    shape->in_channels = is_dense ? (uint16_t)(in->height * in->width * in->channels) : in->channels;
    shape->out_height = out->height;
    shape->out_width = out->width;
    shape->out_channels = out->channels;
    shape->kernel_height = (uint8_t)p->kernel_height;
    shape->kernel_width = (uint8_t)p->kernel_width;
    shape->stride_height = (uint8_t)p->stride_height;
    shape->stride_width = (uint8_t)p->stride_width;
    shape->pad_top = (uint8_t)p->pad_top;
    shape->pad_left = (uint8_t)p->pad_left;
    shape->in_zero_point = in->zero_point;
    shape->away = (uint8_t)p->away;
}

/* Extents that the op of this form has. */
static int32_t check_extents(const nnq_check *check) {
    const nnq_packed_params *p = &check->call.params.packed;
    const nnq_tensor *in = &check->call.in;
    const nnq_tensor *out = &check->call.out;
    const int32_t opcode = packed_form(&check->call)->opcode;
    const nnq_window down = {p->stride_height, p->kernel_height, p->pad_top};
    const nnq_window across = {p->stride_width, p->kernel_width, p->pad_left};
    if (opcode == NNQ_OP_DENSE) {
        return out->height == 1 && out->width == 1 && nnq_row_bytes(in) * in->height <= UINT16_MAX &&
               p->kernel_height == 1 && p->kernel_width == 1 && p->stride_height == 1 && p->stride_width == 1 &&
               (p->pad_top | p->pad_bottom | p->pad_left | p->pad_right) == 0;
    }
    return nnq_window_fits(down, p->pad_bottom, in->height, out->height) &&
           nnq_window_fits(across, p->pad_right, in->width, out->width) && p->pad_top < p->kernel_height &&
           p->pad_bottom < p->kernel_height && p->pad_left < p->kernel_width && p->pad_right < p->kernel_width &&
           (opcode != NNQ_OP_DEPTHWISE_CONV2D || in->channels == out->channels);
}

int32_t nnq_is_packable(const nnq_shape *shape, int32_t opcode) {
    const uint64_t taps = nnq_shape_taps(shape, opcode);
    const uint64_t in_row = (uint64_t)shape->in_width * shape->in_channels;
    const uint64_t out_row = (uint64_t)shape->out_width * shape->out_channels;
    return in_row <= NNQ_PACKED_ROW && out_row <= NNQ_PACKED_ROW && taps <= NNQ_PACKED_TAPS &&
           taps * shape->out_channels <= NNQ_PACKED_WEIGHTS;
}

/* |bias| + 128 * sum |w| < 2^23, so that acc * 2^8 fits, and a scale within its ranges. */
static int32_t check_channel(const nnq_packed *packed, const nnq_shape *shape, const uint8_t *constants,
                             int32_t channel) {
    const uint32_t limit = (1u << 23) - 1;
    const uint32_t taps = nnq_shape_taps(shape, packed->opcode);
    nnq_channel loaded;
    packed->channel(shape, constants, channel, &loaded);
    const nnq_high_scale *scale = &loaded.scale;
    uint32_t bound = nnq_magnitude(loaded.bias);
    if (scale->multiplier < 0 || scale->shift < 1 || scale->shift > 31 ||
        nnq_magnitude(scale->addend) > (1u << 30) - (1u << 8)) {
        return NNQ_ERROR_PARAMETER;
    }
    for (uint32_t tap = 0; tap < taps && bound <= limit; tap++) {
        const int32_t weight = packed->weight(shape, constants, channel, (int32_t)tap);
        if (weight < -INT8_MAX || weight > INT8_MAX) {
            return NNQ_ERROR_DATA;
        }
        bound += 128 * nnq_magnitude(weight);
    }
    return bound <= limit ? NNQ_OK : NNQ_ERROR_OVERFLOW;
}

/* Kernels know nothing of rings and bands: the op has all rows of its input, and its output is whole. Errors of the
 * constants name the field that points to them. */
int32_t nnq_check_packed(nnq_check *check) {
    const nnq_packed *packed = packed_form(&check->call);
    const int32_t field = NNQ_FIELD_INDEX(packed, constants);
    nnq_shape shape;
    if (!check_extents(check)) {
        return nnq_fail_shape(check);
    }
    if (nnq_is_ring(&check->call.out)) {
        return nnq_fail(check, NNQ_ERROR_RING, nnq_rows_record(check->call.model, check->call.output));
    }
    nnq_load_shape(&shape, &check->call);
    const uint32_t size = nnq_is_packable(&shape, packed->opcode) ? packed->size(&shape) : 0;
    if (size == 0) {
        return nnq_fail_shape(check);
    }
    int32_t error = nnq_check_clamp(check, NNQ_FIELD_INDEX(packed, act_min));
    if (error == NNQ_OK) {
        error = nnq_check_data(check, field, size);
    }
    if (error != NNQ_OK) {
        return error;
    }
    const uint8_t *constants = nnq_constants(&check->call, check->call.params.packed.constants);
    const nnq_model *model = check->call.model;
    const uint32_t scratch = packed->scratch(&shape);
    if (scratch > 0 && (model->scratch > model->arena_size || scratch > model->arena_size - model->scratch)) {
        return nnq_fail(check, NNQ_ERROR_ARENA, 16);
    }
    for (int32_t channel = 0; channel < shape.out_channels; channel++) {
        if ((error = check_channel(packed, &shape, constants, channel)) != NNQ_OK) {
            return nnq_fail_field(check, error, field);
        }
    }
    return packed->valid == NULL || packed->valid(&shape, constants)
               ? NNQ_OK
               : nnq_fail_field(check, NNQ_ERROR_DATA, field);
}

void nnq_clamp_outputs(int8_t *output, uint32_t count, int32_t act_min, int32_t act_max) {
    for (uint32_t i = 0; i < count; i++) {
        const int32_t value = output[i];
        output[i] = (int8_t)(value < act_min ? act_min : value > act_max ? act_max : value);
    }
}

static void find_work(nnq_work *work, const nnq_call *call) {
    const nnq_packed_params *p = &call->params.packed;
    nnq_load_shape(&work->shape, call);
    work->kernel = packed_form(call)->kernel;
    work->constants = nnq_constants(call, p->constants);
    work->input = nnq_row(call, &call->in, 0);
    work->output = nnq_row(call, &call->out, 0);
    work->scratch = call->arena + call->model->scratch;
    work->output_bytes = nnq_row_bytes(&call->out) * call->out.height;
    work->act_min = (int8_t)p->act_min;
    work->act_max = (int8_t)p->act_max;
}

void nnq_find_work(nnq_work *work, const nnq_session *session, int32_t op, uint32_t record) {
    nnq_call call;
    call.model = session->model;
    call.arena = session->arena;
    nnq_load_call(&call, op, record);
    find_work(work, &call);
}

/* All rows at once, the first time that it is asked for any: the output is whole, and the input complete. */
void nnq_run_packed(const nnq_call *call, int32_t first, int32_t count) {
    nnq_work work;
    (void)count;
    if (first == 0) {
        find_work(&work, call);
        nnq_do_work(&work);
    }
}
