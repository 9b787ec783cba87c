/* SPDX-License-Identifier: Apache-2.0
 * What an opened model and a session tell: counts, shapes, and where inputs and outputs are.
 */
#include "internal.h"

uint32_t nnq_tensor_record(int32_t tensor) {
    return NNQ_HEADER_BYTES + (uint32_t)tensor * NNQ_TENSOR_BYTES;
}

uint32_t nnq_rows_record(const nnq_model *model, int32_t tensor) {
    return model->stages + model->stage_count * (uint32_t)NNQ_STAGE_BYTES + 2u * (uint32_t)tensor;
}

void nnq_load_tensor(nnq_tensor *loaded, const nnq_model *model, int32_t tensor) {
    const uint8_t *record = model->file + nnq_tensor_record(tensor);
    loaded->height = (uint16_t)nnq_load_u16(record);
    loaded->width = (uint16_t)nnq_load_u16(record + 2);
    loaded->channels = (uint16_t)nnq_load_u16(record + 4);
    loaded->zero_point = (int8_t)nnq_load_i8(record + 6);
    loaded->type = record[7];
    loaded->offset = nnq_load_u32(record + 8);
    loaded->rows_held = loaded->height;
    if (model->stages != 0) {
        loaded->rows_held = (uint16_t)nnq_load_u16(model->file + nnq_rows_record(model, tensor));
    }
}

/* The tensor of output `index`, or -1. */
static int32_t output_tensor(const nnq_model *model, int32_t index) {
    if (index < 0 || index >= model->output_count) {
        return -1;
    }
    return nnq_load_u16(model->file + model->outputs + 2u * (uint32_t)index);
}

/* The tensor of input `index`, or -1. */
static int32_t input_tensor(const nnq_model *model, int32_t index) {
    return index < nnq_input_count(model) ? index : -1;
}

int32_t nnq_start(nnq_session *session, const nnq_model *model, void *arena, size_t arena_size) {
    if (session == NULL || model == NULL || arena == NULL) {
        return NNQ_ERROR_ARGUMENT;
    }
    if ((uintptr_t)arena % NNQ_ALIGNMENT != 0) {
        return NNQ_ERROR_ALIGNMENT;
    }
    if (arena_size < model->arena_size) {
        return NNQ_ERROR_ARENA;
    }
    session->model = model;
    session->arena = arena;
    nnq_reset(session);
    return NNQ_OK;
}

void nnq_reset(const nnq_session *session) {
    const nnq_model *model = session->model;
    for (int32_t state = nnq_input_count(model); state < model->input_count; state++) {
        nnq_tensor tensor;
        nnq_load_tensor(&tensor, model, state);
        /* Types other than int8 have zero point 0, all of whose bytes are 0. */
        memset(session->arena + tensor.offset, tensor.zero_point, (size_t)nnq_row_bytes(&tensor) * tensor.height);
    }
}

uint32_t nnq_arena_size(const nnq_model *model) {
    return model->arena_size;
}

int32_t nnq_input_count(const nnq_model *model) {
    return model->input_count - model->state_count;
}

int32_t nnq_state_count(const nnq_model *model) {
    return model->state_count;
}

int32_t nnq_output_count(const nnq_model *model) {
    return model->output_count;
}

int32_t nnq_stage_op_count(const nnq_model *model, int32_t stage) {
    if (stage < 0 || stage >= model->stage_count) {
        return NNQ_ERROR_ARGUMENT;
    }
    return model->stages == 0 ? 1 : nnq_load_u16(model->file + model->stages + (uint32_t)stage * NNQ_STAGE_BYTES);
}

int32_t nnq_tensor_info_at(const nnq_model *model, int32_t tensor, nnq_tensor_info *info) {
    if (info == NULL || tensor < 0 || tensor >= model->tensor_count) {
        return NNQ_ERROR_ARGUMENT;
    }
    nnq_tensor loaded;
    nnq_load_tensor(&loaded, model, tensor);
    info->height = loaded.height;
    info->width = loaded.width;
    info->channels = loaded.channels;
    info->zero_point = loaded.zero_point;
    info->scale_bits = nnq_load_u32(model->file + nnq_tensor_record(tensor) + 12);
    info->type = loaded.type;
    info->rows_held = loaded.rows_held;
    return NNQ_OK;
}

int32_t nnq_input_info(const nnq_model *model, int32_t index, nnq_tensor_info *info) {
    return nnq_tensor_info_at(model, input_tensor(model, index), info);
}

int32_t nnq_output_info(const nnq_model *model, int32_t index, nnq_tensor_info *info) {
    return nnq_tensor_info_at(model, output_tensor(model, index), info);
}

/* The first byte of a tensor, or null. */
static int8_t *tensor_data(const nnq_session *session, int32_t tensor) {
    if (tensor < 0 || tensor >= session->model->tensor_count) {
        return NULL;
    }
    nnq_tensor loaded;
    nnq_load_tensor(&loaded, session->model, tensor);
    return (int8_t *)session->arena + loaded.offset;
}

int8_t *nnq_input(const nnq_session *session, int32_t index) {
    return tensor_data(session, input_tensor(session->model, index));
}

const int8_t *nnq_output(const nnq_session *session, int32_t index) {
    return tensor_data(session, output_tensor(session->model, index));
}

const int8_t *nnq_tensor_data(const nnq_session *session, int32_t tensor) {
    return tensor_data(session, tensor);
}
