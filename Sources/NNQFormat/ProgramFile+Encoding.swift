// SPDX-License-Identifier: Apache-2.0
// The writer: a program and its plan as the bytes of SPEC.md, section 2.

import CNNQ
import Foundation

extension ProgramFile {
    /// The bytes of the file, accepted by the runtime's verifier.
    /// - Parameter names: which of the tensors' names the file holds.
    /// - Throws: `FormatError`: a limit of the format, an op without an overflow certificate, or what the runtime
    ///   refused.
    public func encoded(names: NamesKept = .all) throws -> [UInt8] {
        try program.checkStructure()
        try program.checkStages(plan.stages, rowsHeld: plan.rowsHeld)
        try checkPlan()
        try program.checkCertificates()
        let bytes = try assemble(names)
        try verify(bytes) { program.operations.indices.contains($0) ? program.name(of: $0) : nil }
        return bytes
    }

    private func checkPlan() throws {
        if plan.offsets.count != program.tensors.count {
            throw FormatError.program(
                "the plan is for \(plan.offsets.count) tensors and the program has \(program.tensors.count)")
        }
        for (tensor, offset) in zip(program.tensors, plan.offsets) where !(0...Int(Int32.max)).contains(offset) {
            throw FormatError.program("tensor \"\(tensor.name)\" lies at byte \(offset), outside of the arena")
        }
        if !(1...Int(Int32.max)).contains(plan.arenaBytes) {
            throw FormatError.program(
                "the arena takes \(plan.arenaBytes) bytes, and the format allows 1 to 2147483647: use a smaller input")
        }
    }

    private func assemble(_ names: NamesKept) throws -> [UInt8] {
        var pool = ConstantPool()
        let stages = stageTable()
        let headLength = 40 + 16 * program.tensors.count + stages.bytes.count + 2 * program.outputs.count
        let offsets = program.operations.map { $0.operation.constants.map { pool.place($0) } }
        let operationsSize = records(offsets, dataStart: 0).count
        let dataStart = (headLength + operationsSize + 3) / 4 * 4
        let info = try program.encodedInfo(names)
        let total = dataStart + pool.bytes.count + info.count
        if total > Int(Int32.max) {
            throw FormatError.program(
                "the file takes \(total) bytes, and the format allows 2147483647: use fewer weights")
        }

        var bytes: [UInt8] = []
        bytes.append(littleEndian: [UInt16(program.tensors.count), UInt16(program.operations.count)])
        bytes.append(littleEndian: UInt16(stages.count))
        bytes += [UInt8(program.inputCount), UInt8(program.outputs.count)]
        bytes.append(littleEndian: [UInt32(operationsSize), UInt32(pool.bytes.count), UInt32(info.count)])
        appendTensors(to: &bytes)
        bytes += stages.bytes
        bytes.append(littleEndian: program.outputs.map { UInt16($0) })
        bytes += records(offsets, dataStart: dataStart)
        bytes.pad(toMultipleOf: 4)
        bytes += pool.bytes + info
        return start(fileSize: total, before: bytes) + bytes
    }

    /// The stages and the rows held; none where each op is a stage of its own and no tensor is a ring.
    private func stageTable() -> (count: Int, bytes: [UInt8]) {
        let isPlain = plan.stages == program.plainStages && plan.rowsHeld == program.tensors.map(\.height)
        if isPlain { return (0, []) }
        var bytes: [UInt8] = []
        for stage in plan.stages {
            bytes.append(littleEndian: [UInt16(stage.operationCount), UInt16(stage.bandRows), 0])
        }
        bytes.append(littleEndian: plan.rowsHeld.map { UInt16($0) })
        return (plan.stages.count, bytes)
    }

    /// The first 20 bytes; the checksum covers what follows the first 16.
    private func start(fileSize: Int, before rest: [UInt8]) -> [UInt8] {
        var arena: [UInt8] = []
        arena.append(littleEndian: UInt32(plan.arenaBytes))
        var start: [UInt8] = [0x6E, 0x6E, 0x71, 0x1A, UInt8(NNQ_VERSION_MAJOR), UInt8(NNQ_VERSION_MINOR), 0]
        start.append(UInt8(program.stateCount))
        start.append(littleEndian: UInt32(fileSize))
        start.append(littleEndian: CRC32.checksum((arena + rest)[...]))
        return start + arena
    }

    private func appendTensors(to bytes: inout [UInt8]) {
        for (index, tensor) in program.tensors.enumerated() {
            bytes.append(littleEndian: [tensor.height, tensor.width, tensor.channels].map { UInt16($0) })
            bytes += [UInt8(bitPattern: tensor.quantization.zeroPoint), tensor.type.rawValue]
            bytes.append(littleEndian: [UInt32(plan.offsets[index]), tensor.quantization.scale.bitPattern])
        }
    }

    private func records(_ offsets: [[Int]], dataStart: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for (operation, constants) in zip(program.operations, offsets) {
            bytes += [UInt8(operation.operation.wireCode), UInt8(operation.inputs.count)]
            bytes.append(littleEndian: operation.inputs.map { UInt16($0) })
            bytes += operation.operation.wireParameters(constantsAt: constants.map { $0 + dataStart })!
        }
        return bytes
    }
}

/// Which names of tensors a file holds, for tools to show; a device needs none.
public enum NamesKept: String, CaseIterable, Sendable {
    case all
    /// Those of the model's inputs and outputs.
    case ends
    case none
}

/// The data section: each constant at a multiple of 4, equal ones once.
private struct ConstantPool {
    private(set) var bytes: [UInt8] = []
    private var places: [[UInt8]: Int] = [:]

    mutating func place(_ constant: [UInt8]) -> Int {
        if let place = places[constant] { return place }
        let place = bytes.count
        places[constant] = place
        bytes += constant
        bytes.pad(toMultipleOf: 4)
        return place
    }
}

extension Program {
    /// The name of an op's output, or nil where it has none.
    func name(of operation: Int) -> String? {
        let name = tensors[inputCount + operation].name
        return name.isEmpty ? nil : name
    }

    /// The info section: JSON with sorted keys, nothing where there is nothing to say. Names are those of the tensors.
    fileprivate func encodedInfo(_ kept: NamesKept) throws -> [UInt8] {
        var info = info
        func named(_ tensors: some Sequence<ProgramTensor>) -> [String]? {
            let names = tensors.map(\.name)
            return names.allSatisfy(\.isEmpty) ? nil : names
        }
        switch kept {
        case .all: info.tensors = named(tensors)
        case .ends:
            (info.inputs, info.outputs) = (named(tensors.prefix(inputCount)), named(outputs.map { tensors[$0] }))
        case .none: break
        }
        if info == ProgramInfo() { return [] }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return [UInt8](try encoder.encode(info))
        } catch {
            throw FormatError.program(
                "the normalization holds a number that is not finite: normalize with data that vary")
        }
    }
}
