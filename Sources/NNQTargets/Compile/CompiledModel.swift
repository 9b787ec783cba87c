// SPDX-License-Identifier: Apache-2.0
// A model as one C file: its kernels, its constants, and a function that calls one after the other.

import CNNQ
import NNQBase
import NNQFormat

/// Generated C for one model: `source` and `header` are the texts of `<name>.c` and `<name>.h`.
public struct CompiledModel: Sendable {
    /// What its C names begin with.
    public let name: String
    public let target: TargetCore
    /// The program packed for the target.
    public let file: ProgramFile
    /// The model's weights and other constants, as they lie in flash.
    public let constantBytes: Int
    public let source: String
    public let header: String

    /// Bytes of static RAM: all tensors, and the scratch memory of kernels.
    public var arenaBytes: Int { file.plan.arenaBytes }

    /// - Parameters:
    ///   - name: a C identifier.
    ///   - inputs: what the self-test feeds; by default a pattern that takes no flash, byte i of an input being
    ///     (31 i + 7) mod 256 - 128.
    /// - Throws: `FormatError` where the program cannot be compiled.
    public init(
        _ file: ProgramFile, target: TargetCore, name: String, selfTestInputs inputs: [[Int8]]? = nil
    ) throws {
        let selfTest = try SelfTest(file, inputs: inputs)
        let packed = file.packed(for: target)
        try packed.checkForms(target)
        let names = CNames(try CNames.checked(name))
        var constants = ConstantTable(names)
        let calls = try KernelCalls(packed, names, target, &constants)
        self.name = name
        self.target = target
        self.file = packed
        constantBytes = constants.byteCount
        header = HeaderText(packed, names, target).text
        source = try SourceText(packed, names, target, calls, constants, selfTest).text()
    }
}

extension ProgramFile {
    /// A file that was packed before must be packed for this target, and run op by op.
    fileprivate func checkForms(_ target: TargetCore) throws {
        for (index, place) in program.operations.enumerated() {
            guard case .packed(let operation) = place.operation else { continue }
            if !operation.form.instructionSet.runs(on: target) || plan.stages != program.plainStages {
                throw FormatError.program(
                    "op \(index) is packed as \(operation.form.name), which cannot be compiled for \(target.rawValue): "
                        + "compile the file that was not packed")
            }
        }
    }
}

extension CompiledModel {
    /// Writes `<name>.c` and `<name>.h` to a folder, which is made where there is none; returns their paths.
    /// - Throws: `FileError`.
    public func write(to folder: String) throws -> [String] {
        try WholeFile.makeFolder(folder)
        let base = folder.hasSuffix("/") ? folder : folder + "/"
        let texts = [("\(base)\(name).c", source), ("\(base)\(name).h", header)]
        for (path, text) in texts { try WholeFile.write(Array(text.utf8), to: path) }
        return texts.map(\.0)
    }
}
