// SPDX-License-Identifier: Apache-2.0
// Which channels go and which stay, rule by rule.

import CNNQ
import NNQFormat
import NNQRewrite
import Testing

@Suite struct DeadChannelTests {
    private static let window: [Int8] = (0..<18).map { Int8($0 - 9) }

    /// Two channels, the second always `constant`, read by a 3 x 3 convolution with this padding.
    private func constantChannel(_ constant: Int32, pad: Int) throws -> Program {
        var builder = ProgramBuilder([4, 5, 1])
        let top = builder.conv(0, filter: [3, 0], bias: [1, 2 * constant])
        let end = builder.conv(top, filter: Self.window, bias: [5], kernel: 3, pad: pad, shift: 33)
        return try builder.program(outputs: end).rewrittenSafely()
    }

    @Test func aConstantBecomesBias() throws {
        #expect(try constantChannel(9, pad: 0).channels(of: "conv1") == 1)
        #expect(try constantChannel(0, pad: 1).channels(of: "conv1") == 1)
    }

    @Test func aConstantThatPaddingInterruptsStays() throws {
        let program = try constantChannel(9, pad: 1)
        #expect(program.channels(of: "conv1") == 2)
    }

    @Test func aConstantUnderTapsThatPaddingNeverReachesGoes() throws {
        var builder = ProgramBuilder([4, 5, 1])
        let top = builder.conv(0, filter: [3, 0], bias: [1, 18])
        var filter = Self.window
        for tap in 0..<9 where tap != 4 { filter[2 * tap + 1] = 0 }
        let end = builder.conv(top, filter: filter, bias: [5], kernel: 3, pad: 1, shift: 33)
        let program = try builder.program(outputs: end).rewrittenSafely()
        #expect(program.channels(of: "conv1") == 1)
    }

    @Test func aDepthwiseChannelIsConstantWhereItsInputIs() throws {
        for (constant, pad, left) in [(Int32(9), 0, 1), (9, 1, 2), (0, 1, 1)] {
            var builder = ProgramBuilder([4, 5, 1])
            let top = builder.conv(0, filter: [3, 0], bias: [1, 2 * constant])
            let middle = builder.depthwise(top, filter: Self.window, kernel: 3, pad: pad)
            let end = builder.conv(middle, filter: [2, 3], bias: [5])
            let program = try builder.program(outputs: end).rewrittenSafely()
            #expect(program.channels(of: "depthwise2") == left, "constant \(constant), pad \(pad)")
        }
    }

    @Test func aSaturatedChannelIsConstant() throws {
        var builder = ProgramBuilder([3, 3, 1])
        // 1 * q - 300 stays below 0 for any q, and ReLU makes it 0.
        let top = builder.conv(0, filter: [1, 1], bias: [-300, 10], limits: 0...127)
        let end = builder.conv(top, filter: [5, 7], bias: [0])
        let program = try builder.program(outputs: end).rewrittenSafely()
        #expect(program.channels(of: "conv1") == 1)
    }

    @Test func aChannelThatNothingReadsGoesBackToTheInput() throws {
        var builder = ProgramBuilder([3, 3, 2])
        let top = builder.conv(0, filter: [1, 2, 3, 4, 5, 6], bias: [1, 2, 3])
        let middle = builder.depthwise(top, filter: [1, 1, 1], kernel: 1, pad: 0)
        let end = builder.conv(middle, filter: [5, 0, 7], bias: [0])
        let program = try builder.program(outputs: end).rewrittenSafely()
        #expect(program.tensors.map(\.channels) == [2, 2, 2, 1])
    }

    @Test func inputsAndOutputsStayWhole() throws {
        var builder = ProgramBuilder([3, 3, 2])
        let end = builder.conv(0, filter: [0, 0, 0, 0], bias: [4, 6])
        let program = try builder.program(outputs: end).rewrittenSafely()
        #expect(program.tensors.map(\.channels) == [2, 2])
    }

    @Test func oneChannelStays() throws {
        var builder = ProgramBuilder([3, 3, 1])
        let top = builder.conv(0, filter: [0, 0], bias: [4, 6])
        let end = builder.conv(top, filter: [1, 1], bias: [2])
        let program = try builder.program(outputs: end).rewrittenSafely()
        #expect(program.channels(of: "conv1") == 1)
    }

    @Test func anAdditionTiesChannels() throws {
        for (second, left) in [([Int8](arrayLiteral: 0, 3), 2), ([0, 0], 1)] {
            var builder = ProgramBuilder([3, 3, 1])
            let a = builder.conv(0, filter: [0, 1], bias: [4, 6])
            let b = builder.conv(0, filter: [second[1], 2], bias: [4, 6])
            var p = nnq_add_params()
            (p.multiplier_a, p.multiplier_b, p.shift) = (256, 256, 9)
            (p.act_min, p.act_max) = (-128, 127)
            let sum = builder.add("add", .add(p), [a, b])
            let end = builder.conv(sum, filter: [5, 7], bias: [0])
            let program = try builder.program(outputs: end).rewrittenSafely()
            #expect(["conv1", "conv2", "add3"].map { program.channels(of: $0) } == [left, left, left])
        }
    }

    /// The group that is left is no longer one of several, and loses its own dead channel after that.
    @Test func groupsGoWhole() throws {
        var builder = ProgramBuilder([3, 3, 1])
        let top = builder.conv(0, filter: [1, 2, 3, 4], bias: [1, 2, 3, 4])
        let middle = builder.conv(
            top, filter: [1, 2, 3, 4, 5, 6, 7, 8], bias: [1, 2, 3, 4], groups: 2)
        let end = builder.conv(middle, filter: [0, 0, 0, 7], bias: [0])
        let program = try builder.program(outputs: end).rewrittenSafely()
        #expect(program.channels(of: "conv1") == 2 && program.channels(of: "conv2") == 1)
    }

    @Test func deadChannelsGoThroughConcatsAndReshapes() throws {
        var builder = ProgramBuilder([1, 2, 1])
        let a = builder.conv(0, filter: [0, 1], bias: [4, 6])
        let b = builder.conv(0, filter: [2, 0, 3], bias: [1, 2, 3])
        let joined = builder.add("concat", .concat(axis: 2, [.identity, .identity]), [a, b], [1, 2, 5])
        let flat = builder.add("reshape", .reshape, [joined], [1, 1, 10])
        let end = builder.dense(flat, filter: (1...20).map { Int8($0) }, bias: [1, 2])
        let program = builder.program(outputs: end, flat)
        #expect(try program.rewrittenSafely().channels(of: "concat3") == 5)
        let free = builder.program(outputs: end)
        let rewritten = try free.rewrittenSafely([.removeDeadChannels])
        #expect(rewritten.channels(of: "concat3") == 3 && rewritten.channels(of: "reshape4") == 6)
    }

    @Test func neededConstantsTakeTheirNeighboursShift() throws {
        var builder = ProgramBuilder([2, 2, 1])
        let end = builder.conv(0, filter: [3, 0, 5], bias: [1, 40, 2], shift: 33)
        var program = builder.program(outputs: end)
        guard case .conv2D(let p, let filter, var block) = program.operations[0].operation else { return }
        (block.multiplier[1], block.shift[1]) = (3, 31)
        block.bias[1] = 1 << 24
        program.operations[0].operation = .conv2D(p, filter: filter, block)
        let rewritten = try program.rewrittenSafely([.normalizeConstantChannels])
        guard case .conv2D(_, _, let normal) = rewritten.operations[0].operation else { return }
        #expect((33...36).contains(normal.shift[1]) && normal.multiplier[1] >= 1 << 30)
        #expect(normal.baseShift == 33 && block.baseShift == 0)
        #expect(try program.rewritten([.normalizeConstantChannels]).1.saved(by: .normalizeConstantChannels)
            .constantBytes == 3)
    }
}
