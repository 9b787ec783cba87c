// SPDX-License-Identifier: Apache-2.0
// Turns ink into grey pixels: antialiased, a little soft, a little rough at the edges.

import NNQBase

/// A 28x28 sheet that ink segments are drawn on.
struct DigitRaster {
    static let side = 28
    /// For every pixel, how deep inside the ink its centre lies, in pixels; negative outside.
    private var depth = [Float](repeating: 0, count: side * side)

    /// Draws `ink` and writes white (255) on black (0) to `output`.
    mutating func draw(_ ink: [InkSegment], _ rng: inout Rng, into output: UnsafeMutablePointer<UInt8>) {
        let softness = rng.uniform(0.9, 1.4)
        let roughness = rng.uniform(0, 0.3)
        let brightness = rng.uniform(0.92, 1.08)
        depth.withUnsafeMutableBufferPointer { depth in
            depth.update(repeating: -8)
            for piece in ink { Self.press(piece, reach: 0.5 * softness + 0.3, depth) }
            for i in 0..<depth.count {
                guard depth[i] > -2 else {
                    output[i] = 0
                    continue
                }
                let rough = depth[i] + roughness * (rng.uniform() + rng.uniform() - 1)
                let grey = min(1, max(0, rough / softness + 0.5)) * brightness
                output[i] = UInt8(min(255, grey * 255 + 0.5))
            }
        }
    }

    /// Raises `depth` to radius minus distance, for all pixels near the segment.
    private static func press(_ piece: InkSegment, reach: Float, _ depth: UnsafeMutableBufferPointer<Float>) {
        let margin = max(piece.radiusFrom, piece.radiusTo) + reach
        let low = pointwiseMin(piece.from, piece.to) - margin - 0.5
        let high = pointwiseMax(piece.from, piece.to) + margin - 0.5
        let along = piece.to - piece.from
        let inverse = 1 / max((along * along).sum(), 1e-9)
        let limit = Float(side - 1)
        guard high.x >= 0, high.y >= 0, low.x <= limit, low.y <= limit else { return }
        let columns = Int(max(0, low.x))...Int(min(limit, high.x))
        for y in Int(max(0, low.y))...Int(min(limit, high.y)) {
            for x in columns {
                let dx = Float(x) + 0.5 - piece.from.x
                let dy = Float(y) + 0.5 - piece.from.y
                let t = min(1, max(0, (dx * along.x + dy * along.y) * inverse))
                let offX = dx - t * along.x
                let offY = dy - t * along.y
                let radius = piece.radiusFrom + t * (piece.radiusTo - piece.radiusFrom)
                let inside = radius - (offX * offX + offY * offY).squareRoot()
                let i = y * side + x
                if inside > depth[i] { depth[i] = inside }
            }
        }
    }
}
