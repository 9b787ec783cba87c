// SPDX-License-Identifier: Apache-2.0
// Cross-entropy with a share of every class as target, and with a teacher's answers. Double sums in a fixed order.
#include "train_kernels.h"

#include <math.h>

static size_t largest(const float *values, size_t count) {
    size_t best = 0;
    for (size_t i = 1; i < count; i++) best = values[i] > values[best] ? i : best;
    return best;
}

nnq_loss_result nnq_soft_cross_entropy(
    float *gradient, const float *logits, const float *targets, size_t rows, size_t classes) {
    nnq_loss_result result = {0, 0};
    for (size_t row = 0; row < rows; row++, logits += classes, targets += classes) {
        const size_t best = largest(logits, classes);
        const float top = logits[best];
        double sum = 0, mass = 0, product = 0;
        for (size_t i = 0; i < classes; i++) {
            sum += expf(logits[i] - top);
            mass += targets[i];
            product += (double)targets[i] * (logits[i] - top);
        }
        result.loss += mass * log(sum) - product;
        result.hits += best == largest(targets, classes);
        if (!gradient) continue;
        const float scale = (float)(mass / (sum * (double)rows));
        for (size_t i = 0; i < classes; i++)
            gradient[i] = expf(logits[i] - top) * scale - targets[i] / (float)rows;
        gradient += classes;
    }
    result.loss /= (double)rows;
    return result;
}

double nnq_distillation(
    float *gradient, const float *logits, const float *teacher, size_t rows, size_t classes, float temperature,
    float weight) {
    double loss = 0;
    for (size_t row = 0; row < rows; row++, logits += classes, teacher += classes) {
        const float top = logits[largest(logits, classes)], teacher_top = teacher[largest(teacher, classes)];
        double sum = 0, teacher_sum = 0, product = 0;
        for (size_t i = 0; i < classes; i++) {
            const float share = expf((teacher[i] - teacher_top) / temperature);
            sum += expf((logits[i] - top) / temperature);
            teacher_sum += share;
            product += (double)share * ((logits[i] - top) / temperature);
        }
        loss += log(sum) - product / teacher_sum;
        if (!gradient) continue;
        const double scale = (double)weight * temperature / (double)rows;
        const float student_scale = (float)(scale / sum), teacher_scale = (float)(scale / teacher_sum);
        for (size_t i = 0; i < classes; i++) {
            const float student_part = student_scale * expf((logits[i] - top) / temperature);
            const float teacher_part = teacher_scale * expf((teacher[i] - teacher_top) / temperature);
            gradient[i] = (1 - weight) * gradient[i] + (student_part - teacher_part);
        }
        gradient += classes;
    }
    return loss / (double)rows * temperature * temperature;
}
