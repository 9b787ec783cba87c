// SPDX-License-Identifier: Apache-2.0
// A model file, the runtime with the ops that the file uses, and a main.

import CNNQ
import NNQFormat

extension MeasuredProgram {
    /// Builds both programs.
    static func interpreted(_ file: ProgramFile, _ build: FirmwareBuild) throws -> MeasuredProgram {
        let bytes = try file.encoded(names: .ends)
        try build.folder.writeEmbedded(under: "Counter/")
        try build.folder.write(bytes, to: "model.nnq")
        try build.folder.write(Self.modelSource, to: "model.S")
        try build.folder.write(Self.header(file), to: "model.h")
        let runtime = try build.compile(Self.runtimeSources(file, build))
        let footprint = try build.compile([.init(path: "Counter/footprint_interpreter.c", flags: ["-Os", "-I."])])
        let boardObjects = try build.compile(build.board.sources.map { .init(path: "Boards/\($0)", flags: ["-O2"]) })
        let memory = boardObjects.filter { $0.contains("memory") }
        let main = try build.compile([
            .init(path: "Counter/measured_interpreter.c", flags: ["-O2", "-I."]), .init(path: "model.S"),
        ])
        try build.link(main + boardObjects + runtime, to: Self.name, ["-Wl,-Map=map"])
        try build.link(
            footprint + memory + runtime, to: Self.footprint,
            [
                "-Wl,-e,footprint", "-Wl,--defsym=model_file=0", "-Wl,--defsym=model_arena=0",
                "-Wl,--defsym=model_file_size=0",
            ])
        let calls = try CallTargets(Self.name, runtime, of: build)
        let isPlain = file.plan.stages == file.program.plainStages
        var stack = try StackAnalysis(
            Self.name, of: build, unused: { isPlain && $0.hasSuffix("_bands") }, targets: calls.targets)
        let opening = [stack.depth(of: "nnq_open"), stack.depth(of: "nnq_start")]
        let size = try build.size(of: Self.footprint)
        return MeasuredProgram(
            file: file, build: build, mode: .interpreter, codeBytes: size.text + size.data, modelBytes: bytes.count,
            staticBytes: size.data + size.bss,
            stackBound: StackBound(
                opening: opening.contains(nil) ? nil : opening.compactMap { $0 }.max(),
                running: stack.depth(of: "nnq_run")))
    }

    private static let modelSource = """
        .section .rodata.model, "a"
        .balign 16
        .global model_file
        .global model_file_end
        model_file:
        .incbin "model.nnq"
        model_file_end:

        """

    /// The file's ops as entries of an op table.
    private static func header(_ file: ProgramFile) -> String {
        let entries = Set(
            file.program.operations.map { place in
                if case .packed(let operation) = place.operation {
                    return "[NNQ_PACKED_\(operation.form.name.uppercased())] = &nnq_op_\(operation.form.name)"
                }
                return "[NNQ_OP_\(place.operation.name.uppercased())] = &nnq_op_\(place.operation.name)"
            })
        return """
            #define MODEL_ARENA \(file.plan.arenaBytes)
            #define MODEL_OPS \(entries.sorted().joined(separator: ", "))

            """
    }

    /// Files of the runtime that no device links.
    private static let toolFiles: Set = ["all_ops.c", "encode.c", "error.c", "pack.c", "packed_portable.c"]

    /// The interpreter, the ops that the file uses, and all of the instruction sets of the core and of the file's packed
    /// ops.
    private static func runtimeSources(_ file: ProgramFile, _ build: FirmwareBuild) -> [FirmwareBuild.Source] {
        let root = "CRuntime/src/"
        var sets = build.board.core.instructionSet.map { Set([$0]) } ?? []
        for case .packed(let operation) in file.program.operations.map(\.operation) {
            sets.insert(operation.form.instructionSet)
        }
        let folders = sets.map { "\(root)\($0.rawValue.lowercased())/" }
        let ops = Set(file.program.operations.map { "\(root)ops/\($0.operation.name).c" })
        return embeddedText.keys.filter { $0.hasPrefix(root) && $0.hasSuffix(".c") }.sorted().compactMap { path in
            let name = path.dropFirst(root.count)
            if !name.contains("/") {
                return toolFiles.contains(String(name)) ? nil : .init(path: path, flags: [build.otherLevel])
            }
            guard folders.contains(where: path.hasPrefix) || ops.contains(path) else { return nil }
            return .init(path: path, flags: [name.hasSuffix("_layout.c") ? build.otherLevel : build.kernelLevel])
        }
    }
}
