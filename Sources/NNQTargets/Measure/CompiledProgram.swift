// SPDX-License-Identifier: Apache-2.0
// A compiled model and a main.

import NNQFormat

extension MeasuredProgram {
    /// Builds both programs.
    static func compiled(_ file: ProgramFile, _ build: FirmwareBuild, packs: Bool) throws -> MeasuredProgram {
        let target = packs ? build.board.core : .portable
        let model = try CompiledModel(file, target: target, name: "measured_model")
        try build.folder.writeEmbedded(under: "Counter/")
        try build.folder.write(model.source, to: "measured_model.c")
        try build.folder.write(model.header, to: "measured_model.h")
        try build.folder.write(header(model), to: "model.h")
        let objects = try build.compile(
            [
                .init(
                    path: "measured_model.c", flags: [build.kernelLevel, "-I.", "-include", "Counter/layer_marks.h"]),
                .init(path: "Counter/measured_compiled.c", flags: ["-O2", "-I."]),
                .init(path: "Counter/footprint_compiled.c", flags: ["-Os", "-I."]),
            ] + build.board.sources.map { .init(path: "Boards/\($0)", flags: ["-O2"]) })
        let memory = objects.filter { $0.contains("memory") }
        try build.link([objects[0], objects[1]] + objects[3...], to: Self.name, ["-Wl,-Map=map"])
        try build.link([objects[0], objects[2]] + memory, to: Self.footprint, ["-Wl,-e,footprint"])
        let calls = try CallTargets(Self.name, [objects[0]], of: build)
        var stack = try StackAnalysis(Self.name, of: build, targets: calls.targets)
        let size = try build.size(of: Self.footprint)
        return MeasuredProgram(
            file: model.file, build: build, mode: .compiled, codeBytes: size.text + size.data - model.constantBytes,
            modelBytes: model.constantBytes, staticBytes: size.data + size.bss - model.arenaBytes,
            stackBound: StackBound(opening: nil, running: stack.depth(of: "measured_model_run")))
    }

    private static func header(_ model: CompiledModel) -> String {
        let program = model.file.program
        let inputs = program.inputCount - program.stateCount
        func list(_ kind: String, _ count: Int) -> String {
            (0..<count).map { index in
                let end = CNames.end(kind, index, of: count)
                return "X(\(model.name)_\(end)(), \(model.name.uppercased())_\(end.uppercased())_SIZE)"
            }.joined(separator: " ")
        }
        return """
            #include "\(model.name).h"
            #define MODEL_INPUTS(X) \(list("input", inputs))
            #define MODEL_OUTPUTS(X) \(list("output", program.outputs.count))
            #define MODEL_RESET \(program.stateCount > 0 ? "\(model.name)_reset()" : "(void)0")
            #define MODEL_RUN \(model.name)_run()

            """
    }
}
