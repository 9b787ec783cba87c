/* SPDX-License-Identifier: Apache-2.0
 * The list of packed forms, for tools.
 */
#include "packed.h"

typedef struct entry {
    nnq_form form;
    const nnq_packed *packed;
    nnq_packer *pack;
} entry;

static const entry entries[] = {
#define NNQ_PACKED(code, op, name, NAME, ISA) {{#name, #ISA, code, 0}, &nnq_packed_##name, nnq_pack_##name},
#include "nnq/kernels.def"
};

enum { COUNT = sizeof entries / sizeof entries[0] };

static const entry *find(int32_t code) {
    for (int32_t i = 0; i < COUNT; i++) {
        if (entries[i].form.code == code) {
            return &entries[i];
        }
    }
    return NULL;
}

int32_t nnq_form_at(int32_t index, nnq_form *form) {
    if (index < 0 || index >= COUNT) {
        return 0;
    }
    *form = entries[index].form;
    form->opcode = entries[index].packed->opcode;
    return 1;
}

uint32_t nnq_form_size(int32_t code, const nnq_shape *shape) {
    const entry *at = find(code);
    return at == NULL || !nnq_is_packable(shape, at->packed->opcode) ? 0 : at->packed->size(shape);
}

uint32_t nnq_form_scratch(int32_t code, const nnq_shape *shape) {
    const entry *at = find(code);
    return at == NULL ? 0 : at->packed->scratch(shape);
}

int32_t nnq_pack(int32_t code, const nnq_shape *shape, const int8_t *filter, const nnq_channel *channels,
                 uint8_t *constants) {
    const entry *at = find(code);
    return at != NULL && at->pack(shape, filter, channels, constants);
}

void nnq_compute_form(int32_t code, const nnq_shape *shape, const uint8_t *constants, const int8_t *input,
                      int8_t *output) {
    const entry *at = find(code);
    if (at != NULL) {
        nnq_compute_packed(at->packed, shape, constants, input, output);
    }
}

int32_t nnq_kernel_at(int32_t index, nnq_kernel *kernel) {
    static const nnq_kernel kernels[] = {
#define NNQ_KERNEL(op, name, ISA) {#op, #name, #ISA},
#include "nnq/kernels.def"
    };
    if (index < 0 || index >= (int32_t)(sizeof kernels / sizeof kernels[0])) {
        return 0;
    }
    *kernel = kernels[index];
    return 1;
}
