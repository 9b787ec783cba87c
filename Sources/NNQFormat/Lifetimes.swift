// SPDX-License-Identifier: Apache-2.0
// From when to when each tensor needs its memory, and which outputs may lie on an input.

import CNNQ

/// Lifetimes in stages: 0 is before the first stage, when the inputs are written; stage s is time s + 1. Two tensors
/// may share memory where their lifetimes have no stage in common, which implies the rules of SPEC.md, section 3.
struct Lifetimes {
    /// For each tensor, from the stage that writes it to the last one that reads it; to the end for outputs and states.
    private(set) var ranges: [ClosedRange<Int>]
    /// For each op alone in its stage, the inputs on which its output may lie.
    private(set) var inPlaceInputs: [[Int]]

    /// - Precondition: the program and the stages are valid (`Program.checkStructure`).
    init(_ program: Program, stages: [MemoryPlan.Stage], rowsHeld: [Int]) {
        let times = stages.enumerated().flatMap { stage, value in
            repeatElement(stage + 1, count: value.operationCount)
        }
        var last = [Int](repeating: 0, count: program.inputCount) + times
        let first = last
        for (operation, time) in zip(program.operations, times) {
            for input in operation.inputs { last[input] = max(last[input], time) }
        }
        for output in program.outputs { last[output] = stages.count }
        // A state is alive before, during and after: it shares memory with nothing.
        let states = program.inputCount - program.stateCount..<program.inputCount
        for state in states { last[state] = stages.count }
        ranges = zip(first, last).map { $0...$1 }

        let outputs = Set(program.outputs)
        inPlaceInputs = []
        for (index, operation) in program.operations.enumerated() {
            let written = program.inputCount + index
            let time = times[index]
            let isAlone = stages[time - 1].operationCount == 1
            guard isAlone, operation.operation.mayRunInPlace,
                rowsHeld[written] == program.tensors[written].height
            else {
                inPlaceInputs.append([])
                continue
            }
            let candidates = operation.inputs.filter { input in
                let tensor = program.tensors[input]
                return last[input] == time && !outputs.contains(input) && !states.contains(input)
                    && rowsHeld[input] == tensor.height
                    && tensor.byteCount == program.tensors[written].byteCount
            }
            inPlaceInputs.append(Array(Set(candidates)).sorted())
        }
    }
}

extension Operation {
    /// True where the output may lie on an input that nothing reads later (marked *in place* in SPEC.md, section 5).
    public var mayRunInPlace: Bool {
        switch self {
        case .add, .table, .softmax, .reshape: true
        case .tfliteAdd, .mul, .minimum, .maximum, .prelu, .tfliteSoftmax, .l2Normalize: true
        case .conv2D, .depthwiseConv2D, .dense, .maxPool, .averagePool, .concat, .pad: false
        case .slice, .transpose, .resizeNearest, .resizeBilinear, .gather, .argMax, .transposeConv2D,
            .batchMatmul:
            false
        case .int16(let operation): operation.mayRunInPlace
        case .constant, .reduce, .packed: false
        case .lstm, .gru, .svdf: false
        }
    }
}
