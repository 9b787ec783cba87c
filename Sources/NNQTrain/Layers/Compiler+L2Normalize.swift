// SPDX-License-Identifier: Apache-2.0
// Channels divided by their Euclidean length.

import NNQGraph

extension Compiler {
    func l2Normalize(_ site: Site) throws -> Compiled {
        let channels = site.shape.channels
        let rows = site.shape.count / channels
        return try loop(
            site,
            Loop(
                forward: { values in
                    for row in 0..<rows {
                        let (x, y) = (values.inputs[0] + row * channels, values.output + row * channels)
                        let length = max(Self.length(x, channels), Self.shortest)
                        for i in 0..<channels { y[i] = x[i] / length }
                    }
                },
                backward: { values, gradients in
                    guard let result = gradients.inputs[0] else { return }
                    for row in 0..<rows {
                        let first = row * channels
                        let (x, y) = (values.inputs[0] + first, values.output + first)
                        let (gradient, part) = (gradients.output + first, result + first)
                        let length = Self.length(x, channels)
                        var along: Float = 0
                        if length > Self.shortest { for i in 0..<channels { along += y[i] * gradient[i] } }
                        for i in 0..<channels { part[i] = (gradient[i] - along * y[i]) / max(length, Self.shortest) }
                    }
                }))
    }

    /// Shorter vectors are divided by this.
    private static let shortest: Float = 1e-6

    private static func length(_ x: UnsafePointer<Float>, _ count: Int) -> Float {
        var sum: Float = 0
        for i in 0..<count { sum += x[i] * x[i] }
        return sum.squareRoot()
    }
}
