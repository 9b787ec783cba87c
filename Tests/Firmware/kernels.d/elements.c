/* SPDX-License-Identifier: Apache-2.0
 * The kernels of ops without weights that kernels.def lists for this core, against the op's portable kernel: the same
 * call in two arenas of the same bytes, which afterwards must be the same everywhere. The last input ends where the
 * board's memory ends, so that reading on is a fault.
 */
#include "elements.h"

#include "kernels.h"

enum { ARENA_BYTES = 40 * 1024, MOST_ELEMENTS = 9000, MULTIPLIERS_AT = 128, MOST_MULTIPLIERS = 600 };

typedef void element_kernel(const nnq_call *call, int32_t first, int32_t count);

typedef struct element {
    const char *name, *op;
    element_kernel *kernel, *portable;
    int32_t inputs, in_place;
} element;

#define ELEMENT_NATIVE(op, name)                                                                                       \
    {#name, #op, nnq_##name, nnq_##op##_s8_portable, NNQ_MAX_INPUTS_##op, NNQ_IN_PLACE_##op},
#define ELEMENT_FOREIGN(op, name)
#define ELEMENT(entry, op, name) ELEMENT_AGAIN(entry, op, name)
#define ELEMENT_AGAIN(entry, op, name) entry(op, name)

static const element elements[] = {
#define NNQ_KERNEL(op, name, ISA) ELEMENT(NNQ_NATIVE(ISA, ELEMENT_NATIVE, ELEMENT_FOREIGN), op, name)
#include "nnq/kernels.def"
    {NULL, NULL, NULL, NULL, 0, 0}};

/* The last EDGE_BYTES bytes of memory. */
extern uint8_t edge[];

static uint8_t twin[ARENA_BYTES] NNQ_ALIGNED;
static uint8_t file[MULTIPLIERS_AT + 4 * MOST_MULTIPLIERS] NNQ_ALIGNED; /* records of tensors, constants */
static const uint8_t input_indices[4] = {0, 0, 1, 0};
static nnq_model model;
static nnq_call call;
static nnq_tensor tensors[3]; /* inputs, output last */
static const element *now;
static uint32_t case_number;

/* --- Draws --- */

static int32_t is_same(const char *a, const char *b) {
    while (*a != 0 && *a == *b) {
        a++, b++;
    }
    return *a == *b;
}

static void draw_clamp(int32_t *act_min, int32_t *act_max) {
    *act_min = one_in(2) ? -128 : random_in(-128, 20);
    *act_max = one_in(2) ? 127 : random_in(*act_min, 127);
}

static int32_t draw_extent(int32_t most) {
    return one_in(4) ? 1 : one_in(3) ? random_in(1, 5) : random_in(1, most);
}

static int32_t draw_multiplier(void) {
    return one_in(8) ? (int32_t)(random_word() >> 1) : (1 << 30) + random_in(0, (1 << 30) - 1);
}

static uint16_t repeated(uint16_t extent) {
    return one_in(3) ? 1 : extent;
}

/* Two inputs, of which either may be repeated along any axis. */
static void draw_pair(void) {
    nnq_tensor *out = &tensors[2];
    out->height = (uint16_t)draw_extent(12);
    out->width = (uint16_t)draw_extent(12);
    out->channels = (uint16_t)draw_extent(60);
    for (int32_t i = 0; i < 2; i++) {
        tensors[i] = *out;
        tensors[i].zero_point = (int8_t)random_in(-128, 127);
    }
    if (one_in(3)) {
        nnq_tensor *in = &tensors[random_in(0, 1)];
        in->height = repeated(in->height);
        in->width = repeated(in->width);
        in->channels = repeated(in->channels);
    }
}

static void draw_add(nnq_add_params *p) {
    const int32_t most = one_in(2) ? 32767 : 2000;
    draw_pair();
    p->multiplier_a = random_in(-most, most);
    p->multiplier_b = random_in(-most, most);
    const int32_t sum = (int32_t)(nnq_magnitude(p->multiplier_a) + nnq_magnitude(p->multiplier_b));
    const int32_t room = one_in(3) ? INT32_MAX - 128 * sum : 1 << 20;
    p->constant = (int32_t)(random_word() >> 1) % room * (one_in(2) ? 1 : -1);
    p->shift = one_in(3) ? random_in(1, 30) : random_in(12, 16);
    draw_clamp(&p->act_min, &p->act_max);
}

/* As TensorFlow Lite makes them: the input of the larger scale is multiplied by a half. At times anything legal. */
static void draw_tflite_add(nnq_tflite_add_params *p) {
    const int32_t is_usual = !one_in(4);
    draw_pair();
    p->multiplier_a = is_usual ? 1 << 30 : draw_multiplier();
    p->shift_a = is_usual ? 31 : random_in(31, 62);
    p->multiplier_b = draw_multiplier();
    p->shift_b = one_in(4) ? random_in(31, 62) : random_in(31, 36);
    if (one_in(2)) {
        const int32_t multiplier = p->multiplier_a, shift = p->shift_a;
        p->multiplier_a = p->multiplier_b;
        p->shift_a = p->shift_b;
        p->multiplier_b = multiplier;
        p->shift_b = shift;
    }
    p->multiplier = draw_multiplier();
    p->shift = one_in(4) ? random_in(31, 62) : random_in(48, 52);
    p->left_shift = is_usual ? 20 : random_in(0, 20);
    p->subtract = one_in(6);
    draw_clamp(&p->act_min, &p->act_max);
}

/* One extent of a window; kernel, stride and pads lie at `field` as in the parameters of pools. */
static uint16_t draw_pool_extent(int32_t *kernel, int32_t *stride, int32_t *pad_before, int32_t *pad_after, uint16_t *in) {
    *in = (uint16_t)draw_extent(14);
    *kernel = one_in(3) ? *in : random_in(1, 6);
    *stride = one_in(2) ? 1 : random_in(1, 4);
    *pad_before = one_in(2) ? 0 : random_in(0, *kernel - 1);
    *pad_after = one_in(2) ? 0 : random_in(0, *kernel - 1);
    if (*in + *pad_before + *pad_after < *kernel) {
        *in = (uint16_t)*kernel;
    }
    return (uint16_t)((*in + *pad_before + *pad_after - *kernel) / *stride + 1);
}

static void draw_average_pool(nnq_average_pool_params *p) {
    nnq_tensor *in = &tensors[0], *out = &tensors[2];
    out->height = draw_pool_extent(&p->kernel_height, &p->stride_height, &p->pad_top, &p->pad_bottom, &in->height);
    out->width = draw_pool_extent(&p->kernel_width, &p->stride_width, &p->pad_left, &p->pad_right, &in->width);
    in->channels = out->channels = (uint16_t)draw_extent(70);
    in->zero_point = (int8_t)random_in(-128, 127);
    p->rounding = one_in(2);
    out->zero_point = p->rounding ? in->zero_point : (int8_t)random_in(-128, 127);
    p->pre_shift = 0;
    while (!p->rounding && one_in(2) && 255 * p->kernel_height * p->kernel_width <= INT32_MAX >> (p->pre_shift + 1)) {
        p->pre_shift++;
    }
    p->shift = one_in(4) ? random_in(33, 62) : random_in(33, 38);
    p->multipliers = MULTIPLIERS_AT;
    for (uint32_t i = 0; i < MOST_MULTIPLIERS; i++) {
        nnq_store_i32(file + MULTIPLIERS_AT + 4 * i, draw_multiplier());
    }
    draw_clamp(&p->act_min, &p->act_max);
}

/* Returns 0 for an op that has no draw here. */
static int32_t draw(void) {
    tensors[2].zero_point = (int8_t)random_in(-128, 127);
    if (is_same(now->op, "add")) draw_add(&call.params.add);
    else if (is_same(now->op, "tflite_add")) draw_tflite_add(&call.params.tflite_add);
    else if (is_same(now->op, "average_pool")) draw_average_pool(&call.params.average_pool);
    else return 0;
    return 1;
}

/* --- Calls --- */

__attribute__((noreturn)) static void fail(const char *what, uint32_t place) {
    console_write("FAILED ");
    console_write(now->name);
    console_write(", case ");
    console_number(case_number);
    for (int32_t i = now->inputs == 2 ? 0 : 1; i < 3; i++) {
        const nnq_tensor *tensor = &tensors[now->inputs == 2 || i == 2 ? i : 0];
        console_write(i == 2 ? " -> " : " ");
        console_number(tensor->height);
        console_write("x");
        console_number(tensor->width);
        console_write("x");
        console_number(tensor->channels);
    }
    console_write(": ");
    console_write(what);
    console_write(" ");
    console_number(place);
    console_write("\n");
    board_exit(1);
}

static uint32_t bytes_of(const nnq_tensor *tensor) {
    return nnq_row_bytes(tensor) * tensor->height;
}

/* The record of a tensor, as in a file. */
static void store_tensor(int32_t index, const nnq_tensor *tensor) {
    const uint16_t extents[3] = {tensor->height, tensor->width, tensor->channels};
    uint8_t *record = file + nnq_tensor_record(index);
    memcpy(record, extents, sizeof extents);
    record[6] = (uint8_t)tensor->zero_point;
    record[7] = NNQ_INT8;
    memcpy(record + 8, &tensor->offset, 4);
}

/* The output first, or on the first input; the last input at the arena's end. Returns 0 where they do not fit. */
static int32_t place_tensors(void) {
    nnq_tensor *out = &tensors[2];
    uint32_t end = ARENA_BYTES;
    for (int32_t i = now->inputs - 1; i >= 0; i--) {
        const uint32_t size = (bytes_of(&tensors[i]) + 3) / 4 * 4;
        if (size > MOST_ELEMENTS) {
            return 0;
        }
        tensors[i].offset = end - size;
        end -= size + 16;
    }
    out->offset = 64 + 4 * (uint32_t)random_in(0, 3);
    if (now->in_place && bytes_of(out) == bytes_of(&tensors[0]) && one_in(2)) {
        out->offset = tensors[0].offset;
    }
    return bytes_of(out) <= MOST_ELEMENTS;
}

static void prepare(void) {
    for (int32_t i = 0; i < 3; i++) {
        tensors[i].rows_held = tensors[i].height;
        tensors[i].type = NNQ_INT8;
    }
    for (int32_t i = 0; i < now->inputs; i++) {
        store_tensor(i, &tensors[i]);
    }
    store_tensor(now->inputs, &tensors[2]);
    model.file = file;
    model.input_count = (uint8_t)now->inputs;
    call.model = &model;
    call.inputs = input_indices;
    call.input_count = now->inputs;
    call.output = now->inputs;
    call.in = tensors[0];
    call.out = tensors[2];
}

/* All rows at once, or in two bands. */
static void run(element_kernel *kernel, uint8_t *arena, int32_t rows) {
    call.arena = arena;
    kernel(&call, 0, rows);
    if (rows < call.out.height) {
        kernel(&call, rows, call.out.height - rows);
    }
}

static void test_element(uint32_t cases) {
    uint8_t *arena = edge + EDGE_BYTES - ARENA_BYTES;
    const int32_t extreme = random_in(0, 1);
    for (case_number = 0; case_number < cases;) {
        if (!draw()) {
            fail("the test has no draw for this op", 0);
        }
        if (!place_tensors()) {
            continue;
        }
        prepare();
        for (uint32_t i = 0; i < ARENA_BYTES; i++) {
            arena[i] = (uint8_t)(extreme && one_in(2) ? (one_in(2) ? 0x80 : 0x7F) : random_word() >> 11);
        }
        memcpy(twin, arena, ARENA_BYTES);
        const int32_t rows = call.out.height > 1 && one_in(3) ? random_in(1, call.out.height - 1) : call.out.height;
        run(now->kernel, arena, rows);
        run(now->portable, twin, rows);
        for (uint32_t i = 0; i < ARENA_BYTES; i++) {
            if (arena[i] != twin[i]) {
                fail(i - call.out.offset < bytes_of(&call.out) ? "output differs at element"
                                                               : "a byte outside of the output is written, the arena's",
                     i - call.out.offset < bytes_of(&call.out) ? i - call.out.offset : i);
            }
        }
        case_number++;
    }
    console_write("ok ");
    console_write(now->name);
    console_write(": ");
    console_number(cases);
    console_write(" cases\n");
}

int32_t test_elements(uint32_t cases, uint32_t seed, const char *only) {
    int32_t tested = 0;
    for (now = elements; now->name != NULL; now++) {
        if (only[0] == 0 || is_same(only, now->name)) {
            seed_random(seed);
            test_element(cases);
            tested++;
        }
    }
    return tested;
}
