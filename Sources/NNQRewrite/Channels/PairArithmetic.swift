// SPDX-License-Identifier: Apache-2.0
// What ops of two inputs make of two elements.

import CNNQ
import NNQFormat

/// An op whose output elements each come from one element of either input, as SPEC.md, section 5, has it.
struct PairArithmetic {
    private let operation: Operation
    /// Of the first input, the second, and the output.
    private let zeroPoints: (a: Int, b: Int, out: Int)

    /// The op as such, or nil where it is another one.
    init?(_ program: Program, _ index: Int) {
        operation = program.operations[index].operation
        switch operation {
        case .add, .tfliteAdd, .mul, .minimum, .maximum, .prelu: break
        default: return nil
        }
        let inputs = program.operations[index].inputs.map { program.tensors[$0].zeroPoint }
        zeroPoints = (inputs[0], inputs[1], program.tensors[program.output(of: index)].zeroPoint)
    }

    /// The output element. For either operand fixed, it only rises or only falls with the other, except that prelu
    /// may turn at the zero point.
    func callAsFunction(_ a: Int, _ b: Int) -> Int {
        switch operation {
        case .add(let p):
            let sum = a * Int(p.multiplier_a) + b * Int(p.multiplier_b) + Int(p.constant)
            return clamp(sum >> Int(p.shift), p.act_min, p.act_max)
        case .tfliteAdd(let p):
            let sum = p.sum(a - zeroPoints.a, b - zeroPoints.b)
            let value = Requantizer.scale(sum, p.multiplier, p.shift, twice: true)
            return clamp(zeroPoints.out + value, p.act_min, p.act_max)
        case .mul(let p):
            let product = (a - zeroPoints.a) * (b - zeroPoints.b)
            let value = Requantizer.scale(product, p.multiplier, p.shift, twice: p.rounding == 1)
            return clamp(zeroPoints.out + value, p.act_min, p.act_max)
        case .minimum: return min(a, b)
        case .maximum: return max(a, b)
        case .prelu(let p):
            return clamp(zeroPoints.out + p.value(a - zeroPoints.a, b - zeroPoints.b), -128, 127)
        default: preconditionFailure("init? admits no other op")
        }
    }

    /// The outputs for all elements of these ranges.
    func range(_ a: ChannelRange, _ b: ChannelRange) -> ChannelRange {
        // Extremes lie at the ends, or where prelu turns.
        let turns = [zeroPoints.a - 1, zeroPoints.a].filter { a.low < $0 && $0 < a.high }
        let values = ([a.low, a.high] + turns).flatMap { [self($0, b.low), self($0, b.high)] }
        return ChannelRange(low: values.min()!, high: values.max()!)
    }

    private func clamp(_ value: Int, _ low: Int32, _ high: Int32) -> Int { min(max(value, Int(low)), Int(high)) }
}

extension nnq_tflite_add_params {
    fileprivate func sum(_ a: Int, _ b: Int) -> Int {
        let left = Requantizer.scale(a << Int(left_shift), multiplier_a, shift_a, twice: true)
        let right = Requantizer.scale(b << Int(left_shift), multiplier_b, shift_b, twice: true)
        return subtract == 1 ? left - right : left + right
    }
}

extension nnq_prelu_params {
    fileprivate func value(_ x: Int, _ slope: Int) -> Int {
        x >= 0
            ? Requantizer.scale(x, multiplier_positive, shift_positive, twice: rounding == 1)
            : Requantizer.scale(x * slope, multiplier_negative, shift_negative, twice: rounding == 1)
    }
}
