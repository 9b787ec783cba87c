// SPDX-License-Identifier: Apache-2.0
// Resizing and transposed convolutions by their definition.

import NNQGraph

extension LayerReference {
    /// Every input pixel counts with its weight, which is zero for most.
    func resized(_ interpolation: Interpolation, _ coordinates: Coordinates) -> [Double] {
        let input = shapes[0]
        return each { index in
            var sum = 0.0
            for y in 0..<input.height {
                let row = weight(y, index[0], input.height, output.height, interpolation, coordinates)
                for x in 0..<input.width where row != 0 {
                    let column = weight(x, index[1], input.width, output.width, interpolation, coordinates)
                    if column != 0 { sum += row * column * inputs[0][place([y, x, index[2]], input)] }
                }
            }
            return sum
        }
    }

    private func weight(
        _ source: Int, _ target: Int, _ input: Int, _ output: Int, _ interpolation: Interpolation,
        _ coordinates: Coordinates
    ) -> Double {
        let scale = Double(output) / Double(input)
        let i = Double(target)
        let place =
            switch coordinates {
            case .halfPixel: (i + 0.5) / scale - 0.5
            case .asymmetric: i / scale
            case .alignCorners: output == 1 ? 0 : i * Double(input - 1) / Double(output - 1)
            }
        // Places that are whole numbers but for rounding.
        let exact = abs(place - place.rounded()) < 1e-9 ? place.rounded() : place
        let nearest: Double
        switch interpolation {
        case .bilinear:
            let inside = min(max(place, 0), Double(input - 1))
            return max(0, 1 - abs(inside - Double(source)))
        case .nearest(.floor): nearest = exact.rounded(.down)
        case .nearest(.ceil): nearest = exact.rounded(.up)
        case .nearest(.halfUp): nearest = (exact + 0.5 + 1e-9).rounded(.down)
        case .nearest(.halfDown): nearest = (exact - 0.5 - 1e-9).rounded(.up)
        }
        return min(max(Int(nearest), 0), input - 1) == source ? 1 : 0
    }

    /// Each input pixel adds its multiple of the filter.
    func spread(_ window: Window, _ outputPadding: Pair, _ groups: Int, _ hasBias: Bool) -> [Double] {
        let (input, kernel) = (shapes[0], window.kernel)
        var (top, left) = (0, 0)
        switch window.padding {
        case .valid: break
        case .explicit(let rows, _, let columns, _): (top, left) = (rows, columns)
        case .same:
            top = max(0, (kernel.height - 1) * window.dilation.height + 1 - window.stride.height) / 2
            left = max(0, (kernel.width - 1) * window.dilation.width + 1 - window.stride.width) / 2
        }
        let (depth, filters) = (input.channels / groups, output.channels / groups)
        let weight = parameter("weight")
        var sums = hasBias ? Array((0..<output.count / output.channels).map { _ in parameter("bias") }.joined())
            : Array(repeating: 0, count: output.count)
        for index in Self.indices(input) {
            let value = inputs[0][place(index, input)]
            for tap in Self.indices([kernel.height, kernel.width]) {
                let y = index[0] * window.stride.height + tap[0] * window.dilation.height - top
                let x = index[1] * window.stride.width + tap[1] * window.dilation.width - left
                guard (0..<output.height).contains(y), (0..<output.width).contains(x) else { continue }
                for filter in 0..<filters {
                    let channel = index[2] / depth * filters + filter
                    let factor = place(
                        [channel, tap[0], tap[1], index[2] % depth],
                        [output.channels, kernel.height, kernel.width, depth])
                    sums[place([y, x, channel], output)] += value * weight[factor]
                }
            }
        }
        return sums
    }
}
