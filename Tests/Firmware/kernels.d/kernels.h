/* SPDX-License-Identifier: Apache-2.0
 * What the tests and the benchmark of packed kernels share: forms, memory, random filters and scales, the reference.
 */
#ifndef KERNELS_H
#define KERNELS_H

#include "board.h"
#include "packed.h"

/* --- Forms --- */

typedef struct form {
    const char *name;
    const nnq_packed *packed;
    nnq_packer *pack;
} form;

/* Those that this build has a kernel for, in the order in which packers try them. */
extern const form forms[];
extern const int32_t form_count;

/* --- Memory --- */

enum {
    FILTER_BYTES = 84 * 1024,
    CONSTANTS_BYTES = 100 * 1024,
    MAP_BYTES = 48 * 1024,
    SCRATCH_BYTES = 24 * 1024,
    MAX_CHANNELS = 1024,
    GUARD = 64 /* bytes around what a kernel gets */
};

/* A shape with everything that a kernel gets for it. */
typedef struct setting {
    nnq_shape shape;
    uint32_t opcode;
    int32_t is_int4; /* weights of 4 bits, scales of one zero point and rounding */
    int8_t *filter; /* unpacked */
    nnq_channel *channels;
    uint8_t *constants;
    int8_t *input;
    int8_t *output;
    uint8_t *scratch;
} setting;

/* Memory of the program; the caller places input, constants and output within. */
extern int8_t filter_memory[FILTER_BYTES];
extern nnq_channel channel_memory[MAX_CHANNELS];
extern uint8_t constants_memory[CONSTANTS_BYTES + 2 * GUARD];
extern int8_t input_memory[MAP_BYTES + 2 * GUARD];
extern int8_t output_memory[MAP_BYTES + 2 * GUARD];
extern uint8_t scratch_memory[SCRATCH_BYTES + 2 * GUARD];

uint32_t input_bytes(const nnq_shape *shape);
uint32_t output_bytes(const nnq_shape *shape);
uint32_t filter_bytes(const setting *at);
uint32_t macs(const setting *at);

/* --- Random --- */

void seed_random(uint32_t seed);
uint32_t random_word(void);
/* low .. high, both included. */
int32_t random_in(int32_t low, int32_t high);
/* True once in n times. */
int32_t one_in(int32_t n);

/* Filter, biases, scales and input of a shape; extremes where `extreme`. Sums stay below 2^23. */
void fill_setting(setting *at, int32_t extreme);

/* --- Reference, from the unpacked filter --- */

int32_t reference(const setting *at, int32_t y, int32_t x, int32_t channel);

/* "conv2d 5x7x3 -> 5x7x16, kernel 3x3, stride 1x1, pad 1,1, zero point -3, away" */
void write_setting(const setting *at);

#endif
