// SPDX-License-Identifier: Apache-2.0
// Projects of `nnq firmware`, built and run as their README says; and many models on the emulated cores, whose packed
// kernels must give what this machine gives.

import CNNQ
import NNQFormat
import NNQTargets
import Oracle
import Testing

@Suite struct FirmwareTests {
    static let seed: UInt64 = 20_260_402
    /// Boards whose tools are installed.
    static let boards = Board.all.filter {
        (try? $0.compiler.path()) != nil && (try? $0.emulator.path()) != nil
    }

    @Test func allToolsAreInstalled() { #expect(Self.boards.count == Board.all.count) }

    @Test(arguments: boards)
    func readmesCommands(_ board: Board) throws {
        var networks = NetworkGenerator(seed: Self.seed)
        var program = networks.leNet5()
        program.info.classes = (0..<10).map { "digit \($0)" }
        let project = try FirmwareProject(ProgramFile(program), board: board, name: "lenet5")
        let scratch = try CProgram()
        _ = try project.write(to: scratch.folder.path)
        let readme = try scratch.call(["cat", "README.md"]).output
        let commands = try #require(readme.block("sh"))
        let (status, output) = try scratch.call(["bash", "-euo", "pipefail", "-c", commands])
        #expect(status == 0, "\(output)")
        let wanted = try #require(readme.block("text"))
        #expect(wanted.contains("lenet5: the self-test passes\noutput: ") && wanted.contains("class: digit "))
        #expect(output.hasSuffix(wanted), "\(output)")
        #expect(!output.contains("warning"), "\(output)")
    }

    /// Inputs of several types, outputs of several ops, states: main.c takes them all.
    @Test func modelsOfAllKinds() throws {
        let board = try #require(Self.boards.first { $0.core == .cortexM4 })
        for opcode in [nnq_opcode.NNQ_OP_LSTM, .NNQ_OP_ARG_MAX, .NNQ_OP_GATHER, .NNQ_OP_CONCAT] {
            var generator = ProgramGenerator(seed: Self.seed &+ UInt64(opcode.rawValue))
            let file = try ProgramFile(generator.program(of: opcode))
            let inputs = generator.inputs(of: file.program)
            let project = try FirmwareProject(file, board: board, name: "model", inputs: inputs)
            let scratch = try CProgram()
            _ = try project.write(to: scratch.folder.path)
            let (status, output) = try scratch.call(["make", "run", "CFLAGS=-O2 -Werror"])
            let wanted = try #require(project.files["README.md"]?.block("text"))
            #expect(status == 0 && output.hasSuffix(wanted), "\(output)")
        }
    }

    /// Random models in one program, each with its self-test.
    @Test(arguments: boards)
    func randomModels(_ board: Board) throws {
        var networks = NetworkGenerator(seed: Self.seed)
        let project = try FirmwareProject(ProgramFile(networks.leNet5()), board: board, name: "lenet5")
        let scratch = try CProgram()
        _ = try project.write(to: scratch.folder.path)
        let models = try Self.models(board.core)
        for model in models { _ = try model.write(to: scratch.folder.path) }
        let calls = models.map { "    if (\($0.name)_selftest()) console_write(\"\($0.name) fails\\n\");\n" }.joined()
        let main = """
            #include "board/board.h"
            \(models.map { "#include \"\($0.name).h\"\n" }.joined())
            int main(void) {
            \(calls)    console_write("end\\n");
                return 0;
            }

            """
        try scratch.write("main.c", main)
        let sources = (["main.c"] + models.map { "\($0.name).c" } + board.sources.map { "board/\($0)" })
        let (status, output) = try scratch.call(
            ["make", "-s", "run", "SOURCES=\(sources.joined(separator: " "))", "CFLAGS=-O2 -Werror"])
        #expect(status == 0 && output.hasSuffix("end\n") && !output.contains("fails"), "\(output)")
        let packed = models.flatMap(\.file.program.operations).filter(\.operation.isPacked).count
        #expect(packed > 12)
    }

    private static func models(_ core: TargetCore) throws -> [CompiledModel] {
        let weighted: [nnq_opcode] = [.NNQ_OP_CONV2D, .NNQ_OP_DEPTHWISE_CONV2D, .NNQ_OP_DENSE]
        return try (0..<36).map { round in
            var generator = ProgramGenerator(seed: seed &+ UInt64(round) << 24)
            var program = round < 24 ? generator.program(of: weighted[round % 3]) : generator.graph(limit: 10)
            for index in program.operations.indices { program.operations[index].operation.makePackable(round) }
            return try CompiledModel(ProgramFile(program), target: core, name: "model_\(round)")
        }
    }
}

extension Operation {
    fileprivate var isPacked: Bool { if case .packed = self { true } else { false } }

    /// Weights, biases and scales within the bounds of packed forms, which random ones rarely are.
    fileprivate mutating func makePackable(_ round: Int) {
        switch self {
        case .conv2D(var p, var filter, var block):
            (p.rounding, p.pre_shift) = (Int32(round % 2), 0)
            makePackable(&filter, &block)
            self = .conv2D(p, filter: filter, block)
        case .depthwiseConv2D(var p, var filter, var block):
            (p.rounding, p.pre_shift) = (Int32(round % 2), 0)
            makePackable(&filter, &block)
            self = .depthwiseConv2D(p, filter: filter, block)
        case .dense(var p, var filter, var block):
            (p.rounding, p.pre_shift) = (Int32(round % 2), 0)
            makePackable(&filter, &block)
            self = .dense(p, filter: filter, block)
        default: break
        }
    }

    /// At most 1200 weights a channel: 2^7 * 1200 * 31 < 2^23 - 2^20.
    private func makePackable(_ filter: inout [Int8], _ block: inout Requantization) {
        filter = filter.map { $0 / 4 }
        for channel in block.bias.indices {
            block.bias[channel] %= 1 << 16
            block.multiplier[channel] |= 1 << 30
            block.shift[channel] = 36 + block.shift[channel] % 6
        }
    }
}

extension String {
    /// The first code block of a kind in Markdown.
    fileprivate func block(_ kind: String) -> String? {
        guard let start = range(of: "```\(kind)\n"), let end = range(of: "```", range: start.upperBound..<endIndex) else {
            return nil
        }
        return String(self[start.upperBound..<end.lowerBound])
    }
}
