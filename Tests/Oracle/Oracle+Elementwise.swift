// SPDX-License-Identifier: Apache-2.0
// Concat, pad, table and softmax, straight from section 5 of SPEC.md.

import CNNQ
import NNQFormat

extension Oracle {
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
            input.shape.channels + Int(p.pad_front + p.pad_back),
        ]
        guard grown == extents(shape) else { throw OracleError("the shape does not fit") }
        return try Map(shape) { y, x, c in
            let place = (y - Int(p.pad_top), x - Int(p.pad_left), c - Int(p.pad_front))
            let isInside = input.contains(place.0, place.1) && (0..<input.shape.channels).contains(place.2)
            return isInside ? input[place.0, place.1, place.2] : Int(p.value)
        }
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

    static func extents(_ shape: ProgramTensor) -> [Int] { [shape.height, shape.width, shape.channels] }

    static func sameShape(_ a: ProgramTensor, _ b: ProgramTensor) -> Bool { extents(a) == extents(b) }
}
