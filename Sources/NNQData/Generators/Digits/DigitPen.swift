// SPDX-License-Identifier: Apache-2.0
// Moves the pen: from a glyph and random numbers to the inked line segments of one written digit.

import NNQBase

/// A piece of ink: a straight segment with a radius at each end.
struct InkSegment {
    var from: SIMD2<Float>
    var to: SIMD2<Float>
    var radiusFrom: Float
    var radiusTo: Float
}

/// How much hands differ; the figures are standard deviations unless they say otherwise.
private enum Hand {
    static let pointJitter: Float = 0.034
    static let elastic: Float = 0.05
    static let slant: Float = 0.26
    static let rotation: Float = 0.13
    static let bend: Float = 0.10
    static let taper: Float = 0.24
    static let waist: Float = 0.32
    static let hookChance: Float = 0.12
    static let stepsPerSpan = 8
}

/// Writes digits. One pen may be reused for any number of digits; it keeps only its scratch memory.
struct DigitPen {
    private(set) var ink: [InkSegment] = []
    private var points: [SIMD2<Float>] = []
    private var line: [SIMD2<Float>] = []
    private var elastic = [SIMD2<Float>](repeating: .zero, count: 16)

    /// Writes one `digit`; `ink` then holds it, fitted to 28x28 pixels as MNIST does: the longer side of the box
    /// about 20 pixels, the centre of mass in the middle.
    mutating func write(_ digit: Int, _ rng: inout Rng) {
        ink.removeAll(keepingCapacity: true)
        let glyph = choose(DigitGlyph.all[digit], &rng)
        jitter(glyph, digit == 0 ? 0.6 : 1, &rng)
        let warp = Warp(digit, &rng)
        for i in elastic.indices { elastic[i] = Hand.elastic * SIMD2(rng.normal(), rng.normal()) }
        let radius = penRadius(&rng) * (digit == 1 ? rng.uniform(0.9, 1.4) : 1)
        for stroke in glyph.strokes { trace(stroke, warp, radius, &rng) }
        fit(radius, &rng)
    }

    private func choose(_ glyphs: [DigitGlyph], _ rng: inout Rng) -> DigitGlyph {
        var rest = rng.uniform() * glyphs.reduce(0) { $0 + $1.weight }
        for glyph in glyphs {
            rest -= glyph.weight
            if rest < 0 { return glyph }
        }
        return glyphs[0]
    }

    private mutating func jitter(_ glyph: DigitGlyph, _ share: Float, _ rng: inout Rng) {
        points.removeAll(keepingCapacity: true)
        let strength = share * Hand.pointJitter * rng.uniform(0.5, 1.5)
        for point in glyph.points { points.append(point + strength * SIMD2(rng.normal(), rng.normal())) }
    }

    /// Pixels, at the final size: mostly 0.8 to 1.9, now and then a felt pen.
    private func penRadius(_ rng: inout Rng) -> Float {
        let thickness = rng.uniform()
        return 0.72 + 0.9 * thickness + 0.75 * thickness * thickness * rng.uniform()
    }

    /// A smooth curve (Catmull-Rom) through the stroke's points, warped, as segments of varying width.
    private mutating func trace(_ stroke: [Int], _ warp: Warp, _ radius: Float, _ rng: inout Rng) {
        let last = stroke.count - 1
        let closed = stroke.count > 3 && stroke[0] == stroke[last]
        func control(_ i: Int) -> SIMD2<Float> {
            if i < 0 { return closed ? points[stroke[last - 1]] : 2 * points[stroke[0]] - points[stroke[1]] }
            if i > last { return closed ? points[stroke[1]] : 2 * points[stroke[last]] - points[stroke[last - 1]] }
            return points[stroke[i]]
        }
        line.removeAll(keepingCapacity: true)
        if !closed && rng.chance(Hand.hookChance) { line.append(hook(at: control(0), from: control(1), &rng)) }
        for span in 0..<last {
            let (a, b, c, d) = (control(span - 1), control(span), control(span + 1), control(span + 2))
            let linear = c - a
            let square = 2 * a - 5 * b + 4 * c - d
            let cube = 3 * (b - c) + d - a
            for step in 0..<Hand.stepsPerSpan {
                let t = Float(step) / Float(Hand.stepsPerSpan)
                line.append(b + 0.5 * t * (linear + t * (square + t * cube)))
            }
        }
        line.append(control(last))
        if !closed && rng.chance(Hand.hookChance) {
            line.append(hook(at: control(last), from: control(last - 1), &rng))
        }
        inkLine(warp, radius, &rng)
    }

    /// Where the pen touched down early or left late.
    private func hook(at end: SIMD2<Float>, from before: SIMD2<Float>, _ rng: inout Rng) -> SIMD2<Float> {
        let onward = end - before
        let length = (onward * onward).sum().squareRoot() + 1e-3
        let across = SIMD2(-onward.y, onward.x)
        return end + (0.12 * rng.uniform() / length) * (onward + rng.uniform(-1.5, 1.5) * across)
    }

    private mutating func inkLine(_ warp: Warp, _ radius: Float, _ rng: inout Rng) {
        let pressure = (rng.uniform(0.75, 1.2), rng.uniform(0.85, 1.2), rng.uniform(0.7, 1.15))
        var before = SIMD2<Float>.zero
        var radiusBefore: Float = 0
        for (i, raw) in line.enumerated() {
            let point = warp.apply(raw + displacement(raw))
            let t = Float(i) / Float(line.count - 1)
            let bow = t * (1 - t)
            let width = radius * ((1 - t) * pressure.0 + t * pressure.2 + 4 * bow * (pressure.1 - 1) * 0.5)
            if i > 0 { ink.append(InkSegment(from: before, to: point, radiusFrom: radiusBefore, radiusTo: width)) }
            before = point
            radiusBefore = width
        }
    }

    /// Elastic distortion: a 4x4 grid of random displacements, interpolated smoothly (Simard et al., 2003, in spirit).
    private func displacement(_ point: SIMD2<Float>) -> SIMD2<Float> {
        let place = (point * 3).clamped(lowerBound: .zero, upperBound: SIMD2(repeating: 2.999))
        let cell = place.rounded(.down)
        let part = place - cell
        let smooth = part * part * (3 - 2 * part)
        let index = Int(cell.y) * 4 + Int(cell.x)
        let top = elastic[index] + smooth.x * (elastic[index + 1] - elastic[index])
        let bottom = elastic[index + 4] + smooth.x * (elastic[index + 5] - elastic[index + 4])
        return top + smooth.y * (bottom - top)
    }

    /// Scales to about 20 pixels, centre of mass to the middle of 28x28.
    private mutating func fit(_ radius: Float, _ rng: inout Rng) {
        var low = SIMD2<Float>(repeating: .infinity)
        var high = -low
        for piece in ink {
            low = pointwiseMin(low, pointwiseMin(piece.from, piece.to))
            high = pointwiseMax(high, pointwiseMax(piece.from, piece.to))
        }
        let scale = (20 - 1.7 * radius) * rng.uniform(0.94, 1.02) / max((high - low).max(), 0.05)
        var mass: Float = 0
        var moment = SIMD2<Float>.zero
        for i in ink.indices {
            ink[i].from = scale * (ink[i].from - low)
            ink[i].to = scale * (ink[i].to - low)
            let along = ink[i].to - ink[i].from
            let weight = (along * along).sum().squareRoot() * (ink[i].radiusFrom + ink[i].radiusTo)
            mass += weight
            moment += 0.5 * weight * (ink[i].from + ink[i].to)
        }
        let shift = SIMD2(rng.uniform(13.5, 14.5), rng.uniform(13.5, 14.5)) - moment / max(mass, 1e-6)
        for i in ink.indices {
            ink[i].from += shift
            ink[i].to += shift
        }
    }

    /// Slant, rotation, proportions and gentle bends of a whole digit.
    private struct Warp {
        var x: SIMD2<Float>
        var y: SIMD2<Float>
        var bend: Float
        var taper: Float
        var waist: Float

        init(_ digit: Int, _ rng: inout Rng) {
            let aspect = rng.uniform(0.42, 1) * (rng.chance(digit == 0 ? 0.3 : 0.15) ? rng.uniform(1, 1.5) : 1)
            let slant = -0.12 + Hand.slant * rng.normal()
            let angle = Double(Hand.rotation * rng.normal())
            let (sine, cosine) = PortableMath.sinCos(angle)
            let (s, c) = (Float(sine), Float(cosine))
            x = SIMD2(c, s) * aspect
            y = SIMD2(-s + slant * c, c + slant * s)
            bend = Hand.bend * rng.normal() * (digit == 1 ? 0.6 : 1)
            taper = Hand.taper * rng.normal()
            // A 6 or a 9 with its loop stretched over the whole height would be a 0.
            let reach: Float = digit == 6 || digit == 9 ? 0.45 : 0.8
            waist = min(reach, max(-reach, Hand.waist * rng.normal()))
        }

        func apply(_ point: SIMD2<Float>) -> SIMD2<Float> {
            var px = point.x - 0.5
            var py = point.y - 0.5
            py += waist * (0.25 - py * py)
            px = px * (1 + 2 * taper * py) + bend * (0.25 - py * py)
            return x * px + y * py
        }
    }
}
