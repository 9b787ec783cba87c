// SPDX-License-Identifier: Apache-2.0
// Files: what is written is read again, and damage is refused.

import CNNQ
import Foundation
import NNQBase
import NNQFormat
import Oracle
import Testing

@Suite struct FileTests {
    static let seed: UInt64 = 11

    @Test func readingGivesWhatWasWritten() throws {
        for round in 0..<500 {
            var generator = ProgramGenerator(seed: Self.seed &+ UInt64(round))
            let program = generator.graph(limit: 12)
            let file = try ProgramFile(program)
            let bytes = try file.encoded()
            let read = try ProgramFile(bytes: bytes)
            try #require(read.program == program, "seed \(Self.seed &+ UInt64(round))")
            var plan = file.plan
            (plan.nodesSearched, plan.isProvenOptimal) = (0, read.plan.isProvenOptimal)
            try #require(read.plan == plan, "seed \(Self.seed &+ UInt64(round))")
            #expect(try read.encoded() == bytes)
        }
    }

    @Test func stagesAndRingsAreKept() throws {
        for round in 0..<200 {
            var generator = ProgramGenerator(seed: Self.seed &+ UInt64(round))
            let program = generator.chain(limit: 8)
            let stages = RingSchedule.stages(of: program, limit: 8, using: &generator)
            let rowsHeld = RingSchedule.fewestRows(program, stages: stages)
            let plan = try MemoryPlanner().plan(program, stages: stages, rowsHeld: rowsHeld)
            let read = try ProgramFile(bytes: try ProgramFile(program, plan: plan).encoded())
            #expect(read.plan.stages == stages && read.plan.rowsHeld == rowsHeld && read.plan.offsets == plan.offsets)
        }
    }

    @Test func infoIsKept() throws {
        var program = try tinyProgram()
        program.info = ProgramInfo(
            classes: ["yes", "no / never"], task: "classification",
            normalization: .init(mean: [0.1307], std: [0.3081]), byteInput: true)
        let bytes = try ProgramFile(program).encoded()
        let json = #"{"byte_input":true,"classes":["yes","no / never"],"#
            + #""normalization":{"mean":[0.1307],"std":[0.3081]},"task":"classification","tensors":["in","out"]}"#
        #expect(String(decoding: bytes.suffix(json.utf8.count), as: UTF8.self) == json)
        #expect(try ProgramFile(bytes: bytes).program == program)
    }

    @Test func namelessProgramsHaveNoInfo() throws {
        var program = try tinyProgram()
        for index in program.tensors.indices { program.tensors[index].name = "" }
        let bytes = try ProgramFile(program).encoded()
        #expect(bytes[36..<40].allSatisfy { $0 == 0 })
        #expect(try ProgramFile(bytes: bytes).program == program)
    }

    @Test func equalConstantsAreStoredOnce() throws {
        let one = try ProgramFile(try tinyProgram()).encoded()
        var program = try tinyProgram()
        program.tensors.append(program.tensors[1])
        program.operations.append(ProgramOperation(program.operations[0].operation, inputs: [1]))
        program.outputs = [2]
        let two = try ProgramFile(program).encoded()
        #expect(one[32..<36] == two[32..<36], "the sizes of the data sections")
    }

    @Test func filesAreWrittenWhole() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("tiny.nnq").path
        let file = try ProgramFile(try tinyProgram())
        try file.write(to: path)
        #expect(try ProgramFile(contentsOf: path).program == file.program)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["tiny.nnq"])
        #expect(throws: FileError.self) { try file.write(to: folder.path + "/missing/tiny.nnq") }
        #expect(throws: FileError.self) { try ProgramFile(contentsOf: folder.path + "/missing.nnq") }
    }

    @Test func truncationIsRefused() throws {
        let bytes = try ProgramFile(try tinyProgram()).encoded()
        for length in bytes.indices {
            let error = #expect(throws: FormatError.self) { try ProgramFile(bytes: Array(bytes.prefix(length))) }
            guard case .file(let name, _, nil, _, _) = error else {
                Issue.record("length \(length) gave \(String(describing: error))")
                continue
            }
            #expect(name == "NNQ_ERROR_TRUNCATED", "length \(length)")
        }
        #expect(try ProgramFile(bytes: bytes + [1, 2, 3]).program == (try tinyProgram()))
    }

    /// Every byte changed in every bit, with a checksum made good again, so that the reader itself has to cope.
    @Test func damageNeverCrashes() throws {
        let bytes = try ProgramFile(try tinyProgram()).encoded()
        var refused = 0
        for index in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[index] ^= 1 << bit
                #expect(throws: FormatError.self, "byte \(index), bit \(bit)") { try ProgramFile(bytes: damaged) }
                damaged.mendChecksum()
                do {
                    _ = try ProgramFile(bytes: damaged)
                } catch is FormatError {
                    refused += 1
                }
            }
        }
        #expect(refused > 100)
    }

    /// Flipped bits in larger files: refused, or read as a program that can be written again.
    @Test func whatIsReadCanBeWritten() throws {
        var rng = Rng(seed: Self.seed)
        var accepted = 0
        for round in 0..<300 {
            var generator = ProgramGenerator(seed: Self.seed &+ UInt64(round))
            let bytes = try ProgramFile(generator.graph(limit: 10)).encoded()
            for _ in 0..<40 {
                var damaged = bytes
                for _ in 0...rng.below(2) { damaged[16 + rng.below(bytes.count - 16)] ^= 1 << rng.below(8) }
                damaged.mendChecksum()
                guard let file = try? ProgramFile(bytes: damaged) else { continue }
                let again = try ProgramFile(bytes: try file.encoded())
                try #require(again.program == file.program, "seed \(Self.seed), round \(round)")
                accepted += 1
            }
        }
        #expect(accepted > 1000)
    }

    @Test func refusalsNameOpAndByte() throws {
        var bytes = try ProgramFile(try tinyProgram()).encoded()
        let record = 40 + 2 * 16 + 2
        bytes[record] = 200
        bytes.mendChecksum()
        let error = #expect(throws: FormatError.self) { try ProgramFile(bytes: bytes) }
        guard case .file("NNQ_ERROR_OPCODE", _, 0, "out", record) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.description.contains("(at byte \(record), in op 0 (out))") == true)
    }

    @Test func damagedInfoIsRefused() throws {
        let bytes = try ProgramFile(try tinyProgram()).encoded()
        var damaged = bytes
        damaged[bytes.count - 1] = UInt8(ascii: "x")
        damaged.mendChecksum()
        let error = #expect(throws: FormatError.self) { try ProgramFile(bytes: damaged) }
        guard case .info = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}

extension [UInt8] {
    /// Makes the checksum of a changed file right again.
    fileprivate mutating func mendChecksum() {
        let checksum = CRC32.checksum(self[16...])
        for byte in 0..<4 { self[12 + byte] = UInt8(truncatingIfNeeded: checksum >> (8 * byte)) }
    }
}

/// One dense op, 2 inputs and 2 outputs.
func tinyProgram() throws -> Program {
    let quantization = Quantization(scale: 0.5, zeroPoint: 1)
    let tensors = ["in", "out"].map {
        ProgramTensor(name: $0, height: 1, width: 1, channels: 2, quantization: quantization)
    }
    let p = nnq_dense_params(
        opcode: 0, act_min: -128, act_max: 127, rounding: 0, pre_shift: 0, shift: 0, filter: 0)
    let block = Requantization(bias: [5, -7], multiplier: [1 << 30, 1 << 30], shift: [33, 34])
    return Program(
        tensors: tensors, inputCount: 1,
        operations: [ProgramOperation(.dense(p, filter: [1, 2, -3, 4], block), inputs: [0])], outputs: [1])
}
