// SPDX-License-Identifier: Apache-2.0 The worked example of SPEC.md, section 6: the reader, the oracle, the writer and
// the runtime agree with the numbers there.

import NNQBase
import NNQFormat
import NNQRuntime
import Oracle
import Testing

@Suite struct WorkedExampleTests {
    private let bytes: [UInt8]
    /// A horizontal line in row 1.
    private let input = (0..<16).map { Int8(4..<8 ~= $0 ? 127 : -128) }
    private let tensors: [[Int8]] = [
        [31, -128, -32, -112, -128, -128, -128, -128], [4, -3], [127, -128],
    ]

    init() throws {
        let folder = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        bytes = try WholeFile.read("/\(folder)/Vectors/worked-example.nnq")
    }

    @Test func readerTellsWhatIsDocumented() throws {
        let file = try ProgramFile(bytes: bytes)
        #expect(file.program.operations.map(\.operation.name) == ["conv2d", "dense", "softmax"])
        #expect(file.program.info == ProgramInfo(classes: ["horizontal", "vertical"]))
        #expect(file.plan.arenaBytes == 24 && file.plan.isProvenOptimal)
        #expect(file.plan.offsets == [0, 16, 0, 0])
        #expect(file.plan.inPlace == [.init(operation: 2, input: 2, output: 3)])
        #expect(try MemoryPlanner().plan(file.program).arenaBytes == 24)
    }

    @Test func writerGivesTheSameBytes() throws {
        #expect(try ProgramFile(bytes: bytes).encoded() == bytes)
    }

    @Test func oracleGivesTheDocumentedNumbers() throws {
        let program = try ProgramFile(bytes: bytes).program
        #expect(try Oracle.run(program, inputs: [input]) == [input] + tensors)
    }

    @Test func runtimeGivesTheDocumentedNumbers() throws {
        var session = Session(try Int8Model(copying: bytes))
        try session.setInput(to: input.span)
        for (stage, expected) in tensors.enumerated() {
            try session.runStage(stage)
            #expect(try session.tensor(stage + 1) == expected)
        }
        #expect(try session.run(input) == [127, -128])
    }
}
