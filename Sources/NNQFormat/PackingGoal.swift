// SPDX-License-Identifier: Apache-2.0
// Which forms ops are packed in, where several fit.

import CNNQ

/// What a packed model is to save.
public enum PackingGoal: String, CaseIterable, Sendable {
    /// Instructions: each op has the form that suits its shape best.
    case speed
    /// Code of the interpreter: all ops of a kind have one form, and kinds of op that make less than a thousandth of
    /// the multiply-accumulates stay unpacked, so that the linker keeps fewer kernels.
    case size
}

extension Program {
    /// By op, the packed ones.
    func packedOperations(for instructionSet: InstructionSet, goal: PackingGoal) -> [Int: PackedOperation] {
        let forms = PackedForm.all.filter { $0.instructionSet == instructionSet }
        let unpacked = operations.indices.compactMap { index in
            UnpackedOperation(self, index).map { (index: index, operation: $0) }
        }
        let packed: [(Int, PackedOperation)]
        switch goal {
        case .speed:
            packed = unpacked.compactMap { index, operation in
                forms.lazy.compactMap(operation.packed).first.map { (index, $0) }
            }
        case .size:
            packed = Dictionary(grouping: unpacked, by: \.operation.opcode).values.flatMap { ops in
                let work = ops.reduce(0) { $0 + macs(of: $1.index) }
                if work * 1000 < macs { return [(Int, PackedOperation)]() }
                return inOneForm(ops, forms)
            }
        }
        return Dictionary(uniqueKeysWithValues: packed)
    }

    /// Ops of one kind in the first form that takes all that any takes.
    private func inOneForm(
        _ ops: [(index: Int, operation: UnpackedOperation)], _ forms: [PackedForm]
    ) -> [(Int, PackedOperation)] {
        let choices = forms.map { form in
            ops.compactMap { index, operation in operation.packed(in: form).map { (index, $0) } }
        }
        let most = choices.map(\.count).max() ?? 0
        return choices.first { $0.count == most } ?? []
    }

    /// Multiply-accumulates of all ops.
    private var macs: Int { operations.indices.reduce(0) { $0 + macs(of: $1) } }
}
