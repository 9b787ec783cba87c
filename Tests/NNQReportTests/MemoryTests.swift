// SPDX-License-Identifier: Apache-2.0
// Memory figures against bytes marked one by one.

import NNQFormat
import NNQReport
import Testing

@Suite struct MemoryTests {
    @Test func liveBytes() throws {
        let program = try Subject(seed: 1, count: 20).quantized.program
        let file = try ProgramFile(program)
        let size = try file.encoded().count
        let memory = MemoryFigures(file, fileBytes: size)
        #expect(memory.arenaBytes == file.plan.arenaBytes && memory.fileBytes == size)
        #expect(memory.moments.count == program.operations.count + 1)
        for (time, moment) in memory.moments.enumerated() {
            // A tensor is there from its op to the last reader, an output to the end.
            var used = Set<Int>()
            for tensor in program.tensors.indices {
                let first = max(0, tensor - program.inputCount + 1)
                let readers = program.operations.indices.filter { program.operations[$0].inputs.contains(tensor) }
                let last = program.outputs.contains(tensor) ? program.operations.count : (readers.last ?? -1) + 1
                guard (first...max(first, last)).contains(time) else { continue }
                let start = file.plan.offsets[tensor]
                used.formUnion(start..<start + program.tensors[tensor].byteCount)
            }
            #expect(moment.liveBytes == used.count, "time \(time)")
            #expect(moment.writes == [time == 0 ? "input" : program.tensors[program.inputCount + time - 1].name])
        }
        #expect(memory.moments.map(\.liveBytes).max()! <= memory.arenaBytes)
        #expect(memory.moments[memory.peak].liveBytes == memory.moments.map(\.liveBytes).max())
    }

    @Test func constantsAndWork() throws {
        let program = try Subject(seed: 1, count: 20).quantized.program
        let memory = MemoryFigures(try ProgramFile(program), fileBytes: 0)
        // 3x3 windows on 8x8x1 and 3x3x6 maps, and 8 inputs of 4 units.
        #expect(memory.ops.map(\.op) == ["conv2d", "max_pool", "conv2d", "dense", "softmax"])
        #expect(memory.ops.map(\.macs) == [6 * 6 * 6 * 9, 0, 8 * 9 * 6, 4 * 8, 0])
        #expect(memory.ops[3].constantBytes >= 4 * 8 + 4 * 8 && memory.ops[1].constantBytes == 0)
    }
}
