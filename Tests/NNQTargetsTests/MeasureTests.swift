// SPDX-License-Identifier: Apache-2.0
// Measuring models: counts that add up, this machine's bits, and sentences where it cannot be.

import Foundation
import NNQBase
import NNQFormat
import NNQTargets
import Oracle
import Testing

@Suite struct MeasureTests {
    private static let vectors = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../Vectors").standardized.path

    private func workedExample() throws -> ProgramFile {
        try ProgramFile(contentsOf: "\(Self.vectors)/worked-example.nnq")
    }

    @Test(arguments: Board.all.map(\.core), ExecutionMode.allCases)
    func measures(_ core: TargetCore, _ mode: ExecutionMode) throws {
        let file = try workedExample()
        let cost = try Measurer(core, mode: mode).measure(file)
        #expect(cost.layers.count == file.program.operations.count)
        #expect(cost.layers.reduce(0) { $0 + $1.counts.instructions } == cost.counts.instructions)
        #expect(cost.macs == file.program.operations.indices.reduce(0) { $0 + file.program.macs(of: $1) })
        #expect(cost.counts.instructions > cost.macs / 64)
        #expect(cost.cycles >= cost.counts.instructions)
        #expect(cost.outputHash == fnv1a(try file.outputs(file.program.patternInputs)[0].map { UInt8(bitPattern: $0) }))
        #expect(cost.arenaBytes >= file.plan.arenaBytes)
        #expect(cost.staticBytes <= 64)
        let running = try #require(cost.stackBound.running)
        #expect(cost.runningStackBytes > 0 && cost.runningStackBytes <= running)
        #expect((cost.openingStackBytes != nil) == (mode == .interpreter))
        if let opening = cost.openingStackBytes { #expect(opening <= (try #require(cost.stackBound.opening))) }
    }

    @Test func countsTheSameEveryTime() throws {
        let file = try workedExample()
        let measurer = try Measurer(.cortexM4)
        #expect(try measurer.measure(file).counts == measurer.measure(file).counts)
    }

    /// One kernel a kind of op is less code, and computes the same.
    @Test(arguments: [TargetCore.cortexM4, .cortexM3, .cortexM55])
    func packsForSize(_ core: TargetCore) throws {
        var networks = NetworkGenerator(seed: 7)
        let file = try ProgramFile(networks.leNet5())
        let fast = try Measurer(core).measure(file)
        let small = try Measurer(core, goal: .size).measure(file)
        #expect(small.codeBytes < fast.codeBytes)
        #expect(small.outputHash == fast.outputHash)
        #expect(small.counts.instructions >= fast.counts.instructions)
    }

    @Test func takesAnInput() throws {
        let file = try workedExample()
        let line: [Int8] = [-128, -128, -128, -128, 127, 127, 127, 127] + Array(repeating: -128, count: 8)
        let cost = try Measurer(.cortexM4).measure(file, inputs: [line])
        #expect(cost.outputHash == fnv1a([0x7F, 0x80]))
    }

    @Test func saysWhatIsMissing() {
        let tool = Tool("nnq-no-such-compiler", package: "gcc-nnq-none")
        #expect(throws: TargetError("nnq-no-such-compiler is missing: install the package gcc-nnq-none")) {
            try tool.path()
        }
        #expect(throws: TargetError.self) { try Measurer(.portable) }
    }

    @Test func saysWhereAModelDoesNotFit() throws {
        let build = try FirmwareBuild(try #require(Board(.cortexM55)))
        for (source, memory) in [("char big[600000];", "RAM"), ("const char big[600000] = {1};", "flash")] {
            try build.folder.write(
                "\(source) volatile int at; int main(void); int main(void) { return big[at]; }\n", to: "main.c")
            let sources = ["main.c"] + build.board.sources.map { "Boards/\($0)" }
            let objects = try build.compile(sources.map { .init(path: $0, flags: ["-O0"]) })
            let error = #expect(throws: TargetError.self) { try build.link(objects, to: "program.elf") }
            #expect(error?.description.contains("the model does not fit mps3-an547: its \(memory) is") == true)
        }
    }

    @Test func knowsABoardForEveryCore() {
        #expect(Set(Board.all.map(\.core)) == Set(TargetCore.allCases).subtracting([.portable]))
    }
}
