// SPDX-License-Identifier: Apache-2.0
// The C runtime as an int8 engine, stage by stage.

import NNQRuntime

/// Runs a .nnq file on the C runtime and shows its tensors. What the model remembers stays from run to run; a state is
/// shown as the run found it.
public struct RuntimeRunner: ProgramRunner, ~Copyable {
    private var session: Session
    /// By op: the stage that it belongs to.
    private let stageOfOperation: [Int]
    /// Inputs and states.
    private let leadingTensors: Int

    /// - Parameter file: the bytes of a .nnq file.
    /// - Throws: `RuntimeError` where the runtime refuses the file.
    public init(_ file: [UInt8]) throws {
        let model = try Int8Model(copying: file)
        session = Session(model)
        leadingTensors = model.inputCount + model.stateCount
        stageOfOperation = model.operationsByStage.enumerated().flatMap {
            Array(repeating: $0.offset, count: $0.element)
        }
    }

    /// - Throws: `RuntimeError` where an input has the wrong size, `QuantizeError` for a tensor of which the plan
    ///   keeps only some rows.
    public mutating func run(_ inputs: [[Int8]], reading tensors: [Int]) throws -> [[Int8]] {
        for (index, input) in inputs.enumerated() { try session.setInput(index, to: input.span) }
        var values = Array(repeating: [Int8](), count: tensors.count)
        var wanted: [Int: [Int]] = [:]
        for (place, tensor) in tensors.enumerated() {
            if tensor < leadingTensors {
                values[place] = tensor < inputs.count ? inputs[tensor] : try read(tensor)
            } else {
                wanted[stageOfOperation[tensor - leadingTensors], default: []].append(place)
            }
        }
        for stage in 0..<(stageOfOperation.last ?? -1) + 1 {
            try session.runStage(stage)
            for place in wanted[stage] ?? [] { values[place] = try read(tensors[place]) }
        }
        return values
    }

    private func read(_ tensor: Int) throws -> [Int8] {
        let values = try session.tensor(tensor)
        guard values.count == (try session.model.tensor(tensor).byteCount) else {
            throw QuantizeError(
                "tensor \(tensor) is computed in bands of rows and never in memory as a whole: "
                    + "compare a program planned without rings"
            )
        }
        return values
    }
}
