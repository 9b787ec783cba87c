// SPDX-License-Identifier: Apache-2.0
// Random constants, ops of two inputs, reductions and normalizations.

import CNNQ
import NNQFormat

extension ProgramGenerator {
    mutating func appendConstant() -> Bool {
        let extents = below(2) == 0 ? shape() : shape(of: oneOf(readable)).map { below(2) == 0 ? 1 : $0 }
        let values = (0..<extents.reduce(1, *)).map { _ in int8() }
        return push(.constant(values), [], extents, zeroPoint: int8())
    }

    /// Makes the elements of the constant that is the last op wider.
    mutating func widenConstant() {
        let last = tensors.count - 1
        let type: ElementType = oneOf([.int16, .int32])
        let bytes = (0..<tensors[last].count * type.byteCount).map { _ in UInt8(below(256)) }
        tensors[last].type = type
        tensors[last].quantization.zeroPoint = 0
        operations[operations.count - 1].operation = .constant(bytes: bytes)
    }

    /// `input` and a tensor whose shape goes with it, in either order, and the shape of the output.
    private mutating func operands(
        _ input: Int, where isFit: (ProgramTensor) -> Bool = { _ in true }
    ) -> (inputs: [Int], shape: [Int]) {
        let own = shape(of: input)
        let partners = readable.filter { other in
            (other != input || tensors.count == 1) && isFit(tensors[other])
                && zip(shape(of: other), own).allSatisfy { $0 == $1 || $0 == 1 || $1 == 1 }
        }
        let other = partners.isEmpty ? input : oneOf(partners)
        let inputs = below(2) == 0 ? [input, other] : [other, input]
        return (inputs, zip(shape(of: other), own).map { max($0, $1) })
    }

    /// The largest |q - zero point|.
    private func deviation(_ tensor: Int) -> Int {
        let zeroPoint = Int(tensors[tensor].quantization.zeroPoint)
        return max(127 - zeroPoint, zeroPoint + 128)
    }

    /// A multiplier and a shift for values up to `bound`: most often those that fill int8, else any legal ones.
    mutating func scale(_ bound: Int, leastShift: Int = 1) -> (multiplier: Int32, shift: Int32) {
        let multiplier = multiplier()
        let room = (Int(Int32.max) / bound).log2
        let least = max(31 - room, leastShift)
        let fills = (bound * max(1, Int(multiplier))).log2 - 6 + below(4)
        return (multiplier, Int32(min(62, max(least, below(5) == 0 ? least + below(62 - least) : fills))))
    }

    mutating func appendAdd(_ a: Int) -> Bool {
        let (inputs, shape) = operands(a)
        let zeroPoint = int8()
        var p = nnq_add_params()
        (p.act_min, p.act_max) = activation()
        p.multiplier_a = Int32(oneOf([0, 1, -32767, 32767, below(65535) - 32767, below(65535) - 32767]))
        p.multiplier_b = Int32(oneOf([0, -1, -32767, 32767, below(65535) - 32767, below(65535) - 32767]))
        p.shift = Int32(below(3) == 0 ? 1 + below(30) : 12 + below(6))
        let products = 128 * Int(p.multiplier_a.magnitude + p.multiplier_b.magnitude)
        let zeroPoints = Int(zeroPoint) << Int(p.shift) + 1 << Int(p.shift - 1)
            - Int(tensors[inputs[0]].quantization.zeroPoint) * Int(p.multiplier_a)
            - Int(tensors[inputs[1]].quantization.zeroPoint) * Int(p.multiplier_b)
        let limit = Int(Int32.max) - products
        p.constant = Int32(below(6) == 0 ? (below(2) == 0 ? limit : -limit) : min(max(zeroPoints, -limit), limit))
        return push(.add(p), inputs, shape, zeroPoint: zeroPoint)
    }

    mutating func appendTFLiteAdd(_ a: Int) -> Bool {
        let (inputs, shape) = operands(a)
        var p = nnq_tflite_add_params()
        (p.act_min, p.act_max) = activation()
        (p.multiplier_a, p.shift_a) = (multiplier(), Int32(31 + below(below(4) == 0 ? 32 : 4)))
        (p.multiplier_b, p.shift_b) = (multiplier(), Int32(31 + below(below(4) == 0 ? 32 : 4)))
        p.left_shift = Int32(below(4) == 0 ? below(21) : 20)
        (p.multiplier, p.shift) = scale(256 << Int(p.left_shift), leastShift: 31)
        p.subtract = Int32(below(2))
        return push(.tfliteAdd(p), inputs, shape, zeroPoint: int8())
    }

    mutating func appendMul(_ a: Int) -> Bool {
        let (inputs, shape) = operands(a)
        var p = nnq_mul_params()
        (p.act_min, p.act_max) = activation()
        p.rounding = Int32(below(2))
        (p.multiplier, p.shift) = scale(deviation(inputs[0]) * deviation(inputs[1]))
        return push(.mul(p), inputs, shape, zeroPoint: int8())
    }

    mutating func appendChoice(_ operation: Operation, _ a: Int) -> Bool {
        let zeroPoint = tensors[a].quantization.zeroPoint
        let (inputs, shape) = operands(a) { $0.quantization.zeroPoint == zeroPoint }
        return push(operation, inputs, shape, zeroPoint: zeroPoint)
    }

    mutating func appendPrelu(_ a: Int) -> Bool {
        let (inputs, shape) = operands(a)
        guard self.shape(of: inputs[0]) == shape else { return false }
        var p = nnq_prelu_params()
        p.rounding = Int32(below(2))
        (p.multiplier_positive, p.shift_positive) = scale(deviation(inputs[0]))
        (p.multiplier_negative, p.shift_negative) = scale(deviation(inputs[0]) * deviation(inputs[1]))
        return push(.prelu(p), inputs, shape, zeroPoint: int8())
    }

    mutating func appendTFLiteSoftmax(_ input: Int) -> Bool {
        let p = nnq_tflite_softmax_params(
            opcode: 0, multiplier: multiplier(), shift: Int32(below(3) == 0 ? below(31) : 4 + below(9)))
        guard push(.tfliteSoftmax(p), [input], shape(of: input), zeroPoint: -128) else { return false }
        tensors[tensors.count - 1].quantization.scale = 0x1p-8
        return true
    }

    mutating func appendL2Normalize(_ input: Int) -> Bool {
        guard push(.l2Normalize, [input], shape(of: input), zeroPoint: 0) else { return false }
        tensors[tensors.count - 1].quantization.scale = 0x1p-7
        return true
    }

    mutating func appendReduce(_ input: Int) -> Bool {
        let own = shape(of: input)
        var p = nnq_reduce_params()
        (p.axes, p.kind, p.rounding) = (Int32(1 + below(7)), Int32(max(0, below(4) - 1)), Int32(below(2)))
        let shape = (0..<3).map { p.axes >> Int32($0) & 1 == 1 ? 1 : own[$0] }
        (p.multiplier, p.shift) = scale(deviation(input) * tensors[input].count / shape.reduce(1, *))
        return push(
            .reduce(p), [input], shape, zeroPoint: p.kind == 0 ? int8() : tensors[input].quantization.zeroPoint)
    }
}

extension Int {
    /// The exponent of the largest power of two that is not larger; the receiver is at least 1.
    fileprivate var log2: Int { Int.bitWidth - 1 - leadingZeroBitCount }
}
