// SPDX-License-Identifier: Apache-2.0
// Ops of two inputs with broadcasting, and reductions, straight from section 5 of SPEC.md.

import CNNQ
import NNQFormat

extension Oracle {
    static func add(_ a: Map, _ b: Map, _ shape: ProgramTensor, _ p: nnq_add_params) throws -> Map {
        let multipliers = Int(p.multiplier_a.magnitude) + Int(p.multiplier_b.magnitude)
        _ = try checked32(Int(p.constant.magnitude) + 128 * multipliers)
        return try pairs(a, b, shape) { a, b in
            let sum = try checked32(a * Int(p.multiplier_a) + b * Int(p.multiplier_b))
            return floorShift(try checked32(sum + Int(p.constant)), Int(p.shift)).clamped(p.act_min, p.act_max)
        }
    }

    static func tfliteAdd(_ a: Map, _ b: Map, _ shape: ProgramTensor, _ p: nnq_tflite_add_params) throws -> Map {
        try pairs(a, b, shape) { qa, qb in
            let left = try scaled((qa - a.zeroPoint) << Int(p.left_shift), p.multiplier_a, p.shift_a, rounding: 1)
            let right = try scaled((qb - b.zeroPoint) << Int(p.left_shift), p.multiplier_b, p.shift_b, rounding: 1)
            let sum = p.subtract == 1 ? left - right : left + right
            let value = try scaled(sum, p.multiplier, p.shift, rounding: 1)
            return (Int(shape.quantization.zeroPoint) + value).clamped(p.act_min, p.act_max)
        }
    }

    static func mul(_ a: Map, _ b: Map, _ shape: ProgramTensor, _ p: nnq_mul_params) throws -> Map {
        try pairs(a, b, shape) { qa, qb in
            let product = (qa - a.zeroPoint) * (qb - b.zeroPoint)
            let value = try scaled(product, p.multiplier, p.shift, rounding: p.rounding)
            return (Int(shape.quantization.zeroPoint) + value).clamped(p.act_min, p.act_max)
        }
    }

    static func choose(_ a: Map, _ b: Map, _ shape: ProgramTensor, _ better: (Int, Int) -> Int) throws -> Map {
        guard a.zeroPoint == b.zeroPoint, a.shape.quantization.zeroPoint == shape.quantization.zeroPoint else {
            throw OracleError("zero points differ")
        }
        return try pairs(a, b, shape) { a, b in better(a, b) }
    }

    static func prelu(_ input: Map, _ slopes: Map, _ shape: ProgramTensor, _ p: nnq_prelu_params) throws -> Map {
        guard sameShape(input.shape, shape) else { throw OracleError("shapes differ") }
        return try pairs(input, slopes, shape) { q, slope in
            let value = q - input.zeroPoint
            let result =
                if value >= 0 {
                    try scaled(value, p.multiplier_positive, p.shift_positive, rounding: p.rounding)
                } else {
                    try scaled(
                        value * (slope - slopes.zeroPoint), p.multiplier_negative, p.shift_negative,
                        rounding: p.rounding)
                }
            return (Int(shape.quantization.zeroPoint) + result).clamped(-128, 127)
        }
    }

    static func reduce(_ input: Map, _ shape: ProgramTensor, _ p: nnq_reduce_params) throws -> Map {
        let from = extents(input.shape)
        let isOver = (0..<3).map { p.axes >> Int32($0) & 1 == 1 }
        guard extents(shape) == (0..<3).map({ isOver[$0] ? 1 : from[$0] }) else {
            throw OracleError("the shape differs")
        }
        guard p.kind == 0 || shape.quantization.zeroPoint == input.shape.quantization.zeroPoint else {
            throw OracleError("zero points differ")
        }
        return try Map(shape) { y, x, c in
            var values: [Int] = []
            for row in isOver[0] ? 0..<from[0] : y..<y + 1 {
                for column in isOver[1] ? 0..<from[1] : x..<x + 1 {
                    for channel in isOver[2] ? 0..<from[2] : c..<c + 1 { values.append(input[row, column, channel]) }
                }
            }
            if p.kind > 0 { return p.kind == 1 ? values.max()! : values.min()! }
            let sum = values.reduce(0) { $0 + $1 - input.zeroPoint }
            let mean = try scaled(sum, p.multiplier, p.shift, rounding: p.rounding)
            return (Int(shape.quantization.zeroPoint) + mean).clamped(-128, 127)
        }
    }

    /// One output element after another, extents of 1 repeated.
    private static func pairs(
        _ a: Map, _ b: Map, _ shape: ProgramTensor, _ value: (Int, Int) throws -> Int
    ) throws -> Map {
        for operand in [a, b] where !zip(extents(operand.shape), extents(shape)).allSatisfy({ $0 == $1 || $0 == 1 }) {
            throw OracleError("shapes do not join")
        }
        return try Map(shape) { y, x, c in try value(a[repeating: y, x, c], b[repeating: y, x, c]) }
    }
}

extension Map {
    fileprivate subscript(repeating y: Int, _ x: Int, _ c: Int) -> Int {
        self[min(y, shape.height - 1), min(x, shape.width - 1), min(c, shape.channels - 1)]
    }
}

extension Int {
    func clamped(_ low: Int32, _ high: Int32) -> Int { Swift.min(Swift.max(self, Int(low)), Int(high)) }
}
