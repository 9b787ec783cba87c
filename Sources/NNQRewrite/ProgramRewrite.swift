// SPDX-License-Identifier: Apache-2.0
// The list of rewrites of int8 programs, and the loop that runs them to a fixed point.

import NNQFormat

/// A change of an int8 program that keeps every bit of its outputs, whatever its inputs.
public enum ProgramRewrite: String, Hashable, Codable, Sendable, CaseIterable {
    /// Ops that nothing reads go; where all that an op reads is constant, it becomes a constant.
    case foldConstants = "fold-constants"
    /// Reshapes that nothing notices go, and so do pads by nothing and concats of one tensor.
    case removeReshapes = "remove-reshapes"
    /// A pad by the zero point becomes padding of the convolutions and pools after it.
    case mergePadding = "merge-padding"
    /// Tables that clamp become limits of the op before them; tables in a row become one; ops with a constant
    /// operand become tables.
    case fuseActivations = "fuse-activations"
    /// Channels that are constant become part of biases; channels that nothing needs leave filters and tensors.
    case removeDeadChannels = "remove-dead-channels"
    /// Channels that are constant, but needed, take a multiplier and a shift that are like their neighbours'.
    case normalizeConstantChannels = "normalize-constant-channels"
}

extension Program {
    /// The program after the chosen rewrites, each of them repeated until nothing changes, and a report.
    ///
    /// A program with ops on int16 activations stays as it is. For any inputs its outputs are those of this program,
    /// bit for bit. Inputs and outputs keep their order, shapes and quantization. Tensors keep their names: a tensor
    /// has the name of the value that it holds, so that an op into which a later one was fused writes a tensor of the
    /// later one's name.
    /// - Throws: `FormatError` where this program is malformed or an op has no overflow certificate.
    public func rewritten(
        _ rewrites: Set<ProgramRewrite> = Set(ProgramRewrite.allCases)
    ) throws -> (Program, ProgramRewriteReport) {
        _ = try ProgramFile(self, plan: try MemoryPlanner(nodeLimit: 0).plan(self)).encoded()
        var program = self
        var report = ProgramRewriteReport(before: try ProgramFigures(self))
        // The rewrites know what int8 ops do.
        if program.operations.contains(where: { if case .int16 = $0.operation { true } else { false } }) {
            return (program, report)
        }
        var previous: Program?
        while program != previous {
            previous = program
            for rewrite in ProgramRewrite.allCases where rewrites.contains(rewrite) {
                try program.apply(rewrite, &report)
            }
        }
        if program.info.tensors != nil { program.info.tensors = program.tensors.map(\.name) }
        return (program, report)
    }

    private mutating func apply(_ rewrite: ProgramRewrite, _ report: inout ProgramRewriteReport) throws {
        let before = self
        var notes: [ProgramRewriteReport.Entry] = []
        func note(_ layer: String, _ detail: String) {
            notes.append(ProgramRewriteReport.Entry(rewrite: rewrite, layer: layer, detail: detail))
        }
        switch rewrite {
        case .foldConstants: try foldConstants(note)
        case .removeReshapes: removeReshapes(note)
        case .mergePadding: mergePadding(note)
        case .fuseActivations: fuseActivations(note)
        case .removeDeadChannels: removeDeadChannels(note)
        case .normalizeConstantChannels: normalizeConstantChannels(note)
        }
        if self != before { report.add(notes, of: rewrite, after: try ProgramFigures(self)) }
    }
}

/// Tells the report what happened to a layer, as a short phrase.
typealias Note = (_ layer: String, _ detail: String) -> Void
