// SPDX-License-Identifier: Apache-2.0
// The factors by which each channel's integers become those of the output, as the runtime's ops have them.

import CTrainKernels
import NNQArithmetic
import NNQFormat

/// The numbers of `nnq_channels`, filled anew whenever scales have moved.
final class ChannelRescale {
    let count: Int
    private var inverse: [Double]
    private var multiplier: [Int32]
    private var shift: [Int32]
    private var preShift: [Int32]
    private var addend: [Int64]
    private var base: [Int32]
    private var low: [Int32]
    private var high: [Int32]

    /// - Parameter count: channels, those included that fill a block up.
    init(count: Int) {
        self.count = count
        inverse = Array(repeating: 0, count: count)
        addend = Array(repeating: 0, count: count)
        let zeros = [Int32](repeating: 0, count: count)
        (multiplier, shift, preShift) = (zeros, zeros, zeros)
        (base, low, high) = (zeros, zeros, zeros)
    }

    /// Sums of products, or of elements, whose one has the real value `unit`, scaled as SPEC.md, section 4, says.
    func setSums(
        _ channel: Int, unit: Double, multiplier: Int32, shift: Int, preShift: Int, _ output: Quantization,
        _ limits: ClosedRange<Int>
    ) {
        inverse[channel] = 1 / unit
        self.multiplier[channel] = multiplier
        self.shift[channel] = Int32(shift)
        self.preShift[channel] = Int32(preShift)
        addend[channel] = 1 << (Int64(shift) - 1)
        base[channel] = Int32(output.zeroPoint)
        setLimits(channel, limits)
    }

    /// A tensor that a concat brings to its scale.
    func setCopy(_ channel: Int, from input: Quantization, by rescale: Rescale) {
        inverse[channel] = 1 / Double(input.scale)
        multiplier[channel] = Int32(rescale.multiplier)
        shift[channel] = Int32(rescale.shift)
        preShift[channel] = 0
        addend[channel] = Int64(rescale.constant) + Int64(input.zeroPoint) * Int64(rescale.multiplier)
        base[channel] = 0
        setLimits(channel, -128...127)
    }

    /// The nearest integer, where the runtime has no factor and the lowering takes another scale.
    func setNearest(_ channel: Int, _ output: Quantization, _ limits: ClosedRange<Int>) {
        inverse[channel] = 1 / Double(output.scale)
        (multiplier[channel], shift[channel], preShift[channel], addend[channel]) = (1, 0, 0, 0)
        base[channel] = Int32(output.zeroPoint)
        setLimits(channel, limits)
    }

    /// A channel that only fills a block up stays 0.
    func setPadding(_ channel: Int, _ output: Quantization) {
        let zero = Int(output.zeroPoint)
        setNearest(channel, output, zero...zero)
    }

    private func setLimits(_ channel: Int, _ limits: ClosedRange<Int>) {
        (low[channel], high[channel]) = (Int32(limits.lowerBound), Int32(limits.upperBound))
    }

    /// Rounds a tensor.
    func run(_ output: Memory, _ input: Memory, _ pixels: PixelLayout, _ quantization: Quantization) {
        let rows = input.storedCount / (pixels.planes * pixels.channels)
        inverse.withUnsafeBufferPointer { inverse in
            addend.withUnsafeBufferPointer { addend in
                let places = [multiplier, shift, preShift, base, low, high].flatMap { $0 }
                places.withUnsafeBufferPointer { places in
                    let first = places.baseAddress!
                    var channels = nnq_channels(
                        lanes: pixels.channels, blocks: count / pixels.channels, pixels: rows,
                        inverse: inverse.baseAddress!, addend: addend.baseAddress!, multiplier: first,
                        shift: first + count, pre_shift: first + 2 * count, base: first + 3 * count,
                        low: first + 4 * count, high: first + 5 * count)
                    nnq_rescale_channels(
                        output.floats, input.floats, pixels.planes, &channels, quantization.scale,
                        Int32(quantization.zeroPoint))
                }
            }
        }
    }
}
