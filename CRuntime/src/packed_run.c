/* SPDX-License-Identifier: Apache-2.0
 * Calls the kernel of a packed op. In a file of its own, so that no compiler keeps the decoded op on the stack while the
 * kernel runs.
 */
#include "packed.h"

void nnq_do_work(const nnq_work *work) {
    work->kernel(&work->shape, work->constants, work->input, work->output, work->scratch);
    if (work->act_min > INT8_MIN || work->act_max < INT8_MAX) {
        nnq_clamp_outputs(work->output, work->output_bytes, work->act_min, work->act_max);
    }
}

void nnq_run_packed_op(const nnq_session *session, int32_t op, uint32_t record) {
    nnq_work work;
    nnq_find_work(&work, session, op, record);
    nnq_do_work(&work);
}
