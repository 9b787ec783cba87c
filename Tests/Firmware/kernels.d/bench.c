/* SPDX-License-Identifier: Apache-2.0
 * Runs the packed kernel of each layer of layers.def between mark_begin and mark_end, where an emulator's plugin counts,
 * and prints a line a layer: model, form, MACs, bytes of constants and scratch, the shape.
 */
#include "kernels.h"

void mark_begin(void);
void mark_end(void);

/* Empty functions whose addresses are marks. */
__attribute__((noinline)) void mark_begin(void) {
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) void mark_end(void) {
    __asm__ volatile("" ::: "memory");
}

static const struct {
    const char *model;
    uint32_t opcode;
    nnq_shape shape;
} layers[] = {
#define LAYER(model, op, in_h, in_w, in_c, out_h, out_w, out_c, kernel_h, kernel_w, stride, pad_top, pad_left, away)   \
    {#model,                                                                                                           \
     NNQ_OP_##op,                                                                                                      \
     {in_h, in_w, in_c, out_h, out_w, out_c, kernel_h, kernel_w, stride, stride, pad_top, pad_left, -128, away}},
#include "layers.def"
};

static void write_column(const char *text) {
    console_write(text);
    console_write(" ");
}

static void write_count(uint32_t value) {
    console_number(value);
    console_write(" ");
}

static const form *pack(setting *at) {
    for (int32_t i = 0; i < form_count; i++) {
        const form *one = &forms[i];
        if (one->packed->opcode == at->opcode && one->packed->size(&at->shape) > 0 &&
            one->pack(&at->shape, at->filter, at->channels, at->constants)) {
            return one;
        }
    }
    return NULL;
}

static int run(setting *at, const char *model) {
    fill_setting(at, 0);
    const form *one = pack(at);
    write_column(model);
    write_column(one == NULL ? "-" : one->name);
    write_count(macs(at));
    write_count(one == NULL ? 0 : one->packed->size(&at->shape));
    write_count(one == NULL ? 0 : one->packed->scratch(&at->shape));
    write_setting(at);
    console_write("\n");
    mark_begin();
    if (one != NULL) {
        one->packed->kernel(&at->shape, at->constants, at->input, at->output, at->scratch);
    }
    mark_end();
    return one == NULL || at->output[0] == reference(at, 0, 0, 0);
}

int main(void) {
    setting at = {.filter = filter_memory,
                  .channels = channel_memory,
                  .constants = constants_memory,
                  .input = input_memory,
                  .output = output_memory,
                  .scratch = scratch_memory};
    seed_random(1);
    for (uint32_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        at.opcode = layers[i].opcode;
        at.shape = layers[i].shape;
        if (!run(&at, layers[i].model)) {
            console_write("FAILED\n");
            return 1;
        }
    }
    return 0;
}
