// SPDX-License-Identifier: Apache-2.0
// Bias correction from data: each channel's mean output as the float layer has it.

import NNQFormat
import NNQGraph

/// Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", 2019, section 4.2, with
/// means measured instead of derived (their appendix D): a quantized filter on quantized inputs gives outputs whose
/// mean is off, channel by channel; that difference leaves the bias. It is measured before the activation, on the
/// inputs that the int8 program computes once all layers before are corrected.
///
/// A layer's sums are linear, so that their mean is the filter times the mean of what it reads: no layer runs twice.
struct MeanCorrection {
    let inputs: LayerInputs

    /// - Parameters:
    ///   - linear: the layer in integers.
    ///   - values: the input of the layer, int8 or int16, by sample.
    ///   - mean: of the float layer's outputs before the activation, by channel.
    ///   - bias: of the layer, by channel.
    /// - Returns: by channel, what the mean of the integer layer's outputs is above that.
    func shift<Value: FixedWidthInteger>(
        _ linear: LoweredLinear, values: [[Value]], input: Quantization, bias: [Float], mean: [Double]
    ) -> [Double] {
        var sums = Array(repeating: 0, count: inputs.width)
        for sample in values { inputs.addSums(of: sample, zeroPoint: Int(input.zeroPoint), to: &sums) }
        let factor = Double(input.scale) / Double(values.count * inputs.positions)
        var shift = mean.map { -$0 }
        for group in inputs.groups {
            let means = group.columns.map { Double(sums[$0]) * factor }
            for output in group.outputs {
                let row = linear.filter[output * means.count..<(output + 1) * means.count]
                let product = zip(row, means).reduce(0.0) { $0 + Double($1.0) * $1.1 }
                shift[output] += product * linear.scales[output] + Double(bias[output])
            }
        }
        return shift
    }
}
