// SPDX-License-Identifier: Apache-2.0
// Random programs: any op with any legal shape and parameters, alone or in a graph.

import CNNQ
import NNQBase
import NNQFormat

/// Builds legal programs from a seed, with a taste for the edges: 1 x 1 maps, padding wider than the map, kernels
/// larger than the map, extreme weights, biases, multipliers and zero points.
public struct ProgramGenerator {
    public static let opcodes: [nnq_opcode] = narrow + wide + [.NNQ_OP_REQUANTIZE]
    /// Those that know int8 activations only.
    private static let narrow: [nnq_opcode] = (1...31).map { nnq_opcode(rawValue: $0)! }

    var rng: Rng
    var tensors: [ProgramTensor] = []
    var operations: [ProgramOperation] = []
    /// States included.
    var inputCount = 0
    var stateCount = 0
    var waiting: [WaitingStates] = []

    public init(seed: UInt64) { rng = Rng(seed: seed) }

    /// One op on inputs of its own.
    public mutating func program(of opcode: nnq_opcode) -> Program {
        start()
        var shape = shape()
        if Self.recurrent.contains(opcode) { shape[0] = 1 }
        if opcode == .NNQ_OP_SVDF { shape[1] = 1 }
        addInput(shape)
        if Self.recurrent.contains(opcode) { addStates(of: opcode) }
        switch opcode {
        case .NNQ_OP_ADD, .NNQ_OP_TFLITE_ADD, .NNQ_OP_MUL, .NNQ_OP_PRELU:
            if rng.below(8) > 0 { addInput(shape.map { rng.below(3) == 0 ? 1 : $0 }) }
        case .NNQ_OP_MINIMUM, .NNQ_OP_MAXIMUM:
            addInput(shape.map { rng.below(3) == 0 ? 1 : $0 })
            tensors[1].quantization.zeroPoint = tensors[0].quantization.zeroPoint
        case .NNQ_OP_CONCAT:
            let axis = rng.below(3)
            for _ in 0..<rng.below(8) {
                var other = shape
                other[axis] = 1 + rng.below(6)
                addInput(other)
            }
        case .NNQ_OP_BATCH_MATMUL: addFactor(to: shape)
        case _ where Self.wide.contains(opcode): (tensors[0].type, tensors[0].quantization.zeroPoint) = (.int16, 0)
        case .NNQ_OP_REQUANTIZE:
            if rng.below(2) == 0 { (tensors[0].type, tensors[0].quantization.zeroPoint) = (.int16, 0) }
        case .NNQ_OP_GATHER: if rng.below(2) == 0 { (tensors[0].type, tensors[0].quantization.zeroPoint) = (.int32, 0) }
        default: break
        }
        while !append(opcode) {}
        if opcode == .NNQ_OP_CONSTANT, rng.below(3) == 0 { widenConstant() }
        return finish(outputs: [tensors.count - 1])
    }

    /// Up to `limit` ops that read anything written before; everything that nothing reads is an output.
    /// - Parameters:
    ///   - remembers: whether ops with states may be among them.
    ///   - isWide: whether ops on int16 activations may.
    public mutating func graph(limit: Int, remembers: Bool = true, isWide: Bool = false) -> Program {
        start()
        for _ in 0...rng.below(2) { addInput(shape()) }
        for opcode in Self.recurrent where remembers && rng.below(3) == 0 { addStates(of: opcode) }
        let count = 1 + rng.below(limit)
        while operations.count < count {
            let opcode = oneOf(isWide ? Self.opcodes : Self.narrow)
            if remembers || !Self.recurrent.contains(opcode) { _ = append(opcode) }
        }
        let read = Set(operations.flatMap(\.inputs))
        let outputs = readable.filter { !read.contains($0) && $0 >= inputCount || rng.below(12) == 0 }
        return finish(outputs: outputs)
    }

    /// Up to `limit` ops, each on the tensor before it or the one before that, row by row: what can run in one stage.
    public mutating func chain(limit: Int) -> Program {
        start()
        addInput([12 + rng.below(20), 1 + rng.below(6), 1 + rng.below(4)])
        let kinds: [nnq_opcode] = [
            .NNQ_OP_CONV2D, .NNQ_OP_DEPTHWISE_CONV2D, .NNQ_OP_MAX_POOL, .NNQ_OP_AVERAGE_POOL, .NNQ_OP_ADD,
            .NNQ_OP_CONCAT, .NNQ_OP_PAD, .NNQ_OP_TABLE, .NNQ_OP_CONSTANT, .NNQ_OP_TFLITE_ADD, .NNQ_OP_MUL,
            .NNQ_OP_SLICE, .NNQ_OP_TRANSPOSE,
        ]
        for _ in 0..<4 * (1 + rng.below(limit)) where operations.count < limit {
            _ = append(kinds[rng.below(kinds.count)], on: max(0, tensors.count - 1 - rng.below(4) / 3))
        }
        while operations.isEmpty { _ = append(.NNQ_OP_TABLE) }
        return finish(outputs: [tensors.count - 1])
    }

    /// Values for the inputs of a program: uniform, extreme or constant.
    public mutating func inputs(of program: Program) -> [[Int8]] {
        program.tensors.prefix(program.inputCount - program.stateCount).map { tensor in
            if tensor.type == .int32 { return (0..<tensor.count).flatMap { _ in int32Bytes(rng.below(80) - 4) } }
            let style = rng.below(6)
            let constant = int8()
            return (0..<tensor.byteCount).map { _ in
                switch style {
                case 0: rng.below(2) == 0 ? -128 : 127
                case 1: constant
                default: Int8(rng.below(256) - 128)
                }
            }
        }
    }

    /// A number in this machine's byte order.
    private func int32Bytes(_ value: Int) -> [Int8] {
        withUnsafeBytes(of: Int32(value)) { $0.map { Int8(bitPattern: $0) } }
    }

    private mutating func start() {
        tensors = []
        operations = []
        inputCount = 0
        stateCount = 0
        waiting = []
    }

    private func finish(outputs: [Int]) -> Program {
        Program(
            tensors: tensors, inputCount: inputCount, stateCount: stateCount, operations: operations, outputs: outputs)
    }

    /// An input that can be multiplied with one of this shape.
    private mutating func addFactor(to shape: [Int]) {
        let depth = shape[1 + rng.below(2)]
        let extents = rng.below(2) == 0 ? [depth, 1 + rng.below(9)] : [1 + rng.below(9), depth]
        addInput([rng.below(2) == 0 ? 1 : shape[0]] + extents)
    }

    private mutating func addInput(_ shape: [Int]) {
        tensors.append(tensor(shape, zeroPoint: int8()))
        inputCount += 1
    }

    // MARK: Random parts

    mutating func below(_ bound: Int) -> Int { rng.below(bound) }

    mutating func oneOf<Value>(_ values: [Value]) -> Value { values[rng.below(values.count)] }

    /// Height, width, channels: small, often 1.
    mutating func shape() -> [Int] {
        let limits = rng.below(4) == 0 ? [1, 1, 40] : rng.below(8) == 0 ? [17, 13, 3] : [9, 9, 8]
        return limits.map { rng.below(5) == 0 ? 1 : 1 + rng.below($0) }
    }

    mutating func int8() -> Int8 {
        rng.below(4) == 0 ? oneOf([-128, -1, 0, 127]) : Int8(rng.below(256) - 128)
    }

    mutating func tensor(_ shape: [Int], zeroPoint: Int8, _ type: ElementType = .int8) -> ProgramTensor {
        let quantization = Quantization(scale: rng.uniform(0.001, 1), zeroPoint: zeroPoint)
        return ProgramTensor(
            name: "t\(tensors.count)", height: shape[0], width: shape[1], channels: shape[2],
            quantization: quantization, type: type)
    }

    /// `act_min` and `act_max`: usually all of int8.
    mutating func activation() -> (Int32, Int32) {
        if rng.below(3) > 0 { return (-128, 127) }
        let ends = [Int32(int8()), Int32(int8())]
        return (ends.min()!, ends.max()!)
    }

    mutating func multiplier() -> Int32 {
        rng.below(5) == 0 ? oneOf([0, 1, 1 << 30, Int32.max]) : Int32(truncatingIfNeeded: rng.next() >> 33)
    }
}
