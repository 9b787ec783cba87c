// SPDX-License-Identifier: Apache-2.0
// Weights, biases and multipliers of convolutions and dense layers, with the proof that no accumulator overflows.

import NNQFormat

/// The real weights of a layer whose outputs are sums of products.
package struct LinearWeights {
    /// One row a channel: `channels * terms` values.
    package var filter: [Float]
    /// One a channel.
    package var bias: [Float]
    /// The scale of each channel's weights where they are quantized already; nil to take the least that holds them.
    package var scales: [Float]?
    /// Weights are -steps ... steps: 127, or 7 for weights of 4 bits.
    package var steps = 127
    /// What the weights are multiplied with: int8, or int16 of zero point 0.
    package var input = ElementType.int8

    package init(filter: [Float], bias: [Float]) {
        self.filter = filter
        self.bias = bias
    }

    package var channels: Int { bias.count }
    package var terms: Int { filter.count / channels }
}

/// Such a layer in integers.
package struct QuantizedLinear {
    /// As the real filter, -127 ... 127.
    package var filter: [Int8]
    /// By channel: the real value of one step of its weights.
    package var scales: [Double]
    package var requantization: Requantization
    package var preShift: Int
    /// Where the scale asked for could not be had, a larger one.
    package var output: Quantization
    /// Channels whose weights have fewer steps than 127, so that their accumulator fits.
    package var coarserChannels: Int
    /// Whether accumulators need more than 32 bits; only with int16 inputs.
    package var isWide: Bool
}

extension LinearWeights {
    /// Symmetric weights with a scale for each output channel.
    ///
    /// A channel's accumulator must satisfy `(|bias| + 128 * sum |w|) * 2^preShift < 2^31`. Where it does not, its
    /// weights get larger steps, or, where their multiplier could then not be expressed, the output does. With int16
    /// inputs it is `(|bias| + 2^15 * sum |w|) * 2^preShift < 2^47`, and the bias has to fit 32 bits.
    /// - Returns: nil where no scales fit.
    package func quantized(input: Quantization, output: Quantization) -> QuantizedLinear? {
        var output = output
        var units = (0..<channels).map { firstStep($0, input: input, output: output) }
        var coarser = Set<Int>()
        for _ in 0..<256 {
            let factors = units.map { $0 / Double(output.scale) }
            guard let preShift = FixedPointFactor.preShift(for: factors) else {
                output.scale *= 2
                continue
            }
            let rows = (0..<channels).map { row($0, step: units[$0], input: input) }
            let misfits = rows.indices.filter { !fits(rows[$0], preShift) }
            if misfits.isEmpty {
                let scales = units.map { $0 / Double(input.scale) }
                return assemble(rows, scales, factors, preShift, output, coarser.count)
            }
            for channel in misfits where 2 * factors[channel] < FixedPointFactor.limit(preShift: preShift) {
                units[channel] *= 2
                coarser.insert(channel)
            }
            if misfits.contains(where: { 2 * factors[$0] >= FixedPointFactor.limit(preShift: preShift) }) {
                output.scale *= 2
            }
        }
        return nil
    }

    private func fits(_ row: Row, _ preShift: Int) -> Bool {
        if input == .int8 { return row.largestSum <= Double(Int32.max >> Int32(preShift)) }
        return abs(row.bias) <= Double(Int32.max) && row.largestSum <= Double((1 << 47 - 1) >> preShift)
    }

    /// The real value of one accumulator step of a channel, to start from: the largest weight has the most steps of the
    /// weights' scale. A channel of zeros only adds its bias: 2^16 steps to one of the output are more than exact
    /// enough. Weights that are quantized already keep their scale.
    private func firstStep(_ channel: Int, input: Quantization, output: Quantization) -> Double {
        let largest = filter[channel * terms..<(channel + 1) * terms].reduce(0) { max($0, abs($1)) }
        if let scale = scales?[channel], scale > 0, largest <= Float(steps + 1) * scale {
            return Double(input.scale) * Double(scale)
        }
        return largest > 0 ? Double(input.scale) * Double(largest) / Double(steps) : Double(output.scale) * 0x1p-16
    }

    /// One channel in integers.
    private struct Row {
        var filter: [Int8]
        /// Whole; too large for Int32 where the row does not fit.
        var bias: Double
        /// `|bias| + 128 * sum |w|`, or 2^15 for 128.
        var largestSum: Double
    }

    private func row(_ channel: Int, step: Double, input: Quantization) -> Row {
        let scale = step / Double(input.scale)
        var filter: [Int8] = []
        filter.reserveCapacity(terms)
        var sum = 0
        var magnitude = 0
        for weight in self.filter[channel * terms..<(channel + 1) * terms] {
            let quantized = Int(min(max((Double(weight) / scale).rounded(), -Double(steps)), Double(steps)))
            filter.append(Int8(quantized))
            sum += quantized
            magnitude += abs(quantized)
        }
        let bias = (Double(self.bias[channel]) / step).rounded() - Double(Int(input.zeroPoint) * sum)
        let largest = self.input == .int8 ? 128 : 32768
        return Row(filter: filter, bias: bias, largestSum: abs(bias) + Double(largest * magnitude))
    }

    private func assemble(
        _ rows: [Row], _ scales: [Double], _ factors: [Double], _ preShift: Int, _ output: Quantization,
        _ coarserChannels: Int
    ) -> QuantizedLinear {
        let fixed = factors.map { FixedPointFactor($0, preShift: preShift) }
        let requantization = Requantization(
            bias: rows.map { Int32($0.bias) }, multiplier: fixed.map(\.multiplier), shift: fixed.map(\.shift))
        return QuantizedLinear(
            filter: rows.flatMap(\.filter), scales: scales, requantization: requantization, preShift: preShift,
            output: output, coarserChannels: coarserChannels,
            isWide: rows.contains { $0.largestSum > Double(Int32.max >> Int32(preShift)) })
    }
}
