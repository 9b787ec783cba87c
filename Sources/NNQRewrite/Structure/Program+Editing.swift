// SPDX-License-Identifier: Apache-2.0
// Questions about a program's graph, and the one edit of it: an op goes and something else takes its output's place.

import NNQFormat

extension Program {
    /// The tensor that an op writes.
    func output(of operation: Int) -> Int { inputCount + operation }

    /// The op that writes a tensor; nil for inputs of the program.
    func producer(of tensor: Int) -> Int? { tensor < inputCount ? nil : tensor - inputCount }

    /// The ops that read a tensor.
    func readers(of tensor: Int) -> [Int] { operations.indices.filter { operations[$0].inputs.contains(tensor) } }

    /// The name of the tensor that an op writes.
    func name(of operation: Int) -> String { tensors[output(of: operation)].name }

    /// True where the op that writes `tensor` may change, for the sake of its one reader: nothing else sees it.
    func isRead(_ tensor: Int, onlyBy operation: Int) -> Bool {
        tensor >= inputCount && !outputs.contains(tensor) && readers(of: tensor) == [operation]
    }

    /// Takes an op out. What read its output reads `substitute` from then on, a tensor that comes before it.
    mutating func remove(_ operation: Int, substitute: Int) {
        let gone = output(of: operation)
        operations.remove(at: operation)
        tensors.remove(at: gone)
        func renumbered(_ tensor: Int) -> Int { tensor == gone ? substitute : tensor > gone ? tensor - 1 : tensor }
        for index in operations.indices { operations[index].inputs = operations[index].inputs.map(renumbered) }
        outputs = outputs.map(renumbered)
    }

    /// Takes an op out whose output always equals its input `source`, under another shape or the same.
    /// - Returns: false, and nothing changes, where the program's inputs or outputs would not stay what they are.
    mutating func bypass(_ operation: Int, to source: Int) -> Bool {
        let result = output(of: operation)
        // What an op updates, nothing else may read.
        if readers(of: result).contains(where: { operations[$0].operation.mayUpdateInputs }) { return false }
        guard outputs.contains(result) else {
            remove(operation, substitute: source)
            return true
        }
        // The source takes the output's place, name and quantization included.
        let isFree = source >= inputCount && !outputs.contains(source)
        guard isFree, tensors[source].quantization == tensors[result].quantization,
            tensors[source].hasShape(of: tensors[result])
        else { return false }
        tensors[source].name = tensors[result].name
        remove(operation, substitute: source)
        return true
    }

    /// Has the op before a table do the table's work: its output takes the table's place.
    /// - Precondition: only the table reads `producer`'s output.
    mutating func absorb(_ operation: Int, into producer: Int, as new: Operation) {
        operations[producer].operation = new
        let tensor = tensors[output(of: operation)]
        tensors[output(of: producer)].name = tensor.name
        tensors[output(of: producer)].quantization = tensor.quantization
        remove(operation, substitute: output(of: producer))
    }
}

extension ProgramTensor {
    /// Equal height, width and channels.
    func hasShape(of other: ProgramTensor) -> Bool {
        height == other.height && width == other.width && channels == other.channels
    }

    /// A value that every element can have.
    var zeroPoint: Int { Int(quantization.zeroPoint) }
}
