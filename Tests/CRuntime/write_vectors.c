/* SPDX-License-Identifier: Apache-2.0
 * Writes the committed files that come from the test builder: `write_vectors TESTS` fills TESTS/Vectors and
 * TESTS/Fuzz/corpus.
 */
#include "support/random_op.h"
#include "support/random_packed.h"
#include "support/worked_example.h"

static int write_file(const char *folder, const char *name, const builder *b) {
    char path[512];
    const built file = builder_finish(b);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *stream = fopen(path, "wb");
    const int ok = stream != NULL && fwrite(file.file, 1, file.size, stream) == file.size && fclose(stream) == 0;
    if (!ok) {
        perror(path);
    }
    free(file.file);
    return ok;
}

/* A small file with one op of each kind. */
static int write_op(const char *folder, int32_t opcode) {
    static builder b;
    char name[64];
    rng r = {(uint64_t)opcode + 1};
    int32_t output;
    do {
        builder_start(&b);
        random_input(&b, &r, 4);
        builder_input(&b, b.tensors[0].height, b.tensors[0].width, b.tensors[0].channels, 0);
        output = random_op(&b, &r, opcode, 0);
    } while (output < 0 || b.data_size > 600 || (b.tensors[0].height < 2 && b.state_count == 0) ||
             b.tensors[output].channels > 4);
    snprintf(name, sizeof name, "%s.nnq", nnq_op_name(opcode));
    return write_file(folder, name, &b);
}

static int32_t macs(const packed_layer *l) {
    return l->taps * l->shape.out_height * l->shape.out_width * l->shape.out_channels;
}

/* The cheapest of some random layers in a packed form. */
static int write_packed(const char *folder, const nnq_form *form) {
    static packed_layer least;
    static packed_layer l;
    static builder b;
    char name[64];
    rng r = {(uint64_t)form->code + 1};
    for (int found = 0; found < 60;) {
        const built file = random_packed_layer(&l, &r, form) ? packed_file(&b, &l, form) : (built){0};
        free(file.file);
        if (file.size > 0 && file.size < 700) {
            least = found == 0 || macs(&l) < macs(&least) ? l : least;
            found++;
        }
    }
    free(packed_file(&b, &least, form).file);
    snprintf(name, sizeof name, "%s.nnq", form->name);
    return write_file(folder, name, &b);
}

/* Four ops in one stage over rings of three rows. */
static int write_rings(const char *folder) {
    static const int32_t kinds[4] = {NNQ_OP_DEPTHWISE_CONV2D, NNQ_OP_MAX_POOL, NNQ_OP_CONV2D, NNQ_OP_ADD};
    static builder b;
    rng r = {77};
    nnq_model model;
    int32_t error = NNQ_ERROR_RING;
    do {
        builder_start(&b);
        int32_t input = random_input(&b, &r, 8);
        for (int i = 0; i < 4 && input >= 0; i++) {
            input = random_op(&b, &r, kinds[i], input);
            if (i < 3 && input >= 0 && b.tensors[input].height > 3) {
                b.tensors[input].rows_held = 3;
            }
        }
        builder_one_stage(&b, 1);
        const built file = builder_finish(&b);
        if (input >= 0 && b.tensors[1].rows_held == 3 && b.tensors[2].rows_held == 3 && b.data_size < 600) {
            error = nnq_open(&model, file.file, file.size, nnq_all_ops, NULL);
        }
        free(file.file);
    } while (error != NNQ_OK);
    return write_file(folder, "rings.nnq", &b);
}

int main(int argc, char **argv) {
    static builder b;
    char vectors[400];
    char corpus[400];
    if (argc != 2) {
        fprintf(stderr, "usage: write_vectors TESTS\n");
        return 2;
    }
    snprintf(vectors, sizeof vectors, "%s/Vectors", argv[1]);
    snprintf(corpus, sizeof corpus, "%s/Fuzz/corpus", argv[1]);
    worked_example(&b);
    int ok = write_file(vectors, "worked-example.nnq", &b) && write_file(corpus, "worked-example.nnq", &b);
    for (int32_t opcode = 1; ok && opcode < NNQ_UNPACKED_OPCODE_LIMIT; opcode++) {
        ok = nnq_op_name(opcode) == NULL || builder_is_packed(opcode) || write_op(corpus, opcode);
    }
    nnq_form form;
    for (int32_t index = 0; ok && nnq_form_at(index, &form); index++) {
        ok = write_packed(corpus, &form);
    }
    return ok && write_rings(corpus) ? 0 : 1;
}
