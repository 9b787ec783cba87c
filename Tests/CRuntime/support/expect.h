/* SPDX-License-Identifier: Apache-2.0
 * Changes of the subject's file, and the error that each must give.
 */
#ifndef EXPECT_H
#define EXPECT_H

#include "check.h"
#include "subject.h"

/* Opens the subject with these ops and expects the error, the op and the byte, or NNQ_OK. */
static inline void expect_with(const subject *s, size_t size, const nnq_op *const *ops, int32_t error, int32_t op,
                               uint32_t byte) {
    nnq_model model;
    nnq_diagnostic at = {-2, 0};
    const int32_t actual = nnq_open(&model, s->file.file, size, ops, &at);
    if (actual != error || at.op != op || at.byte != byte) {
        fail_msg("%s, op %d, byte %u; expected %s, op %d, byte %u", nnq_error_name(actual), (int)at.op,
                 (unsigned)at.byte, nnq_error_name(error), (int)op, (unsigned)byte);
    }
    assert_int_equal(nnq_open(&model, s->file.file, size, ops, NULL), error);
}

static inline void expect(const subject *s, int32_t error, int32_t op, uint32_t byte) {
    expect_with(s, s->file.size, nnq_all_ops, error, op, byte);
}

/* Changes a number of 1, 2 or 4 bytes in a fresh file, seals it, and expects the error. */
static inline void change(uint32_t at, int32_t width, uint32_t value, int32_t error, int32_t op, uint32_t byte) {
    subject *s = subject_make();
    uint8_t bytes[4];
    put_u32(bytes, value);
    memcpy(s->file.file + at, bytes, (size_t)width);
    seal(s->file.file, s->file.size);
    expect(s, error, op, byte);
}

/* Where the op's field is, and where the constants that a DATA field points to are. */
static inline uint32_t field(int32_t op, const char *name) {
    const subject *s = subject_make();
    return field_at(&s->file, &s->b, op, name);
}

static inline uint32_t constants(int32_t op, const char *name) {
    const uint32_t at = field(op, name);
    return get_u32(subject_make()->file.file + at);
}

/* Where the op's requantization block is, behind a filter of so many bytes. */
static inline uint32_t block(int32_t op) {
    return constants(op, "filter") + (op == CONV ? 56 : 48);
}

static inline uint32_t rows_at(int32_t tensor) {
    return subject_make()->file.rows + 2 * (uint32_t)tensor;
}

static inline uint32_t tensor_at(int32_t tensor, uint32_t offset) {
    return 40 + 16 * (uint32_t)tensor + offset;
}

#endif
