// SPDX-License-Identifier: Apache-2.0
// Whether the operators can run in the order that the file gives.

extension TFLiteModel {
    /// Checks that indices exist, that each tensor is written at most once and never read before.
    func checkOrder() throws {
        let writers = try writers()
        var known = Set(inputs)
        for operation in operators {
            for input in operation.inputs where input != -1 && !known.contains(input) {
                if tensors[input].constant != nil || tensors[input].isVariable { continue }
                throw failure(operation, "reads \(describe(tensor: input)), \(fault(input, operation, writers))")
            }
            known.formUnion(operation.outputs)
        }
        for output in outputs where !known.contains(output) && tensors[output].constant == nil {
            throw ImportError("no operator writes \(describe(tensor: output)), an output of the model: export it again")
        }
    }

    private func fault(_ input: Int, _ operation: TFLiteOperator, _ writers: [Int: Int]) -> String {
        guard let writer = writers[input] else { return "which no operator writes: export the model again" }
        if writer == operation.index { return "which it writes itself, a cycle: export the model again" }
        return "which operator \(writer) writes later, a cycle or a wrong order: export the model again"
    }

    /// By tensor: the operator that writes it.
    private func writers() throws -> [Int: Int] {
        var writers: [Int: Int] = [:]
        for operation in operators {
            let operands = operation.inputs + operation.intermediates
            if let wrong = operands.first(where: { $0 != -1 && !tensors.indices.contains($0) })
                ?? operation.outputs.first(where: { !tensors.indices.contains($0) })
            {
                throw ImportError(
                    "operator \(operation.index) (\(operation.kind)) names tensor \(wrong), and the model has "
                        + "\(tensors.count): export it again")
            }
            for output in operation.outputs {
                if let first = writers.updateValue(operation.index, forKey: output) {
                    throw failure(
                        operation, "writes \(describe(tensor: output)), which operator \(first) also writes: "
                            + "export the model again")
                }
                guard !inputs.contains(output), tensors[output].constant == nil else {
                    throw failure(
                        operation, "writes \(describe(tensor: output)), an input of the model or a constant: "
                            + "export the model again")
                }
            }
        }
        return writers
    }
}
