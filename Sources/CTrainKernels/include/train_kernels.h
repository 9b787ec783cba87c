// SPDX-License-Identifier: Apache-2.0
// Loops of training that oneDNN does not have: updates, losses, dropout, threads.
#ifndef NNQ_TRAIN_KERNELS_H
#define NNQ_TRAIN_KERNELS_H

#include <stddef.h>
#include <stdint.h>

// Processors that this process may use, at least 1.
int32_t nnq_processor_count(void);
// Threads for what the calling thread runs next, in oneDNN and here.
void nnq_set_threads(int32_t count);

// Calls body(context, first, last) for parts of [0, count), each of at least `grain` but the last; parts and their
// bounds depend on count, grain and the thread count alone.
typedef void (*nnq_range_body)(void *context, size_t first, size_t last);
void nnq_parallel_for(size_t count, size_t grain, nnq_range_body body, void *context);

// y = x >= 0 ? 1 : 0
void nnq_step(float *y, const float *x, size_t count);
// running = (1 - momentum) * running + momentum * batch
void nnq_move_towards(float *running, const float *batch, size_t count, float momentum);
// Zeroes each element with probability `rate` and scales the rest by 1 / (1 - rate). The choice is a hash of seed,
// step, layer and position, so the backward pass makes it again.
void nnq_dropout(float *y, const float *x, size_t count, float rate, uint64_t seed, uint64_t step, uint64_t layer);

// Losses: mean over `rows`; the gradient is of that mean. `hits` counts right answers.
typedef struct {
    double loss;
    int64_t hits;
} nnq_loss_result;

// Softmax and cross-entropy of logits [rows, classes] with one label a row; gradient may be NULL.
nnq_loss_result nnq_softmax_cross_entropy(
    float *gradient, const float *logits, const int32_t *labels, size_t rows, size_t classes);
// Sigmoid and binary cross-entropy, mean over all elements; a row is a hit where every element is on its target's side.
nnq_loss_result nnq_binary_cross_entropy(
    float *gradient, const float *logits, const float *targets, size_t rows, size_t columns);
// Squared error, mean over all elements; a row is a hit where its largest element is its target's (one column: where
// both are on the same side of a half).
nnq_loss_result nnq_squared_error(
    float *gradient, const float *outputs, const float *targets, size_t rows, size_t columns);

// One step of stochastic gradient descent on count parameters (Nesterov: the form of Sutskever et al., 2013, as
// PyTorch writes it): g += decay * w; v = momentum * v + g; w -= rate * (nesterov ? g + momentum * v : v).
// velocity is NULL where momentum is 0.
void nnq_sgd(
    float *w, const float *g, float *velocity, size_t count, float rate, float momentum, float decay, int32_t nesterov);

// One step of Adam (Kingma and Ba, 2015). correction1 and correction2 are 1 - beta^t. `decay` is added to the gradient;
// `decoupled` shrinks the weights directly by rate * decoupled (Loshchilov and Hutter, "Decoupled Weight Decay
// Regularization", 2019).
typedef struct {
    float rate, beta1, beta2, epsilon, correction1, correction2, decay, decoupled;
} nnq_adam_settings;
void nnq_adam(float *w, const float *g, float *m, float *v, size_t count, const nnq_adam_settings *settings);

// 1 where all values are finite.
int32_t nnq_all_finite(const float *x, size_t count);

#endif
