// SPDX-License-Identifier: Apache-2.0
// Ten kinds of coloured shapes on noisy ground: colour pictures of CIFAR-10's size that need no download.

import NNQBase

/// Shapes of any colour, place, size and turn on textured noise, 32x32x3 bytes.
///
/// Picture i depends on (seed, split, i) alone, is the same bytes on every machine, and shows the shape i mod 10.
public enum GeneratedShapes {
    public static let classes = [
        "circle", "ring", "half", "crescent", "triangle", "square", "bar", "cross", "star", "arrow",
    ]
    static let side = 32

    /// The first `count` pictures of `split`, made on all cores.
    public static func make(_ split: Split, count: Int, seed: UInt64 = 1) throws(DataError) -> ByteDataset {
        let size = side * side * 3
        let pixels = makeInParallel(count: count, size: size) { range, output in
            for index in range { draw(index, split, seed, into: output + index * size) }
        }
        return try ByteDataset(
            name: "shapes", shape: [side, side, 3], classes: classes, pixels: pixels,
            labels: (0..<max(0, count)).map { UInt16($0 % classes.count) })
    }

    private static func draw(_ index: Int, _ split: Split, _ seed: UInt64, into output: UnsafeMutablePointer<UInt8>) {
        var rng = Rng(seed: seed, stream: split == .train ? 0x5a9e_5001 : 0x5a9e_5002, UInt64(index))
        let ground = Ground(&rng)
        let colour = contrasting(ground.colour, &rng)
        let radius = rng.uniform(6.5, 12)
        let room = Float(side) / 2 - 0.75 * radius
        let centre = SIMD2(16 + rng.uniform(-room, room), 16 + rng.uniform(-room, room))
        let (s, c) = PortableMath.sinCos(Double(rng.uniform(0, 6.2831855)))
        let turn = (SIMD2(Float(c), Float(-s)) / radius, SIMD2(Float(s), Float(c)) / radius)
        let grain = rng.uniform(4, 22)
        for y in 0..<side {
            for x in 0..<side {
                let offset = SIMD2(Float(x) + 0.5, Float(y) + 0.5) - centre
                let place = SIMD2((offset * turn.0).sum(), (offset * turn.1).sum())
                let cover = min(1, max(0, depth(index % classes.count, place) * radius + 0.5))
                let under = ground.colour(x, y)
                let noise = SIMD3(rng.uniform(-1, 1), rng.uniform(-1, 1), rng.uniform(-1, 1)) * grain
                let mixed = under + cover * (colour - under) + noise
                let clamped = mixed.clamped(lowerBound: .zero, upperBound: SIMD3(repeating: 255)) + 0.5
                for channel in 0..<3 { output[(y * side + x) * 3 + channel] = UInt8(clamped[channel]) }
            }
        }
    }

    /// A colour that stands out: at least 90 away from `other` in one channel or another.
    private static func contrasting(_ other: SIMD3<Float>, _ rng: inout Rng) -> SIMD3<Float> {
        while true {
            let colour = SIMD3(rng.uniform(0, 255), rng.uniform(0, 255), rng.uniform(0, 255))
            let difference = colour - other
            if (difference * difference).max() > 90 * 90 { return colour }
        }
    }

    /// How deep `p` lies inside shape `kind`, in units of its radius; negative outside.
    private static func depth(_ kind: Int, _ p: SIMD2<Float>) -> Float {
        let (x, y) = (p.x, p.y)
        let (ax, ay) = (abs(x), abs(y))
        func distance(_ dx: Float) -> Float { ((x - dx) * (x - dx) + y * y).squareRoot() }
        switch kind {
        case 0: return 0.9 - distance(0)
        case 1: return 0.2 - abs(distance(0) - 0.75)
        case 2: return min(0.95 - distance(0), x + 0.1)
        case 3: return min(0.95 - distance(0), distance(0.42) - 0.72)
        case 4: return min(0.5 - x, 0.5 + 0.5 * x - 0.8660254 * ay)
        case 5: return 0.75 - max(ax, ay)
        case 6: return min(1 - ax, 0.3 - ay)
        case 7: return max(min(0.95 - ax, 0.27 - ay), min(0.27 - ax, 0.95 - ay))
        case 8: return star(x, y)
        default: return max(min(x + 1, 0.18 - ay, 0.3 - x), min(x - 0.05, 0.62 - 0.65 * x - 0.76 * ay))
        }
    }

    /// A pentagram: inside at least four of its five lines.
    private static func star(_ x: Float, _ y: Float) -> Float {
        var smallest = Float.infinity
        var second = Float.infinity
        for (nx, ny) in pentagon {
            let inside = 0.36 - (nx * x + ny * y)
            if inside < smallest {
                second = smallest
                smallest = inside
            } else if inside < second {
                second = inside
            }
        }
        return second
    }

    /// Directions at multiples of 72 degrees.
    private static let pentagon: [(Float, Float)] = (0..<5).map { k in
        let (s, c) = PortableMath.sinCos(Double(k) * 1.2566370614359172)
        return (Float(c), Float(s))
    }

    /// A coloured ground: one colour and a smooth texture around it.
    private struct Ground {
        let colour: SIMD3<Float>
        private var grid: [SIMD3<Float>] = []

        init(_ rng: inout Rng) {
            colour = SIMD3(rng.uniform(20, 235), rng.uniform(20, 235), rng.uniform(20, 235))
            let contrast = rng.uniform(5, 45)
            for _ in 0..<25 {
                grid.append(SIMD3(rng.uniform(-1, 1), rng.uniform(-1, 1), rng.uniform(-1, 1)) * contrast)
            }
        }

        /// Bilinear between the points of a 5x5 grid, 8 pixels apart.
        func colour(_ x: Int, _ y: Int) -> SIMD3<Float> {
            let corner = (y >> 3) * 5 + (x >> 3)
            let (tx, ty) = (Float(x & 7) / 8, Float(y & 7) / 8)
            let top = grid[corner] + tx * (grid[corner + 1] - grid[corner])
            let bottom = grid[corner + 5] + tx * (grid[corner + 6] - grid[corner + 5])
            return colour + top + ty * (bottom - top)
        }
    }
}
