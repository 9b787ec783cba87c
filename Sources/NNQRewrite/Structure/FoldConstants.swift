// SPDX-License-Identifier: Apache-2.0
// Ops on constants become constants, and ops that nothing reads go.

import NNQFormat
import NNQRuntime

extension Program {
    mutating func foldConstants(_ note: Note) throws {
        for index in operations.indices where !operations[index].inputs.isEmpty {
            guard let values = try constantOutput(of: index) else { continue }
            operations[index] = ProgramOperation(.constant(values), inputs: [])
            note(name(of: index), "computed in advance")
        }
        removeUnread(note)
    }

    /// What an op computes whose inputs are all constants, of int8 as its output; nil where they are not.
    private func constantOutput(of index: Int) throws -> [Int8]? {
        let operation = operations[index]
        let ends = operation.inputs.map { tensors[$0] } + [tensors[output(of: index)]]
        let inputs = operation.inputs.compactMap { constantValues($0) }
        guard inputs.count == operation.inputs.count, ends.allSatisfy({ $0.type == .int8 }),
            !operation.operation.mayUpdateInputs
        else { return nil }
        // The runtime itself computes it: a program of one op, with the constants as inputs.
        let program = Program(
            tensors: ends, inputCount: inputs.count,
            operations: [ProgramOperation(operation.operation, inputs: Array(inputs.indices))], outputs: [inputs.count])
        var session = Session(try Int8Model(copying: try ProgramFile(program).encoded()))
        for (place, values) in inputs.enumerated() { try session.setInput(place, to: values.span) }
        session.run()
        return session.output()
    }

    private func constantValues(_ tensor: Int) -> [Int8]? {
        guard let producer = producer(of: tensor), case .constant(let bytes) = operations[producer].operation else {
            return nil
        }
        return bytes.map { Int8(bitPattern: $0) }
    }

    /// Takes out ops whose outputs nothing reads, as long as one op is left.
    /// - Parameter isEligible: which ops may go.
    mutating func removeUnread(_ note: Note, where isEligible: (Operation) -> Bool = { _ in true }) {
        for index in operations.indices.reversed() where operations.count > 1 {
            let operation = operations[index].operation
            let isUnread = !outputs.contains(output(of: index)) && readers(of: output(of: index)).isEmpty
            guard isUnread, isEligible(operation), !operation.mayUpdateInputs else { continue }
            note(name(of: index), "nothing reads it")
            // Nothing reads it, so that whatever comes instead does not matter.
            remove(index, substitute: 0)
        }
    }
}
