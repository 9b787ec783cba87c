// SPDX-License-Identifier: Apache-2.0
// The wrapper: opening, inspecting, running, and every error.

import NNQFormat
import NNQRuntime
import Oracle
import Testing

@Suite struct ModelTests {
    /// LeNet-5 with random weights, as a file, with an input and its answer.
    private static let (program, file, input, answer): (Program, [UInt8], [Int8], [[Int8]]) = {
        var networks = NetworkGenerator(seed: 3)
        let program = networks.leNet5()
        let input = (0..<784).map { Int8(truncatingIfNeeded: $0 * 37) }
        // Both are checked elsewhere; without them no test here makes sense.
        let file = try! ProgramFile(program).encoded()
        return (program, file, input, try! Oracle.run(program, inputs: [input]))
    }()

    @Test func tellsWhatItIs() throws {
        let model = try Int8Model(copying: Self.file)
        #expect(model.arenaBytes == 5880)
        #expect(model.inputCount == 1 && model.outputCount == 1)
        #expect(model.operationsByStage == Array(repeating: 1, count: 8))
        let input = try model.input()
        #expect([input.height, input.width, input.channels, input.count] == [28, 28, 1, 784])
        #expect(input.zeroPoint == -3)
        #expect(input.scale == Self.program.tensors[0].quantization.scale)
        #expect(try model.output().channels == 10)
        for (index, tensor) in Self.program.tensors.enumerated() {
            #expect(try model.tensor(index).count == tensor.count)
        }
        for index in [-1, 1, Int.max, Int.min] {
            #expect(throws: RuntimeError.noSuchIndex(index)) { try model.input(index) }
            #expect(throws: RuntimeError.noSuchIndex(index)) { try model.output(index) }
        }
        #expect(throws: RuntimeError.noSuchIndex(9)) { try model.tensor(9) }
    }

    @Test func quantizes() throws {
        let info = try Int8Model(copying: Self.file).input()
        #expect(info.quantize(0) == -3)
        #expect(info.quantize(info.scale * 2.5) == -1 && info.quantize(info.scale * 3.5) == 1)
        #expect(info.quantize(.infinity) == 127 && info.quantize(-.infinity) == -128 && info.quantize(.nan) == -128)
        for step in -1200...1200 {
            let real = info.scale * Float(step) / 4
            let exact = (real / info.scale).rounded(.toNearestOrEven) - 3
            #expect(info.quantize(real) == Int8(max(-128, min(127, exact))))
            #expect(Quantization(scale: info.scale, zeroPoint: -3).quantize(real) == info.quantize(real))
        }
        #expect(info.dequantize(-3) == 0 && info.dequantize(127) == info.scale * 130)
    }

    @Test func runsTwiceAlike() throws {
        var session = Session(try Int8Model(copying: Self.file))
        #expect(try session.run(Self.input) == Self.answer.last)
        #expect(try session.run(Self.input) == Self.answer.last)
        session.withInput { for index in $0.indices { $0[index] = Self.input[index] } }
        session.run()
        var copy = [Int8](repeating: 0, count: 10)
        var span = copy.mutableSpan
        try session.copyOutput(to: &span)
        #expect(copy == Self.answer.last)
    }

    @Test func stagesGiveEveryTensor() throws {
        let model = try Int8Model(copying: Self.file)
        var session = Session(model)
        try session.setInput(to: Self.input.span)
        #expect(try session.tensor(0) == Self.input)
        for stage in model.operationsByStage.indices {
            try session.runStage(stage)
            #expect(try session.tensor(stage + 1) == Self.answer[stage + 1])
        }
        #expect(session.output() == Self.answer.last)
        #expect(throws: RuntimeError.noSuchIndex(9)) { try session.tensor(9) }
        for index in [-1, 8] {
            let error = #expect(throws: RuntimeError.self) { try runStage(index, of: model) }
            #expect(error == .noSuchIndex(index))
        }
    }

    private func runStage(_ index: Int, of model: Int8Model) throws {
        var session = Session(model)
        try session.runStage(index)
    }

    @Test func buffersMustFit() throws {
        let model = try Int8Model(copying: Self.file)
        #expect(throws: RuntimeError.wrongCount(needed: 784, given: 3)) {
            var session = Session(model)
            _ = try session.run([1, 2, 3])
        }
        #expect(throws: RuntimeError.wrongCount(needed: 10, given: 4)) {
            let session = Session(model)
            var values = [Int8](repeating: 0, count: 4)
            var span = values.mutableSpan
            try session.copyOutput(to: &span)
        }
    }

    @Test func runsInTheCallersMemory() throws {
        let file = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.file.count + 16, alignment: 16)
        let arena = UnsafeMutableRawBufferPointer.allocate(byteCount: 5880 + 16, alignment: 16)
        arena.initializeMemory(as: UInt8.self, repeating: 0x5A)
        defer {
            file.deallocate()
            arena.deallocate()
        }
        file.copyBytes(from: Self.file)
        let model = try Int8Model(unowned: UnsafeRawBufferPointer(file))
        var session = try Session(model, unownedArena: arena)
        #expect(try session.run(Self.input) == Self.answer.last)
        #expect(arena.suffix(16).allSatisfy { $0 == 0x5A })

        #expect(throws: RuntimeError.misaligned) {
            try Int8Model(unowned: UnsafeRawBufferPointer(rebasing: file.dropFirst(4)))
        }
        #expect(throws: RuntimeError.misaligned) {
            _ = try Session(model, unownedArena: UnsafeMutableRawBufferPointer(rebasing: arena.dropFirst(8)))
        }
        #expect(throws: RuntimeError.arenaTooSmall(needed: 5880, given: 5879)) {
            _ = try Session(model, unownedArena: UnsafeMutableRawBufferPointer(rebasing: arena.prefix(5879)))
        }
    }

    @Test func damageIsATypedError() throws {
        func opening(_ change: (inout [UInt8]) -> Void) -> RuntimeError? {
            var bytes = Self.file
            change(&bytes)
            do {
                _ = try Int8Model(copying: bytes)
                return nil
            } catch {
                return error
            }
        }
        #expect(opening { $0[0] = 0 } == .file(.magic, operation: nil, byte: 0))
        #expect(opening { $0[4] = 1 } == .file(.version, operation: nil, byte: 4))
        #expect(opening { $0[1000] ^= 1 } == .file(.checksum, operation: nil, byte: 12))
        #expect(opening { $0.removeLast() } == .file(.truncated, operation: nil, byte: 8))
        #expect(opening { $0 = [] } == .file(.truncated, operation: nil, byte: 0))
        let error = opening { bytes in
            let record = 40 + 9 * 16 + 2
            bytes[record + 4] = 0
            let checksum = CRC32.checksum(bytes[16...])
            for byte in 0..<4 { bytes[12 + byte] = UInt8(truncatingIfNeeded: checksum >> (8 * byte)) }
        }
        #expect(error == .file(.parameter, operation: 0, byte: 190))
        #expect(error.map { "\($0)" } == "an op's parameter is out of its range (op 0, byte 190)")
    }

    @Test func threadsShareAModel() async throws {
        let model = try Int8Model(copying: Self.file)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var session = Session(model)
                    for _ in 0..<50 {
                        let answer = try? session.run(Self.input)
                        if answer != Self.answer.last { return false }
                    }
                    return true
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}
