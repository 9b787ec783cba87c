// SPDX-License-Identifier: Apache-2.0
// Add, concat, pad, table and softmax, straight from section 5 of SPEC.md.

import CNNQ
import NNQFormat

extension Oracle {
    static func add(_ a: Map, _ b: Map, _ shape: ProgramTensor, _ p: nnq_add_params) throws -> Map {
        guard sameShape(a.shape, shape), sameShape(b.shape, shape) else { throw OracleError("shapes differ") }
        let multipliers = Int(p.multiplier_a) + Int(p.multiplier_b)
        _ = try checked32(Int(p.constant.magnitude) + 128 * multipliers)
        return try Map(shape) { y, x, c in
            let sum = try checked32(a[y, x, c] * Int(p.multiplier_a) + b[y, x, c] * Int(p.multiplier_b))
            let shifted = floorShift(try checked32(sum + Int(p.constant)), Int(p.shift))
            return min(max(shifted, Int(p.act_min)), Int(p.act_max))
        }
    }

    static func concat(_ inputs: [Map], _ shape: ProgramTensor, axis: Int, _ rescales: [Rescale]) throws -> Map {
        let joined = inputs.map { extents($0.shape) }
        for other in 0..<3 {
            let sizes = joined.map { $0[other] }
            let isRight =
                other == axis
                ? sizes.reduce(0, +) == extents(shape)[axis] : sizes.allSatisfy { $0 == extents(shape)[other] }
            guard isRight else { throw OracleError("shapes do not join") }
        }
        for rescale in rescales {
            _ = try checked32(Int(rescale.constant.magnitude) + 128 * Int(rescale.multiplier))
        }
        return try Map(shape) { y, x, c in
            var place = [y, x, c]
            var input = 0
            while place[axis] >= joined[input][axis] {
                place[axis] -= joined[input][axis]
                input += 1
            }
            let rescale = rescales[input]
            let q = inputs[input][place[0], place[1], place[2]]
            let sum = try checked32(q * Int(rescale.multiplier) + Int(rescale.constant))
            return min(max(floorShift(sum, Int(rescale.shift)), -128), 127)
        }
    }

    static func pad(_ input: Map, _ shape: ProgramTensor, _ p: nnq_pad_params) throws -> Map {
        let grown = [
            input.shape.height + Int(p.pad_top + p.pad_bottom), input.shape.width + Int(p.pad_left + p.pad_right),
            input.shape.channels,
        ]
        guard grown == extents(shape) else { throw OracleError("the shape does not fit") }
        return try Map(shape) { y, x, c in input.tap(y - Int(p.pad_top), x - Int(p.pad_left), c) }
    }

    static func table(_ input: Map, _ shape: ProgramTensor, _ values: [Int8]) throws -> Map {
        guard sameShape(input.shape, shape), values.count == 256 else { throw OracleError("shapes differ") }
        return try Map(shape) { y, x, c in Int(values[input[y, x, c] + 128]) }
    }

    static func softmax(_ input: Map, _ shape: ProgramTensor, _ exponentials: [UInt16]) throws -> Map {
        guard sameShape(input.shape, shape) else { throw OracleError("shapes differ") }
        return try Map(shape) { y, x, c in
            let row = (0..<shape.channels).map { input[y, x, $0] }
            let largest = row.max()!
            let powers = row.map { largest - $0 < exponentials.count ? Int(exponentials[largest - $0]) : 0 }
            let sum = powers.reduce(0, +)
            guard sum <= UInt32.max else { throw OracleError("\(sum) leaves 32 bits") }
            return min(255, (256 * powers[c] + sum / 2) / sum) - 128
        }
    }

    private static func extents(_ shape: ProgramTensor) -> [Int] { [shape.height, shape.width, shape.channels] }

    private static func sameShape(_ a: ProgramTensor, _ b: ProgramTensor) -> Bool { extents(a) == extents(b) }
}
