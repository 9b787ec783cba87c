/* SPDX-License-Identifier: Apache-2.0
 * Opens a file: the header, the records of fixed size, and then the other passes of the verifier.
 */
#include "verify.h"

int32_t nnq_fail(nnq_check *check, int32_t error, uint32_t byte) {
    check->at.byte = byte;
    return error;
}

/* Places the sections one after another; returns NNQ_OK where they add up to the file. */
static int32_t lay_out(nnq_check *check, nnq_model *model) {
    const uint8_t *file = model->file;
    const uint64_t stages = NNQ_HEADER_BYTES + (uint64_t)model->tensor_count * NNQ_TENSOR_BYTES;
    const uint64_t stage_table = (uint64_t)model->stage_count * NNQ_STAGE_BYTES + 2u * (uint64_t)model->tensor_count;
    const uint64_t outputs = stages + (model->stage_count > 0 ? stage_table : 0);
    const uint64_t ops = outputs + 2u * (uint64_t)model->output_count;
    const uint64_t ops_end = ops + nnq_load_u32(file + 28);
    const uint64_t data = (ops_end + 3) / 4 * 4;
    const uint64_t data_end = data + nnq_load_u32(file + 32);
    if (data_end % 4 != 0) {
        return nnq_fail(check, NNQ_ERROR_HEADER, 32);
    }
    if (data_end + nnq_load_u32(file + 36) != model->file_size) {
        return nnq_fail(check, NNQ_ERROR_HEADER, 28);
    }
    model->stages = model->stage_count > 0 ? (uint32_t)stages : 0;
    model->stage_count = model->stage_count > 0 ? model->stage_count : model->op_count;
    model->outputs = (uint32_t)outputs;
    model->op_records = (uint32_t)ops;
    check->ops_end = (uint32_t)ops_end;
    check->data_begin = (uint32_t)data;
    check->data_end = (uint32_t)data_end;
    for (uint32_t i = check->ops_end; i < check->data_begin; i++) {
        if (file[i] != 0) {
            return nnq_fail(check, NNQ_ERROR_HEADER, i);
        }
    }
    return NNQ_OK;
}

/* Magic, version, size and checksum: is this a whole file that this runtime reads? */
static int32_t verify_identity(nnq_check *check, nnq_model *model, size_t size) {
    static const uint8_t magic[4] = {0x6e, 0x6e, 0x71, 0x1a};
    const uint8_t *file = model->file;
    if (size < NNQ_HEADER_BYTES) {
        return nnq_fail(check, NNQ_ERROR_TRUNCATED, (uint32_t)size);
    }
    for (uint32_t i = 0; i < sizeof magic; i++) {
        if (file[i] != magic[i]) {
            return nnq_fail(check, NNQ_ERROR_MAGIC, i);
        }
    }
    if (file[4] != NNQ_VERSION_MAJOR || file[5] > NNQ_VERSION_MINOR) {
        return nnq_fail(check, NNQ_ERROR_VERSION, file[4] != NNQ_VERSION_MAJOR ? 4 : 5);
    }
    model->file_size = nnq_load_u32(file + 8);
    if (model->file_size < NNQ_HEADER_BYTES || model->file_size > INT32_MAX || model->file_size > size) {
        return nnq_fail(check, NNQ_ERROR_TRUNCATED, 8);
    }
    if (nnq_crc32(file + 16, model->file_size - 16) != nnq_load_u32(file + 12)) {
        return nnq_fail(check, NNQ_ERROR_CHECKSUM, 12);
    }
    return NNQ_OK;
}

static int32_t verify_header(nnq_check *check, nnq_model *model) {
    const uint8_t *file = model->file;
    model->arena_size = nnq_load_u32(file + 16);
    model->tensor_count = (uint16_t)nnq_load_u16(file + 20);
    model->op_count = (uint16_t)nnq_load_u16(file + 22);
    model->stage_count = (uint16_t)nnq_load_u16(file + 24);
    model->input_count = file[26];
    model->output_count = file[27];
    model->state_count = file[7];
    if (file[6] != 0) {
        return nnq_fail(check, NNQ_ERROR_HEADER, 6);
    }
    if (model->arena_size < 1 || model->arena_size > INT32_MAX) {
        return nnq_fail(check, NNQ_ERROR_HEADER, 16);
    }
    if (model->op_count < 1 || model->op_count > NNQ_OP_LIMIT) {
        return nnq_fail(check, NNQ_ERROR_HEADER, 22);
    }
    if (model->tensor_count != model->input_count + model->op_count) {
        return nnq_fail(check, NNQ_ERROR_HEADER, 20);
    }
    if (model->stage_count > model->op_count) {
        return nnq_fail(check, NNQ_ERROR_HEADER, 24);
    }
    if (model->input_count <= model->state_count) {
        return nnq_fail(check, NNQ_ERROR_HEADER, model->state_count > 0 ? 7 : 26);
    }
    if (model->output_count < 1) {
        return nnq_fail(check, NNQ_ERROR_HEADER, 27);
    }
    return lay_out(check, model);
}

int32_t nnq_open(nnq_model *model, const void *file, size_t file_size, const nnq_op *const *ops,
                 nnq_diagnostic *diagnostic) {
    nnq_check check;
    int32_t error;
    check.at.op = -1;
    check.at.byte = 0;
    if (model == NULL || file == NULL || ops == NULL) {
        error = NNQ_ERROR_ARGUMENT;
    } else if ((uintptr_t)file % NNQ_ALIGNMENT != 0) {
        error = NNQ_ERROR_ALIGNMENT;
    } else {
        model->file = file;
        model->ops = ops;
        check.call.model = model;
        check.call.arena = NULL;
        if ((error = verify_identity(&check, model, file_size)) == NNQ_OK &&
            (error = verify_header(&check, model)) == NNQ_OK && (error = nnq_verify_tensors(&check, model)) == NNQ_OK &&
            (error = nnq_verify_stages(&check)) == NNQ_OK && (error = nnq_verify_ops(&check)) == NNQ_OK) {
            error = nnq_verify_plan(&check);
        }
    }
    if (diagnostic != NULL) {
        *diagnostic = check.at;
    }
    return error;
}
