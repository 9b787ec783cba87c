// SPDX-License-Identifier: Apache-2.0
// Section 3 of SPEC.md once more: how many rows a ring must hold, by running the counters of every stage.

import NNQFormat

/// Rows in rings for a program whose stages are given.
public enum RingSchedule {
    /// Random stages of up to `limit` ops each, computed in bands of a few rows. An op that updates an input is alone.
    public static func stages(
        of program: Program, limit: Int, using generator: inout ProgramGenerator
    ) -> [MemoryPlan.Stage] {
        var stages: [MemoryPlan.Stage] = []
        var first = 0
        while first < program.operations.count {
            let rest = program.operations[first...]
            let whole = rest.firstIndex { $0.operation.updatesInputs } ?? rest.endIndex
            let count = min(max(whole - first, 1), 1 + generator.below(limit))
            stages.append(MemoryPlan.Stage(operationCount: count, bandRows: 1 + generator.below(4)))
            first += count
        }
        return stages
    }

    /// The fewest rows that each tensor can hold where as many tensors as the rules allow are rings.
    public static func fewestRows(_ program: Program, stages: [MemoryPlan.Stage]) -> [Int] {
        var rings = candidates(program, stages)
        while true {
            let held = replay(program, stages, rings: rings)
            // A ring as high as its tensor is none, and then its stage runs differently.
            let whole = rings.filter { held[$0] >= program.tensors[$0].height }
            if whole.isEmpty { return held }
            rings.subtract(whole)
        }
    }

    /// Tensors that only ops of their own stage read, row by row, and that are no outputs.
    private static func candidates(_ program: Program, _ stages: [MemoryPlan.Stage]) -> Set<Int> {
        let stageOf = stages.enumerated().flatMap { repeatElement($0.offset, count: $0.element.operationCount) }
        var rings = Set(program.inputCount..<program.tensors.count).subtracting(program.outputs)
        for (index, operation) in program.operations.enumerated() {
            for input in operation.inputs {
                let isElsewhere = input >= program.inputCount && stageOf[input - program.inputCount] != stageOf[index]
                if isElsewhere || operation.operation.rows.stride == 0 { rings.remove(input) }
            }
            let writesWhole = [.NNQ_OP_DENSE, .NNQ_OP_RESHAPE].contains(operation.operation.opcode)
            if writesWhole || program.tensors[program.inputCount + index].height == 1 {
                rings.remove(program.inputCount + index)
            }
        }
        return rings
    }

    private static func replay(_ program: Program, _ stages: [MemoryPlan.Stage], rings: Set<Int>) -> [Int] {
        var held = program.tensors.map(\.height)
        for ring in rings { held[ring] = 1 }
        var first = 0
        for stage in stages {
            let last = first + stage.operationCount - 1
            replay(program, first...last, band: stage.bandRows, rings: rings, &held)
            first = last + 1
        }
        return held
    }

    private static func replay(
        _ program: Program, _ ops: ClosedRange<Int>, band: Int, rings: Set<Int>, _ held: inout [Int]
    ) {
        func height(_ op: Int) -> Int { program.tensors[program.inputCount + op].height }
        var done = [Int](repeating: 0, count: program.operations.count)
        while done[ops.upperBound] < height(ops.upperBound) {
            var need = [Int](repeating: 0, count: program.operations.count)
            need[ops.upperBound] = min(height(ops.upperBound), done[ops.upperBound] + band)
            let isLast = need[ops.upperBound] == height(ops.upperBound)
            for k in ops.dropLast().reversed() {
                let tensor = program.inputCount + k
                for reader in k + 1...ops.upperBound where program.operations[reader].inputs.contains(tensor) {
                    let operation = program.operations[reader].operation
                    need[k] = max(need[k], operation.endNeeded(need[reader], height: height(k)))
                }
                if isLast, !rings.contains(tensor) { need[k] = height(k) }
            }
            for k in ops where need[k] > done[k] {
                let operation = program.operations[k]
                for input in operation.inputs where rings.contains(input) {
                    let end = operation.operation.endNeeded(need[k], height: program.tensors[input].height)
                    let first = operation.operation.firstNeeded(done[k])
                    if first < end { held[input] = max(held[input], done[input - program.inputCount] - first) }
                }
                done[k] = need[k]
            }
        }
    }
}

extension Operation {
    /// How output rows relate to input rows; stride 0 stands for all rows.
    fileprivate var rows: (stride: Int, extent: Int, pad: Int) {
        switch self {
        case .conv2D(let p, _, _):
            (Int(p.stride_height), Int((p.kernel_height - 1) * p.dilation_height + 1), Int(p.pad_top))
        case .depthwiseConv2D(let p, _, _):
            (Int(p.stride_height), Int((p.kernel_height - 1) * p.dilation_height + 1), Int(p.pad_top))
        case .maxPool(let p): (Int(p.stride_height), Int(p.kernel_height), Int(p.pad_top))
        case .averagePool(let p, _): (Int(p.stride_height), Int(p.kernel_height), Int(p.pad_top))
        case .pad(let p): (1, 1, Int(p.pad_top))
        case .add, .table, .softmax, .argMax: (1, 1, 0)
        case .constant, .tfliteAdd, .mul, .minimum, .maximum, .prelu, .tfliteSoftmax, .l2Normalize: (1, 1, 0)
        case .reduce(let p): p.axes & 1 == 1 ? (0, 0, 0) : (1, 1, 0)
        case .concat(let axis, _): axis == 0 ? (0, 0, 0) : (1, 1, 0)
        case .dense, .reshape: (0, 0, 0)
        case .slice(let p): p.step_height < 0 ? (0, 0, 0) : (Int(p.step_height), 1, -Int(p.begin_height))
        case .transpose(let p): p.axis_height == 0 ? (1, 1, 0) : (0, 0, 0)
        case .resizeNearest, .resizeBilinear, .gather, .transposeConv2D, .batchMatmul: (0, 0, 0)
        case .int16(.conv2D(let p, _, _)):
            (Int(p.stride_height), Int((p.kernel_height - 1) * p.dilation_height + 1), Int(p.pad_top))
        case .int16(.depthwiseConv2D(let p, _, _)):
            (Int(p.stride_height), Int((p.kernel_height - 1) * p.dilation_height + 1), Int(p.pad_top))
        case .int16(.maxPool(let p)): (Int(p.stride_height), Int(p.kernel_height), Int(p.pad_top))
        case .int16(.averagePool(let p, _)): (Int(p.stride_height), Int(p.kernel_height), Int(p.pad_top))
        case .int16(.add), .int16(.softmax), .int16(.requantize): (1, 1, 0)
        case .int16(.dense), .lstm, .gru, .svdf, .packed: (0, 0, 0)
        }
    }

    /// The first input row that output rows from `first` on need.
    fileprivate func firstNeeded(_ first: Int) -> Int { max(0, first * rows.stride - rows.pad) }

    /// The end of the input rows that output rows up to `end`, exclusive, need.
    fileprivate func endNeeded(_ end: Int, height: Int) -> Int {
        if end == 0 { return 0 }
        if rows.stride == 0 { return height }
        return max(0, min(height, (end - 1) * rows.stride - rows.pad + rows.extent))
    }
}
