/* SPDX-License-Identifier: Apache-2.0
 * Every packed kernel that this core has on random shapes, against the reference computed from the unpacked filter; then
 * the kernels of ops without weights (elements.c). What
 * a kernel may not write is guarded by bytes; what it may not read ends where the board's memory ends, in turns the
 * input and the constants, so that reading on is a fault. inputs.bin has the number of cases and the seed.
 */
#include "elements.h"
#include "kernels.h"

enum { STACK_PAINT = 0x5AFEC0DE, STACK_WORDS = 256, DRAWS = 40000 };

/* The last EDGE_BYTES bytes of memory. */
extern uint8_t edge[];

static const form *now;
static uint32_t case_number;
static int32_t most_stack;

/* --- Shapes --- */

static int32_t draw_extent(int32_t most) {
    return one_in(5) ? 1 : one_in(3) ? random_in(1, 4) : random_in(1, most);
}

static int32_t draw_channels(int32_t most) {
    static const uint8_t usual[] = {1, 2, 3, 4, 8, 12, 16, 24, 32, 64};
    return one_in(3) ? usual[random_in(0, sizeof usual - 1)] : one_in(2) ? random_in(1, 9) : random_in(1, most);
}

/* One extent of a window: kernel, stride, pad and the input's and the output's size. Pads may be wider than the map, and
 * strides longer than the kernel. */
static void draw_window(uint8_t *kernel, uint8_t *stride, uint8_t *pad, uint16_t *in, uint16_t *out, int32_t k) {
    const int32_t before = one_in(2) ? (k - 1) / 2 : random_in(0, k - 1);
    const int32_t after = one_in(2) ? k / 2 : random_in(0, k - 1);
    const int32_t step = one_in(2) ? 1 : one_in(2) ? 2 : random_in(1, 5);
    int32_t size = draw_extent(14);
    size = size + before + after < k ? k - before - after : size;
    *kernel = (uint8_t)k;
    *stride = (uint8_t)step;
    *pad = (uint8_t)before;
    *in = (uint16_t)size;
    *out = (uint16_t)((size + before + after - k) / step + 1);
}

static void draw_shape(setting *at) {
    nnq_shape *s = &at->shape;
    const int32_t k = one_in(3) ? 1 : one_in(2) ? 3 : random_in(1, 7);
    s->in_zero_point = (int8_t)(one_in(3) ? -128 : random_in(-128, 127));
    s->away = (uint8_t)one_in(2);
    if (at->opcode == NNQ_OP_DENSE) {
        const nnq_shape dense = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, s->in_zero_point, s->away};
        *s = dense;
        s->in_channels = (uint16_t)(one_in(8) ? random_in(100, 700) : draw_channels(70));
        s->out_channels = (uint16_t)(one_in(8) ? random_in(30, 200) : draw_channels(40));
        return;
    }
    draw_window(&s->kernel_height, &s->stride_height, &s->pad_top, &s->in_height, &s->out_height, k);
    draw_window(&s->kernel_width, &s->stride_width, &s->pad_left, &s->in_width, &s->out_width,
                one_in(4) ? random_in(1, 7) : k);
    s->in_channels = (uint16_t)draw_channels(70);
    s->out_channels = at->opcode == NNQ_OP_DEPTHWISE_CONV2D ? s->in_channels : (uint16_t)draw_channels(40);
}

static int32_t fits(const setting *at) {
    const uint32_t size = now->packed->size(&at->shape);
    return size > 0 && size <= CONSTANTS_BYTES && filter_bytes(at) <= FILTER_BYTES && macs(at) <= 150000 &&
           input_bytes(&at->shape) <= MAP_BYTES && output_bytes(&at->shape) <= MAP_BYTES;
}

/* --- Checks --- */

__attribute__((noreturn)) static void fail(const setting *at, const char *what, uint32_t place) {
    console_write("FAILED ");
    console_write(now->name);
    console_write(", case ");
    console_number(case_number);
    console_write(": ");
    write_setting(at);
    console_write(": ");
    console_write(what);
    console_write(" ");
    console_number(place);
    console_write("\n");
    board_exit(1);
}

static uint32_t hash(const void *bytes, uint32_t size) {
    const uint8_t *at = bytes;
    uint32_t value = 0x811C9DC5;
    while (size-- > 0) {
        value = (value ^ *at++) * 0x01000193;
    }
    return value;
}

static uint8_t guard_byte(uint32_t i, uint32_t round) {
    return (uint8_t)(i * 13 + 0x5B + 0x91 * round);
}

static void set_guards(void *bytes, uint32_t size, uint32_t round) {
    uint8_t *at = bytes;
    for (uint32_t i = 0; i < GUARD; i++) {
        at[(int32_t)i - GUARD] = guard_byte(i, round);
        at[size + i] = guard_byte(i, round);
    }
}

static int32_t guards_hold(const void *bytes, uint32_t size, uint32_t round) {
    const uint8_t *at = bytes;
    for (uint32_t i = 0; i < GUARD; i++) {
        if (at[(int32_t)i - GUARD] != guard_byte(i, round) || at[size + i] != guard_byte(i, round)) {
            return 0;
        }
    }
    return 1;
}

/* Packs, and reads everything back. `packed` is of no alignment but 4. */
static int32_t pack(setting *at, uint32_t size) {
    const uint32_t taps = filter_bytes(at) / at->shape.out_channels;
    set_guards(at->constants, size, 0);
    memset(at->constants, 0xA5, size);
    if (!now->pack(&at->shape, at->filter, at->channels, at->constants)) {
        return 0;
    }
    if (!guards_hold(at->constants, size, 0)) {
        fail(at, "the packer writes outside of its constants:", size);
    }
    for (int32_t channel = 0; channel < at->shape.out_channels; channel++) {
        nnq_channel loaded;
        now->packed->channel(&at->shape, at->constants, channel, &loaded);
        if (loaded.bias != at->channels[channel].bias || loaded.scale.shift != at->channels[channel].scale.shift ||
            loaded.scale.multiplier != at->channels[channel].scale.multiplier ||
            loaded.scale.addend != at->channels[channel].scale.addend) {
            fail(at, "bias or scale read back differs in channel", (uint32_t)channel);
        }
        for (uint32_t tap = 0; tap < taps; tap++) {
            const uint32_t place = at->opcode == NNQ_OP_DEPTHWISE_CONV2D
                                       ? tap * at->shape.out_channels + (uint32_t)channel
                                       : (uint32_t)channel * taps + tap;
            if (now->packed->weight(&at->shape, at->constants, channel, (int32_t)tap) != at->filter[place]) {
                fail(at, "a weight read back differs, the filter's", place);
            }
        }
    }
    if (now->packed->valid != NULL && !now->packed->valid(&at->shape, at->constants)) {
        fail(at, "what the packer wrote is not valid; bytes", size);
    }
    return 1;
}

static inline uint32_t *stack_pointer(void) {
    uint32_t *at;
#if defined(__arm__)
    __asm__ volatile("mov %0, sp" : "=r"(at));
#else
    __asm__ volatile("mv %0, sp" : "=r"(at));
#endif
    return at;
}

/* Runs the kernel and notes how far down the stack it writes. */
__attribute__((noinline)) static void run(const setting *at) {
    uint32_t *top = stack_pointer();
    int32_t words = STACK_WORDS;
    for (volatile uint32_t *word = top - STACK_WORDS; word < top; word++) {
        *word = STACK_PAINT;
    }
    now->packed->kernel(&at->shape, at->constants, at->input, at->output, at->scratch);
    while (words > 0 && *(volatile uint32_t *)(top - words) == STACK_PAINT) {
        words--;
    }
    most_stack = words * 4 > most_stack ? words * 4 : most_stack;
}

static void check_output(const setting *at) {
    uint32_t i = 0;
    for (int32_t y = 0; y < at->shape.out_height; y++) {
        for (int32_t x = 0; x < at->shape.out_width; x++) {
            for (int32_t channel = 0; channel < at->shape.out_channels; channel++, i++) {
                if (at->output[i] != reference(at, y, x, channel)) {
                    console_write("expected ");
                    console_hex((uint32_t)reference(at, y, x, channel));
                    console_write(", computed ");
                    console_hex((uint32_t)at->output[i]);
                    console_write("\n");
                    fail(at, "output differs at element", i);
                }
            }
        }
    }
}

/* Twice with other bytes around everything: what is computed may not depend on them. */
static void run_and_check(setting *at, uint32_t size) {
    const uint32_t inputs = input_bytes(&at->shape);
    const uint32_t outputs = output_bytes(&at->shape);
    const uint32_t scratch = now->packed->scratch(&at->shape);
    const uint32_t constants_hash = hash(at->constants, size);
    const uint32_t input_hash = hash(at->input, inputs);
    if (scratch > SCRATCH_BYTES) {
        fail(at, "scratch is more than the test has:", scratch);
    }
    for (uint32_t round = 0; round < 2; round++) {
        memset(at->output, (int32_t)(0x33 + round), outputs);
        memset(at->scratch, (int32_t)(0xC3 + round), scratch);
        set_guards(at->output, outputs, round);
        set_guards(at->scratch, scratch, round);
        run(at);
        if (!guards_hold(at->output, outputs, round)) fail(at, "bytes around the output are overwritten; bytes", outputs);
        if (!guards_hold(at->scratch, scratch, round)) fail(at, "bytes around the scratch are overwritten; bytes", scratch);
        if (hash(at->constants, size) != constants_hash) fail(at, "constants are overwritten; bytes", size);
        if (hash(at->input, inputs) != input_hash) fail(at, "the input is overwritten; bytes", inputs);
        check_output(at);
    }
}

/* --- Cases --- */

/* `size` bytes that end where memory ends, but for what the alignment by 4 takes. */
static uint8_t *at_the_edge(uint32_t size) {
    return edge + EDGE_BYTES - (size + 3) / 4 * 4;
}

static int32_t shape_seen(uint32_t *draws, setting *at) {
    do {
        if (++*draws > DRAWS * (case_number + 1)) {
            return 0;
        }
        draw_shape(at);
    } while (!fits(at));
    return 1;
}

/* By its name, "dense_int4". */
static int32_t is_int4(const form *at) {
    const char *end = at->name;
    while (*end != 0) {
        end++;
    }
    return end[-4] == 'i' && end[-3] == 'n' && end[-2] == 't' && end[-1] == '4';
}

static void test_form(uint32_t cases) {
    setting at = {.filter = filter_memory, .channels = channel_memory, .opcode = now->packed->opcode,
                  .is_int4 = is_int4(now)};
    uint32_t draws = 0;
    uint32_t refused = 0;
    most_stack = 0;
    for (case_number = 0; case_number < cases;) {
        if (!shape_seen(&draws, &at)) {
            fail(&at, "too many shapes are refused, draws:", draws);
        }
        const uint32_t size = now->packed->size(&at.shape);
        const int32_t shift = 4 * random_in(0, 3);
        at.constants = constants_memory + GUARD + shift;
        at.input = input_memory + GUARD + shift;
        at.output = output_memory + GUARD + 4 * random_in(0, 3);
        at.scratch = scratch_memory + GUARD;
        if (case_number % 2 == 0) {
            at.input = (int8_t *)at_the_edge(input_bytes(&at.shape));
        }
        fill_setting(&at, one_in(4));
        if (size % 4 != 0) {
            fail(&at, "the size of constants is no multiple of 4:", size);
        }
        if (!pack(&at, size)) {
            refused++;
            continue;
        }
        if (case_number % 2 == 1) {
            at.constants = memcpy(at_the_edge(size), at.constants, size);
        }
        run_and_check(&at, size);
        case_number++;
    }
    console_write("ok ");
    console_write(now->name);
    console_write(": ");
    console_number(cases);
    console_write(" cases, ");
    console_number(refused);
    console_write(" filters refused, stack ");
    console_number((uint32_t)most_stack);
    console_write("\n");
}

static int32_t is_same(const char *a, const char *b) {
    while (*a != 0 && *a == *b) {
        a++, b++;
    }
    return *a == *b;
}

int main(void) {
    uint32_t order[2] = {300, 1}; /* cases, seed */
    console_read(order, sizeof order);
    console_write("seed ");
    console_number(order[1]);
    console_write("\n");
    int32_t tested = 0;
    for (int32_t i = 0; i < form_count; i++) {
        now = &forms[i];
        if (ONLY_FORM[0] != 0 && !is_same(ONLY_FORM, now->name)) {
            continue;
        }
        seed_random(order[1]);
        test_form(order[0]);
        tested++;
    }
    tested += test_elements(order[0], order[1], ONLY_FORM);
    if (tested == 0) {
        console_write("this core has no such packed kernel\n");
    }
    return tested == 0;
}
