// SPDX-License-Identifier: Apache-2.0
// Losses with their gradients. The sums are in double precision and in a fixed order.
#include "train_kernels.h"

#include <math.h>

static size_t largest(const float *values, size_t count) {
    size_t best = 0;
    for (size_t i = 1; i < count; i++) best = values[i] > values[best] ? i : best;
    return best;
}

nnq_loss_result nnq_softmax_cross_entropy(
    float *gradient, const float *logits, const int32_t *labels, size_t rows, size_t classes) {
    nnq_loss_result result = {0, 0};
    for (size_t row = 0; row < rows; row++, logits += classes) {
        const size_t label = (size_t)labels[row];
        const size_t best = largest(logits, classes);
        const float top = logits[best];
        double sum = 0;
        for (size_t i = 0; i < classes; i++) sum += expf(logits[i] - top);
        result.loss += log(sum) - (double)(logits[label] - top);
        result.hits += best == label;
        if (!gradient) continue;
        const float scale = (float)(1 / (sum * (double)rows));
        for (size_t i = 0; i < classes; i++) gradient[i] = expf(logits[i] - top) * scale;
        gradient[label] -= 1 / (float)rows;
        gradient += classes;
    }
    result.loss /= (double)rows;
    return result;
}

nnq_loss_result nnq_binary_cross_entropy(
    float *gradient, const float *logits, const float *targets, const float *weights, size_t rows, size_t columns) {
    nnq_loss_result result = {0, 0};
    const size_t count = rows * columns;
    for (size_t row = 0; row < rows; row++) {
        const float weight = weights ? weights[row] : 1;
        int right = 1;
        for (size_t i = row * columns; i < (row + 1) * columns; i++) {
            const float x = logits[i], t = targets[i];
            const float decay = expf(-fabsf(x));
            // -t log s(x) - (1 - t) log(1 - s(x)), without overflow.
            result.loss += weight * ((x > 0 ? x : 0) - x * t + log1pf(decay));
            right &= (x >= 0) == (t > 0.5f);
            const float sigmoid = x >= 0 ? 1 / (1 + decay) : decay / (1 + decay);
            if (gradient) gradient[i] = weight * ((sigmoid - t) / (float)count);
        }
        result.hits += right;
    }
    result.loss /= (double)count;
    return result;
}

nnq_loss_result nnq_squared_error(
    float *gradient, const float *outputs, const float *targets, size_t rows, size_t columns) {
    nnq_loss_result result = {0, 0};
    const size_t count = rows * columns;
    for (size_t row = 0; row < rows; row++) {
        const float *y = outputs + row * columns, *t = targets + row * columns;
        for (size_t i = 0; i < columns; i++) {
            const float error = y[i] - t[i];
            result.loss += (double)error * error;
            if (gradient) gradient[row * columns + i] = 2 * error / (float)count;
        }
        const int right = columns == 1 ? (y[0] > 0.5f) == (t[0] > 0.5f) : largest(y, columns) == largest(t, columns);
        result.hits += right;
    }
    result.loss /= (double)count;
    return result;
}
