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

// Runs the program again, with the same arguments, in an environment that makes OpenMP's threads spin shortly and
// then sleep. Returns where that is so already, where the user has chosen otherwise, and where it cannot be done.
void nnq_share_processors(char *const *arguments);

// Calls body(context, part, first, last) for parts of [0, count) of at least `grain` each, at most one a thread; their
// bounds depend on count, grain and the thread count alone.
typedef void (*nnq_range_body)(void *context, size_t part, size_t first, size_t last);
void nnq_parallel_for(size_t count, size_t grain, nnq_range_body body, void *context);
// How many parts that makes.
size_t nnq_part_count(size_t count, size_t grain);

// --- Fake quantization (src/fake_quantize.c) ---

// Steps below and above zero of a tensor's integers, and the logarithm of their scale to base 2.
typedef struct nnq_steps {
    float low, high;
    const float *log2_scale;
} nnq_steps;

// y = scale * clamp(round(x / scale), low, high)
void nnq_fake_quantize(float *y, const float *x, size_t count, nnq_steps steps);
// dx = dy where x / scale is within low .. high, else 0; *dlog2 = factor * the sum of dy times what y changes by with
// the logarithm: log(2) * scale times round(x / scale) - x / scale within, low or high outside.
void nnq_fake_quantize_gradient(
    float *dx, float *dlog2, const float *dy, const float *x, size_t count, nnq_steps steps, float factor);
// The same for weights with a scale for each channel; element i is of channel[i], and integers are -most .. most.
// `integers` are y in steps.
void nnq_fake_quantize_weights(
    float *y, float *integers, const float *w, const int32_t *channel, size_t count, const float *log2_scale,
    float most);
// In place: gradient becomes dw. `sums` has room for a number a channel.
void nnq_fake_quantize_weights_gradient(
    float *gradient, float *dlog2, double *sums, const float *w, const int32_t *channel, size_t count,
    const float *log2_scale, size_t channels, float most, float factor);

// --- The runtime's integers in floats (src/integers.c) ---

// y = x / scale, to the nearest integer. Requires |x / scale| < 2^22.
void nnq_integers(float *y, const float *x, size_t count, float scale);

// How the integers of a tensor become those of another scale, by channel c:
// q = clamp(base[c] + ((round(x * inverse[c]) * 2^pre_shift[c] * multiplier[c] + addend[c]) >> shift[c]), low[c],
// high[c]).
typedef struct nnq_channels {
    // Channels side by side in a pixel, blocks of them, and pixels in a block.
    size_t lanes, blocks, pixels;
    const double *inverse;
    const int64_t *addend;
    const int32_t *multiplier, *shift, *pre_shift, *base, *low, *high;
} nnq_channels;
// y = scale * (q - zero_point) for images times blocks of channels; arrays have blocks * lanes elements.
void nnq_rescale_channels(
    float *y, const float *x, size_t planes, const nnq_channels *channels, float scale, int32_t zero_point);

// q = clamp((round(a * inverse_a) * multiplier_a + round(b * inverse_b) * multiplier_b + addend) >> shift, low, high)
typedef struct nnq_sum {
    double inverse_a, inverse_b;
    int64_t addend;
    int32_t multiplier_a, multiplier_b, shift, low, high;
} nnq_sum;
// y = scale * (q - zero_point)
void nnq_add_integers(
    float *y, const float *a, const float *b, size_t count, const nnq_sum *sum, float scale, int32_t zero_point);

// y = table[q + 128] with q = x / scale + zero_point, to the nearest of int8.
void nnq_look_up(float *y, const float *x, size_t count, const float *table, float scale, int32_t zero_point);

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
// The same with a weight for each class and row, targets [rows, classes]: loss sum(t) * log(sum(exp(x))) - sum(t * x).
// A row is a hit where the largest logit is the largest target's.
nnq_loss_result nnq_soft_cross_entropy(
    float *gradient, const float *logits, const float *targets, size_t rows, size_t classes);
// What a teacher's logits add (Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015): returns
// temperature^2 times the cross-entropy of the softmaxes of logits / temperature, mean over rows, and turns the
// gradient g into (1 - weight) * g + weight * its gradient. gradient may be NULL.
double nnq_distillation(
    float *gradient, const float *logits, const float *teacher, size_t rows, size_t classes, float temperature,
    float weight);
// Sigmoid and binary cross-entropy, mean over all elements; a row is a hit where every element is on its target's side.
// weights: what each row counts, NULL for 1.
nnq_loss_result nnq_binary_cross_entropy(
    float *gradient, const float *logits, const float *targets, const float *weights, size_t rows, size_t columns);
// Squared error, mean over all elements; a row is a hit where its largest element is its target's (one column: where
// both are on the same side of a half).
nnq_loss_result nnq_squared_error(
    float *gradient, const float *outputs, const float *targets, size_t rows, size_t columns);

// The sum of the squares, in double precision and a fixed order.
double nnq_sum_of_squares(const float *x, size_t count);
// x *= factor
void nnq_scale_values(float *x, size_t count, float factor);

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

// Max pooling of `planes` maps of ih x iw pixels of `inner` adjacent channels (oneDNN's blocks of channels, or NHWC).
// `top` and `left` are padding, which never wins. With relu, outputs below 0 become 0.
typedef struct {
    size_t planes, inner;
    int32_t ih, iw, oh, ow, kh, kw, sh, sw, top, left, relu;
} nnq_pool;
void nnq_max_pool(float *y, const float *x, const nnq_pool *pool);
// Each output's gradient goes to the first input that equals the output; with relu, nowhere where the output is 0.
void nnq_max_pool_backward(float *dx, const float *dy, const float *y, const float *x, const nnq_pool *pool);

// Gradients of the filter and bias of a convolution whose input has few channels. Input: NHWC. Output gradient `dy`:
// [batch][blocks][oh][ow][8], a block being eight filters. Filter gradient: [blocks][kh][kw][ic][8]; bias:
// [blocks * 8].
// scratch holds nnq_narrow_scratch() floats.
typedef struct {
    size_t batch, blocks;
    int32_t ih, iw, ic, oh, ow, kh, kw, sh, sw, top, left, bottom, right;
} nnq_narrow;
size_t nnq_narrow_scratch(const nnq_narrow *shape);
void nnq_narrow_gradient(
    float *dw, float *db, const float *x, const float *dy, float *scratch, const nnq_narrow *shape);

// 1 where all values are finite.
int32_t nnq_all_finite(const float *x, size_t count);

#endif
