/* SPDX-License-Identifier: Apache-2.0
 * The gates of recurrent ops: dot products and the two functions, which interpolate one table.
 */
#include "gates.h"

void nnq_gates_place(nnq_gates *gates, const uint8_t *filter) {
    const size_t rows = (size_t)gates->units * (size_t)gates->gates;
    const size_t weights = rows * ((size_t)gates->in + (size_t)gates->units);
    gates->filter = (const int8_t *)filter;
    gates->multiplier = filter + nnq_block_offset(weights);
    gates->bias = gates->multiplier + 8 * (size_t)gates->gates;
    gates->shift = gates->bias + 8 * rows;
}

nnq_gates nnq_gates_open(const nnq_call *call, int32_t count, int32_t filter) {
    nnq_gates gates = {.gates = count, .in = call->in.channels, .units = call->out.channels};
    nnq_gates_place(&gates, nnq_constants(call, filter));
    return gates;
}

/* Requires the certificate of this sum: |bias| + 128 * sum |w|, shifted left, is within int32. */
static int32_t gate_sum(const nnq_gates *gates, int32_t unit, int32_t gate, const int8_t *values, int32_t part) {
    const size_t row = (size_t)unit * (size_t)gates->gates + (size_t)gate;
    const size_t scale = 2 * (size_t)gate + (size_t)part;
    const int8_t *filter = gates->filter + row * ((size_t)gates->in + (size_t)gates->units);
    const int32_t dot = part ? nnq_dot(values, filter + gates->in, gates->units) : nnq_dot(values, filter, gates->in);
    const int32_t acc = nnq_load_i32(gates->bias + 8 * row + 4 * (size_t)part) + dot;
    return nnq_clamp_s16(nnq_scale_twice(acc, nnq_load_i32(gates->multiplier + 4 * scale), gates->shift[scale]));
}

int32_t nnq_gate_input(const nnq_gates *gates, int32_t unit, int32_t gate, const int8_t *input) {
    return gate_sum(gates, unit, gate, input, 0);
}

int32_t nnq_gate_hidden(const nnq_gates *gates, int32_t unit, int32_t gate, const int8_t *hidden) {
    return gate_sum(gates, unit, gate, hidden, 1);
}

/* sigmoid(i / 24) in 1/65536: TensorFlow Lite's table, whose entries are up to 1.2 above the true value so that the
 * line between two of them, which lies below the curve, errs less. */
static const uint16_t sigmoid_table[256] = {
    32768, 33451, 34133, 34813, 35493, 36169, 36843, 37513, 38180, 38841, 39498, 40149, 40794, 41432, 42064, 42688,
    43304, 43912, 44511, 45102, 45683, 46255, 46817, 47369, 47911, 48443, 48964, 49475, 49975, 50464, 50942, 51409,
    51865, 52311, 52745, 53169, 53581, 53983, 54374, 54755, 55125, 55485, 55834, 56174, 56503, 56823, 57133, 57433,
    57724, 58007, 58280, 58544, 58800, 59048, 59288, 59519, 59743, 59959, 60168, 60370, 60565, 60753, 60935, 61110,
    61279, 61441, 61599, 61750, 61896, 62036, 62172, 62302, 62428, 62549, 62666, 62778, 62886, 62990, 63090, 63186,
    63279, 63368, 63454, 63536, 63615, 63691, 63765, 63835, 63903, 63968, 64030, 64090, 64148, 64204, 64257, 64308,
    64357, 64405, 64450, 64494, 64536, 64576, 64614, 64652, 64687, 64721, 64754, 64786, 64816, 64845, 64873, 64900,
    64926, 64950, 64974, 64997, 65019, 65039, 65060, 65079, 65097, 65115, 65132, 65149, 65164, 65179, 65194, 65208,
    65221, 65234, 65246, 65258, 65269, 65280, 65291, 65301, 65310, 65319, 65328, 65337, 65345, 65352, 65360, 65367,
    65374, 65381, 65387, 65393, 65399, 65404, 65410, 65415, 65420, 65425, 65429, 65433, 65438, 65442, 65445, 65449,
    65453, 65456, 65459, 65462, 65465, 65468, 65471, 65474, 65476, 65479, 65481, 65483, 65485, 65488, 65489, 65491,
    65493, 65495, 65497, 65498, 65500, 65501, 65503, 65504, 65505, 65507, 65508, 65509, 65510, 65511, 65512, 65513,
    65514, 65515, 65516, 65517, 65517, 65518, 65519, 65520, 65520, 65521, 65522, 65522, 65523, 65523, 65524, 65524,
    65525, 65525, 65526, 65526, 65526, 65527, 65527, 65528, 65528, 65528, 65529, 65529, 65529, 65529, 65530, 65530,
    65530, 65530, 65531, 65531, 65531, 65531, 65531, 65532, 65532, 65532, 65532, 65532, 65532, 65533, 65533, 65533,
    65533, 65533, 65533, 65533, 65533, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65535,
};

/* sigmoid(magnitude / (24 * 2^bits)) in 1 / 2^(16 + bits), on the line between two entries; past the last of them
 * `most`. 65535 * 2^9 < 2^25. */
static int32_t interpolate(uint32_t magnitude, int32_t bits, int32_t most) {
    const uint32_t index = magnitude >> bits;
    if (index >= 255) {
        return most << bits;
    }
    const int32_t low = sigmoid_table[index];
    const int32_t fraction = (int32_t)(magnitude - (index << bits));
    return low * ((int32_t)1 << bits) + fraction * (sigmoid_table[index + 1] - low);
}

int32_t nnq_sigmoid(int32_t a) {
    const int32_t one = (int32_t)1 << 25;
    const int32_t value = interpolate(nnq_magnitude(a), 9, 2 * INT16_MAX);
    return a >= 0 ? (value + 512) >> 10 : (one - value + 511) >> 10;
}

/* tanh(x) = 2 * sigmoid(2 * x) - 1 */
int32_t nnq_tanh(int32_t a) {
    const int32_t half = (int32_t)1 << 23;
    const int32_t value = interpolate(nnq_magnitude(a), 8, UINT16_MAX);
    return a >= 0 ? (value - half + 128) >> 8 : (half - value + 127) >> 8;
}
