// SPDX-License-Identifier: Apache-2.0
// The gates of lstm and gru: their sums, and the sigmoid and tanh of TensorFlow Lite Micro.

import Foundation
import NNQFormat

/// `acc * multiplier / 2^shift`, rounded twice (section 4 of SPEC.md).
func scaleTwice(_ acc: Int, multiplier: Int, shift: Int) throws -> Int {
    let product = try checked32(acc << max(0, 31 - shift)) * multiplier
    let nudged = product >= 0 ? product + 1 << 30 : product + 1 - 1 << 30
    return roundAway(try checked32(nudged / (1 << 31)), 1 << max(0, shift - 31))
}

func saturate16(_ value: Int) -> Int { min(max(value, -32768), 32767) }

func int16(_ acc: Int, multiplier: Int, shift: Int) throws -> Int {
    saturate16(try scaleTwice(acc, multiplier: multiplier, shift: shift))
}

/// The sums of an op's gates, over all units.
struct GateSums {
    private let gates: Gates
    private let count, inputs, units: Int

    init(_ gates: Gates, count: Int, _ inputs: [Map], _ shape: ProgramTensor) throws {
        let sequence = inputs[0].shape
        guard sequence.height == 1, shape.height == 1, sequence.width == shape.width,
            inputs[1].shape.channels == shape.channels, inputs[2].shape.count == shape.channels,
            inputs[2].shape.type == .int16, inputs[1].zeroPoint == Int(shape.quantization.zeroPoint)
        else { throw OracleError("shapes or types do not fit") }
        (self.gates, self.count, self.inputs, self.units) = (gates, count, sequence.channels, shape.channels)
    }

    /// The sum of each unit over the input (part 0) or over the hidden state (part 1), in 1/4096.
    func part(_ gate: Int, _ part: Int, _ values: [Int]) throws -> [Int] {
        try (0..<units).map { unit in
            let row = unit * count + gate
            let first = row * (inputs + units) + part * inputs
            var acc = Int(gates.bias[2 * row + part])
            for (index, value) in values.enumerated() { acc += Int(gates.filter[first + index]) * value }
            let scale = 2 * gate + part
            return try int16(acc, multiplier: Int(gates.multiplier[scale]), shift: Int(gates.shift[scale]))
        }
    }

    /// Both sums together, in 1/12288.
    func both(_ gate: Int, _ x: [Int], _ hidden: [Int]) throws -> [Int] {
        try zip(part(gate, 0, x), part(gate, 1, hidden)).map { 3 * saturate16($0 + $1) }
    }
}

/// Entry i is sigmoid(i / 24) in 1/65536; TensorFlow Lite's is one more in some places.
private let sigmoidTable: [Int] = {
    let raised: Set = [
        4, 8, 12, 14, 15, 16, 17, 19, 20, 21, 22, 25, 27, 28, 29, 30, 31, 33, 34, 35, 37, 39, 40, 41, 43, 44, 45, 46,
        49, 50, 54, 62, 63, 64, 66, 82, 86, 93, 100, 103, 112, 116, 135, 255,
    ]
    return (0..<256).map { index in
        Int((65536 / (1 + exp(-Double(index) / 24))).rounded()) + (raised.contains(index) ? 1 : 0)
    }
}()

/// `sigmoid(|a| / 2^bits / 24)` in `1 / 2^(16 + bits)`.
private func curve(_ a: Int, bits: Int, most: Int) -> Int {
    let (index, fraction) = (Int(a.magnitude) >> bits, Int(a.magnitude) & (1 << bits - 1))
    if index >= 255 { return most << bits }
    return sigmoidTable[index] << bits + fraction * (sigmoidTable[index + 1] - sigmoidTable[index])
}

/// Of `a / 12288`, in 1/32768.
func sigmoid(_ a: Int) -> Int {
    let value = curve(a, bits: 9, most: 65534)
    return floorShift(a >= 0 ? value + 512 : 1 << 25 - value + 511, 10)
}

/// Of `a / 12288`, in 1/32768.
func hyperbolicTangent(_ a: Int) -> Int {
    let value = curve(a, bits: 8, most: 65535) - 1 << 23
    return floorShift(a >= 0 ? value + 128 : 127 - value, 8)
}
