// SPDX-License-Identifier: Apache-2.0
// Pads, tables, reshapes and constants, rule by rule.

import CNNQ
import NNQFormat
import NNQRewrite
import Testing

@Suite struct StructureTests {
    // MARK: Padding

    @Test func aPadOfTheZeroPointBecomesPadding() throws {
        for (value, kinds) in [(Int8(-5), ["conv2d"]), (-4, ["pad", "conv2d"])] {
            var builder = ProgramBuilder([3, 4, 1], zeroPoint: -5)
            let padded = builder.pad(0, by: 2, value: value)
            let end = builder.conv(padded, filter: Array(1...9), bias: [3], kernel: 3, pad: 1, shift: 34)
            #expect(try builder.program(outputs: end).rewrittenSafely().kinds == kinds)
        }
    }

    @Test func aPadStaysWhereAReaderCannotTakeIt() throws {
        var builder = ProgramBuilder([3, 4, 1])
        let padded = builder.pad(0, by: 1, value: 0)
        let first = builder.conv(padded, filter: Array(1...9), bias: [3], kernel: 3, shift: 34)
        let second = builder.add("softmax", .reshape, [padded], [6, 5, 1])
        #expect(try builder.program(outputs: first, second).rewrittenSafely().kinds == ["pad", "conv2d", "reshape"])
        #expect(try builder.program(outputs: first, padded).rewrittenSafely().kinds == ["pad", "conv2d"])

        var wide = ProgramBuilder([1, 1, 1])
        let end = wide.conv(wide.pad(0, by: 255, value: 0), filter: [1], bias: [3], kernel: 1, pad: 1)
        #expect(try wide.program(outputs: end).rewrittenSafely().kinds == ["pad", "conv2d"])
    }

    @Test func aMaxPoolTakesAPadThatNeverWins() throws {
        for (low, kinds) in [(Int32(0), ["max_pool"]), (-1, ["pad", "max_pool"])] {
            var builder = ProgramBuilder([4, 4, 2])
            let padded = builder.pad(0, by: 1, value: 0)
            let p = nnq_max_pool_params(
                opcode: 0, kernel_height: 2, kernel_width: 2, stride_height: 2, stride_width: 2, pad_top: 0,
                pad_bottom: 0, pad_left: 0, pad_right: 0, act_min: low, act_max: 127)
            let end = builder.add("pool", .maxPool(p), [padded], [3, 3, 2])
            #expect(try builder.program(outputs: end).rewrittenSafely().kinds == kinds)
        }
    }

    @Test func anAveragePoolKeepsItsDivisor() throws {
        for (rounding, kinds) in [(Int32(0), ["average_pool"]), (1, ["pad", "average_pool"])] {
            var builder = ProgramBuilder([4, 4, 2], zeroPoint: 3)
            let padded = builder.pad(0, by: 1, value: 3)
            let p = nnq_average_pool_params(
                opcode: 0, kernel_height: 3, kernel_width: 3, stride_height: 1, stride_width: 1, pad_top: 0,
                pad_bottom: 0, pad_left: 0, pad_right: 0, act_min: -128, act_max: 127, rounding: rounding,
                pre_shift: 0, shift: 33, multipliers: 0)
            let end = builder.add("pool", .averagePool(p, multipliers: [954_437_177]), [padded], [4, 4, 2])
            #expect(try builder.program(outputs: end).rewrittenSafely().kinds == kinds)
        }
    }

    // MARK: Tables

    @Test func aClampBecomesLimits() throws {
        var builder = ProgramBuilder([3, 3, 1])
        let top = builder.conv(0, filter: [1, 2], bias: [3, 4], limits: -100...50)
        let end = builder.table(top) { min(max($0, 0), 60) }
        let program = try builder.program(outputs: end).rewrittenSafely()
        guard case .conv2D(let p, _, _) = program.operations[0].operation else { return }
        #expect(program.kinds == ["conv2d"] && p.act_min == 0 && p.act_max == 50)
        #expect(program.tensors[1].name == "table2")
    }

    @Test func aClampBeyondTheLimitsIsAConstant() throws {
        var builder = ProgramBuilder([3, 3, 1])
        let top = builder.conv(0, filter: [1, 2], bias: [3, 4], limits: -100...(-50))
        let end = builder.table(top) { min(max($0, 0), 60) }
        let program = try builder.program(outputs: end).rewrittenSafely([.fuseActivations])
        guard case .conv2D(let p, _, _) = program.operations[0].operation else { return }
        #expect(p.act_min == 0 && p.act_max == 0)
    }

    @Test func aClampStaysWhereOthersReadItsInput() throws {
        var builder = ProgramBuilder([3, 3, 1])
        let top = builder.conv(0, filter: [1], bias: [3])
        let end = builder.table(top) { max($0, 0) }
        #expect(try builder.program(outputs: end, top).rewrittenSafely().kinds == ["conv2d", "table"])
        let moved = builder.table(top, zeroPoint: 1) { max($0, 0) }
        #expect(try builder.program(outputs: moved).rewrittenSafely().kinds == ["conv2d", "table"])
    }

    @Test func tablesInARowBecomeOne() throws {
        var builder = ProgramBuilder([3, 3, 1])
        let first = builder.table(0) { $0 / 2 }
        let second = builder.table(first, zeroPoint: 5) { -max($0, -127) }
        let third = builder.table(second) { $0 ^ 3 }
        #expect(try builder.program(outputs: third).rewrittenSafely().kinds == ["table"])
    }

    @Test func aTableThatChangesNothingGoes() throws {
        var builder = ProgramBuilder([3, 3, 1])
        let top = builder.conv(0, filter: [1], bias: [3], limits: 0...127)
        // ReLU once more.
        let middle = builder.table(top) { max($0, 0) }
        let end = builder.conv(middle, filter: [1], bias: [3])
        let program = builder.program(outputs: end, top)
        #expect(try program.rewrittenSafely().kinds == ["conv2d", "conv2d"])
    }

    @Test func anOpWithAConstantBecomesATable() throws {
        var builder = ProgramBuilder([3, 3, 2])
        let scalar = builder.add("constant", .constant([7]), [], [1, 1, 1], zeroPoint: 2)
        let p = nnq_mul_params(
            opcode: 0, rounding: 1, multiplier: 1 << 30, shift: 32, act_min: -128, act_max: 127)
        let end = builder.add("mul", .mul(p), [scalar, 0], [3, 3, 2], zeroPoint: 1)
        let program = try builder.program(outputs: end).rewrittenSafely()
        #expect(program.kinds == ["table"])
    }

    // MARK: Reshapes and constants

    @Test func reshapesThatNothingNoticesGo() throws {
        var builder = ProgramBuilder([2, 2, 2])
        let top = builder.conv(0, filter: [1, 2, 3, 4], bias: [1, 2])
        let same = builder.add("reshape", .reshape, [top])
        let tall = builder.add("reshape", .reshape, [same], [8, 1, 1])
        let flat = builder.add("reshape", .reshape, [tall], [1, 1, 8])
        let end = builder.dense(flat, filter: Array(1...16), bias: [1, 2])
        #expect(try builder.program(outputs: end).rewrittenSafely().kinds == ["conv2d", "dense"])
        #expect(try builder.program(outputs: end, flat).rewrittenSafely().kinds == ["conv2d", "reshape", "dense"])
        // The output keeps its name.
        let program = try builder.program(outputs: same).rewrittenSafely()
        #expect(program.kinds == ["conv2d"] && program.tensors[1].name == "reshape2")
    }

    @Test func aConcatOfOneTensorGoes() throws {
        var builder = ProgramBuilder([2, 2, 2])
        let one = builder.add("concat", .concat(axis: 0, [.identity]), [0])
        let end = builder.conv(one, filter: [1, 2], bias: [3])
        #expect(try builder.program(outputs: end).rewrittenSafely().kinds == ["conv2d"])
    }

    @Test func opsOnConstantsAreComputedInAdvance() throws {
        var builder = ProgramBuilder([2, 2, 2])
        let a = builder.add("constant", .constant([1, 2, 3, 4, 5, 6, 7, 8]), [], [2, 2, 2], zeroPoint: 0)
        let b = builder.add("constant", .constant([-3, 90]), [], [1, 1, 2], zeroPoint: 0)
        let both = builder.add("maximum", .maximum, [a, b])
        let end = builder.add("minimum", .minimum, [0, both])
        let program = try builder.program(outputs: end).rewrittenSafely([.foldConstants])
        #expect(program.kinds == ["constant", "minimum"])
        #expect(program.operations[0].operation == .constant([1, 90, 3, 90, 5, 90, 7, 90]))
    }

    @Test func channelsOfConstantsGo() throws {
        var builder = ProgramBuilder([2, 2, 1])
        let a = builder.add("constant", .constant([1, 2, 3, 4]), [], [1, 2, 2], zeroPoint: 0)
        let wide = builder.conv(0, filter: [1, 2], bias: [1, 2])
        let sum = builder.add("maximum", .maximum, [wide, a], [2, 2, 2])
        let end = builder.conv(sum, filter: [0, 3], bias: [4])
        let program = try builder.program(outputs: end).rewrittenSafely()
        #expect(program.operations[0].operation == .constant([2, 4]))
        #expect(program.tensors.map(\.channels) == [1, 1, 1, 1, 1])
    }

    // MARK: Errors

    @Test func aMalformedProgramIsRefused() {
        var builder = ProgramBuilder([2, 2, 1])
        let end = builder.conv(0, filter: [1], bias: [Int32.max])
        #expect(throws: FormatError.self) { try builder.program(outputs: end).rewritten() }
    }
}
