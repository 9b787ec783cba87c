// SPDX-License-Identifier: Apache-2.0
// SPEC.md read literally, in wide integers: what an int8 program computes.

import CNNQ
import NNQFormat
import NNQQuantize

/// Runs programs that round once; traps where a value does not fit what the specification promises.
struct ProgramSimulator: ProgramRunner {
    let program: Program

    func run(_ inputs: [[Int8]], reading tensors: [Int]) -> [[Int8]] {
        var values = inputs.map { $0.map(Int.init) }
        for (index, operation) in program.operations.enumerated() {
            let output = program.tensors[program.inputCount + index]
            let operands = operation.inputs.map { Operand(tensor: program.tensors[$0], values: values[$0]) }
            let result = Self.apply(operation.operation, operands, output)
            precondition(result.count == output.count && result.allSatisfy { (-128...127).contains($0) })
            values.append(result)
        }
        return tensors.map { values[$0].map { Int8($0) } }
    }

    struct Operand {
        var tensor: ProgramTensor
        var values: [Int]
        var zero: Int { Int(tensor.quantization.zeroPoint) }

        func at(_ y: Int, _ x: Int, _ c: Int) -> Int? {
            guard (0..<tensor.height).contains(y), (0..<tensor.width).contains(x) else { return nil }
            return values[(y * tensor.width + x) * tensor.channels + c]
        }
    }

    private static func apply(_ operation: Operation, _ operands: [Operand], _ output: ProgramTensor) -> [Int] {
        let input = operands[0]
        let zero = Int(output.quantization.zeroPoint)
        switch operation {
        case let .conv2D(p, filter, block):
            let depth = input.tensor.channels / Int(p.groups)
            let perGroup = output.channels / Int(p.groups)
            precondition(filter.count == output.channels * Int(p.kernel_height * p.kernel_width) * depth)
            let (kh, kw) = (Int(p.kernel_height), Int(p.kernel_width))
            return elements(output) { y, x, c in
                var sum = Int(block.bias[c])
                for i in 0..<kh {
                    for j in 0..<kw {
                        let row = y * Int(p.stride_height) + i * Int(p.dilation_height) - Int(p.pad_top)
                        let column = x * Int(p.stride_width) + j * Int(p.dilation_width) - Int(p.pad_left)
                        for k in 0..<depth {
                            let value = input.at(row, column, c / perGroup * depth + k) ?? input.zero
                            sum += value * Int(filter[((c * kh + i) * kw + j) * depth + k])
                        }
                    }
                }
                return requantize(sum, block, c, p.pre_shift, zero, p.act_min, p.act_max)
            }
        case let .depthwiseConv2D(p, filter, block):
            precondition(filter.count == output.channels * Int(p.kernel_height * p.kernel_width))
            let (kh, kw) = (Int(p.kernel_height), Int(p.kernel_width))
            return elements(output) { y, x, c in
                var sum = Int(block.bias[c])
                for i in 0..<kh {
                    for j in 0..<kw {
                        let row = y * Int(p.stride_height) + i * Int(p.dilation_height) - Int(p.pad_top)
                        let column = x * Int(p.stride_width) + j * Int(p.dilation_width) - Int(p.pad_left)
                        sum += (input.at(row, column, c) ?? input.zero) * Int(filter[(i * kw + j) * output.channels + c])
                    }
                }
                return requantize(sum, block, c, p.pre_shift, zero, p.act_min, p.act_max)
            }
        case let .dense(p, filter, block):
            let count = input.values.count
            precondition(filter.count == output.channels * count)
            return (0..<output.channels).map { c -> Int in
                var sum = Int(block.bias[c])
                for (value, weight) in zip(input.values, filter[c * count..<(c + 1) * count]) { sum += value * Int(weight) }
                return requantize(sum, block, c, p.pre_shift, zero, p.act_min, p.act_max)
            }
        case let .maxPool(p):
            precondition(input.tensor.quantization == output.quantization)
            return elements(output) { y, x, c in
                let taps = window(y, x, p.kernel_height, p.kernel_width, p.stride_height, p.stride_width, p.pad_top, p.pad_left)
                return clamp(taps.compactMap { input.at($0, $1, c) }.max()!, p.act_min, p.act_max)
            }
        case let .averagePool(p, multipliers):
            return elements(output) { y, x, c in
                let taps = window(y, x, p.kernel_height, p.kernel_width, p.stride_height, p.stride_width, p.pad_top, p.pad_left)
                let inside = taps.compactMap { input.at($0, $1, c) }
                let multiplier = Int(multipliers.count == 1 ? multipliers[0] : multipliers[inside.count - 1])
                let sum = inside.reduce(0, +) - inside.count * input.zero
                let scaled = ((sum << Int(p.pre_shift)) * multiplier + (1 << Int(p.shift - 1))) >> Int(p.shift)
                return clamp(zero + scaled, p.act_min, p.act_max)
            }
        case let .add(p):
            return input.values.indices.map { index in
                let sum = input.values[index] * Int(p.multiplier_a) + operands[1].values[index] * Int(p.multiplier_b)
                return clamp((sum + Int(p.constant)) >> Int(p.shift), p.act_min, p.act_max)
            }
        case let .concat(axis, rescales):
            precondition(axis == 2 && operands.count <= 8 && operands.count == rescales.count)
            return (0..<output.height * output.width).flatMap { position in
                zip(operands, rescales).flatMap { operand, rescale in
                    (0..<operand.tensor.channels).map { c in
                        let value = operand.values[position * operand.tensor.channels + c]
                        return clamp((value * Int(rescale.multiplier) + Int(rescale.constant)) >> Int(rescale.shift), -128, 127)
                    }
                }
            }
        case let .pad(p):
            precondition(input.zero == zero)
            return elements(output) { y, x, c in input.at(y - Int(p.pad_top), x - Int(p.pad_left), c) ?? zero }
        case .table(let values): return input.values.map { Int(values[$0 + 128]) }
        case .softmax(let exponentials):
            let channels = output.channels
            return stride(from: 0, to: input.values.count, by: channels).flatMap { first -> [Int] in
                let row = input.values[first..<first + channels]
                let largest = row.max()!
                let e = row.map { largest - $0 < exponentials.count ? Int(exponentials[largest - $0]) : 0 }
                let sum = e.reduce(0, +)
                return e.map { min(255, (256 * $0 + sum / 2) / sum) - 128 }
            }
        case .reshape:
            precondition(input.zero == zero)
            return input.values
        }
    }

    private static func elements(_ output: ProgramTensor, _ value: (Int, Int, Int) -> Int) -> [Int] {
        var values: [Int] = []
        for y in 0..<output.height {
            for x in 0..<output.width { for c in 0..<output.channels { values.append(value(y, x, c)) } }
        }
        return values
    }

    private static func window(
        _ y: Int, _ x: Int, _ kernelHeight: Int32, _ kernelWidth: Int32, _ strideHeight: Int32, _ strideWidth: Int32,
        _ top: Int32, _ left: Int32
    ) -> [(Int, Int)] {
        (0..<Int(kernelHeight)).flatMap { i in
            (0..<Int(kernelWidth)).map { j in (y * Int(strideHeight) + i - Int(top), x * Int(strideWidth) + j - Int(left)) }
        }
    }

    private static func requantize(
        _ sum: Int, _ block: Requantization, _ c: Int, _ preShift: Int32, _ zero: Int, _ low: Int32, _ high: Int32
    ) -> Int {
        let shifted = Int(Int32(sum << Int(preShift)))
        let shift = Int(block.shift[c])
        precondition((33...62).contains(shift))
        return clamp(zero + (shifted * Int(block.multiplier[c]) + (1 << (shift - 1))) >> shift, low, high)
    }

    private static func clamp(_ value: Int, _ low: Int32, _ high: Int32) -> Int { min(max(value, Int(low)), Int(high)) }
}
