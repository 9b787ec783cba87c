// SPDX-License-Identifier: Apache-2.0
// What the weights of a convolution or dense layer are multiplied with, as rows of real numbers.

import NNQFormat
import NNQGraph

/// The places of a linear layer's input that each of its sums reads, for one sample.
struct LayerInputs {
    /// Sums of each output channel: positions of the map.
    let positions: Int
    /// Numbers that one position reads: every tap with every input channel, `taps * channels`.
    let width: Int
    let channels: Int
    /// By `position * taps + tap`: the pixel that it reads, -1 for padding, which is zero.
    private let pixels: [Int]
    private let taps: Int
    private let layer: Layer
    private let outputs: Int

    /// Nil for layers other than dense ones and convolutions that are not transposed.
    init?(_ layer: Layer, input: Shape, output: Shape) {
        self.layer = layer
        outputs = output.channels
        switch layer {
        case .dense:
            (taps, positions, channels, pixels) = (1, 1, input.count, [0])
        case .conv2D(_, let window, _, _), .depthwiseConv2D(_, let window, _):
            channels = input.channels
            taps = window.kernel.height * window.kernel.width
            pixels = Self.pixels(window, input)
            positions = pixels.count / taps
        default: return nil
        }
        width = taps * channels
    }

    private static func pixels(_ window: Window, _ input: Shape) -> [Int] {
        let margins = window.margins(for: input)
        let size = window.outputSize(for: input)!
        var pixels: [Int] = []
        for y in 0..<size.height {
            for x in 0..<size.width {
                for i in 0..<window.kernel.height {
                    for j in 0..<window.kernel.width {
                        let row = y * window.stride.height + i * window.dilation.height - margins.top
                        let column = x * window.stride.width + j * window.dilation.width - margins.left
                        let isInside = (0..<input.height).contains(row) && (0..<input.width).contains(column)
                        pixels.append(isInside ? row * input.width + column : -1)
                    }
                }
            }
        }
        return pixels
    }

    /// Adds what each number that a position reads is, over all positions of a sample, in steps of the tensor's scale.
    func addSums<Value: FixedWidthInteger>(of values: [Value], zeroPoint: Int, to sums: inout [Int]) {
        for (place, pixel) in pixels.enumerated() where pixel >= 0 {
            let first = place % taps * channels
            for channel in 0..<channels {
                sums[first + channel] += Int(values[pixel * channels + channel]) - zeroPoint
            }
        }
    }

    /// What one position reads, as real numbers.
    func read<Value: FixedWidthInteger>(
        _ values: [Value], _ quantization: Quantization, position: Int, into row: inout [Float]
    ) {
        for tap in 0..<taps {
            let pixel = pixels[position * taps + tap]
            for channel in 0..<channels {
                let place = tap * channels + channel
                row[place] = pixel < 0 ? 0 : quantization.dequantize(values[pixel * channels + channel])
            }
        }
    }

    /// Independent products: groups of output channels that read the same numbers.
    var groups: [Group] {
        let count: Int
        switch layer {
        case .conv2D(_, _, let groups, _): count = groups
        case .depthwiseConv2D: count = channels
        default: count = 1
        }
        let depth = channels / count
        return (0..<count).map { group in
            let own = group * depth..<(group + 1) * depth
            return Group(
                outputs: group * outputs / count..<(group + 1) * outputs / count,
                columns: (0..<taps).flatMap { tap in own.map { tap * channels + $0 } })
        }
    }

    struct Group {
        let outputs: Range<Int>
        /// By term of the filter: the number of the row that it multiplies.
        let columns: [Int]
    }
}
