// SPDX-License-Identifier: Apache-2.0
// What a way of writing a digit is: strokes through a few points.

/// One way to write a digit: strokes through points in the unit square, x to the right, y down.
///
/// A stroke is a smooth curve through its points; a corner is two strokes that share a point. Points with equal
/// coordinates are one point and move together. A stroke that ends where it began is closed smoothly.
struct DigitGlyph: Sendable {
    /// How often it is chosen among its digit's glyphs, relative to the others.
    let weight: Float
    /// Distinct points.
    let points: [SIMD2<Float>]
    /// Indices into `points`.
    let strokes: [[Int]]

    init(_ weight: Float, _ lines: [(Float, Float)]...) {
        var points: [SIMD2<Float>] = []
        self.strokes = lines.map { line in
            line.map { x, y in
                let point = SIMD2(x, y)
                if let known = points.firstIndex(of: point) { return known }
                points.append(point)
                return points.count - 1
            }
        }
        self.weight = weight
        self.points = points
    }

    /// The glyphs of digit 0...9.
    static let all: [[DigitGlyph]] = [zeros, ones, twos, threes, fours, fives, sixes, sevens, eights, nines]
}
