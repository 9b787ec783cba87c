// SPDX-License-Identifier: Apache-2.0
// --target of verbs that write .nnq files.

import ArgumentParser
import NNQFormat

struct TargetOption: ParsableArguments {
    @Option(
        help: """
            Pack the file for a core: \(TargetCore.names). A packed file is faster there and runs on cores of the same \
            instruction set only (and on this machine, slowly); 'portable' runs everywhere.
            """)
    var target: TargetCore = .portable
    @OptionGroup var goal: PackingGoalOption

    /// The file packed, with a line about ops that stay as they are.
    func pack(_ file: ProgramFile) -> ProgramFile {
        guard target != .portable else { return file }
        let packed = file.packed(for: target, goal: goal.packFor)
        let candidates = file.program.operations.filter { $0.operation.hasPackedForms }.count
        let count = packed.program.operations.filter(\.operation.isPacked).count
        Console.say("\(count) of \(candidates) ops with weights packed for \(target.rawValue)")
        return packed
    }
}

/// --pack-for of verbs that pack for a core.
struct PackingGoalOption: ParsableArguments {
    @Option(
        help: """
            What packing is to save: speed (instructions; each layer gets the kernel that suits it best) or size (code of \
            the interpreter; layers of a kind share one kernel).
            """)
    var packFor: PackingGoal = .speed
}

extension PackingGoal: ExpressibleByArgument {}

extension TargetCore: ExpressibleByArgument {
    /// For help and errors.
    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}

extension Operation {
    fileprivate var isPacked: Bool {
        if case .packed = self { true } else { false }
    }

    fileprivate var hasPackedForms: Bool {
        switch self {
        case .conv2D, .depthwiseConv2D, .dense: true
        default: false
        }
    }
}
