// SPDX-License-Identifier: Apache-2.0
// The reader: a file that the runtime's verifier accepts, as a program and its plan.

import CNNQ
import Foundation

extension ProgramFile {
    /// Reads the bytes of a file; bytes after its end are ignored.
    /// - Throws: `FormatError` where the runtime refuses the file or its info section is damaged.
    public init(bytes: [UInt8]) throws {
        try verify(bytes) { ProgramFile.nameOfOperation($0, in: bytes) }
        let layout = FileLayout(bytes)
        let info = try layout.info(bytes)
        var program = Program(
            tensors: layout.tensors(bytes, names: info.tensors ?? []), inputCount: layout.inputCount,
            stateCount: layout.stateCount, operations: [],
            outputs: bytes.numbers(at: layout.outputs, count: layout.outputCount, as: UInt16.self).map { Int($0) },
            info: info)
        for (index, name) in zip(0..<layout.inputCount, info.inputs ?? []) { program.tensors[index].name = name }
        for (index, name) in zip(program.outputs, info.outputs ?? []) { program.tensors[index].name = name }
        (program.info.tensors, program.info.inputs, program.info.outputs) = (nil, nil, nil)
        var position = layout.operations
        for _ in 0..<layout.operationCount { program.appendOperation(from: bytes, at: &position) }
        self.init(program, plan: layout.plan(of: program, bytes))
    }

    /// The name that a damaged file gives an op, where that can still be read.
    private static func nameOfOperation(_ index: Int, in bytes: [UInt8]) -> String? {
        guard bytes.count >= 42 else { return nil }
        let layout = FileLayout(bytes)
        guard layout.end <= bytes.count, let names = try? layout.info(bytes).tensors else { return nil }
        let output = layout.inputCount + index
        return names.indices.contains(output) && !names[output].isEmpty ? names[output] : nil
    }
}

/// Where the sections of a file lie.
private struct FileLayout {
    let tensorCount, operationCount, stageCount, inputCount, outputCount, stateCount: Int
    let tensors, stages, rowsHeld, outputs, operations, data, infoStart, end: Int
    let arenaBytes: Int

    init(_ bytes: [UInt8]) {
        arenaBytes = Int(bytes.number(at: 16, as: UInt32.self))
        tensorCount = Int(bytes.number(at: 20, as: UInt16.self))
        operationCount = Int(bytes.number(at: 22, as: UInt16.self))
        stageCount = Int(bytes.number(at: 24, as: UInt16.self))
        inputCount = Int(bytes[26])
        outputCount = Int(bytes[27])
        stateCount = Int(bytes[7])
        tensors = 40
        stages = tensors + 16 * tensorCount
        rowsHeld = stages + 6 * stageCount
        outputs = rowsHeld + (stageCount > 0 ? 2 * tensorCount : 0)
        operations = outputs + 2 * outputCount
        data = (operations + Int(bytes.number(at: 28, as: UInt32.self)) + 3) / 4 * 4
        infoStart = data + Int(bytes.number(at: 32, as: UInt32.self))
        end = infoStart + Int(bytes.number(at: 36, as: UInt32.self))
    }

    func tensors(_ bytes: [UInt8], names: [String]) -> [ProgramTensor] {
        (0..<tensorCount).map { index in
            let record = tensors + 16 * index
            let extents = bytes.numbers(at: record, count: 3, as: UInt16.self).map { Int($0) }
            let quantization = Quantization(
                scale: Float(bitPattern: bytes.number(at: record + 12)), zeroPoint: bytes.number(at: record + 6))
            return ProgramTensor(
                name: index < names.count ? names[index] : "", height: extents[0], width: extents[1],
                channels: extents[2], quantization: quantization, type: ElementType(rawValue: bytes[record + 7])!)
        }
    }

    func info(_ bytes: [UInt8]) throws -> ProgramInfo {
        if infoStart == end { return ProgramInfo() }
        do {
            return try JSONDecoder().decode(ProgramInfo.self, from: Data(bytes[infoStart..<end]))
        } catch {
            throw FormatError.info("it is not a JSON object with the members of SPEC.md, section 2.6")
        }
    }

    /// The plan that the file holds; without stages, the plain one. Its bound is computed anew; whether it is the best of all above that is not known.
    func plan(of program: Program, _ bytes: [UInt8]) -> MemoryPlan {
        var stages = program.plainStages
        var rowsHeld = program.tensors.map(\.height)
        if stageCount > 0 {
            stages = (0..<stageCount).map { index in
                let record: [UInt16] = bytes.numbers(at: self.stages + 6 * index, count: 2)
                return MemoryPlan.Stage(operationCount: Int(record[0]), bandRows: Int(record[1]))
            }
            rowsHeld = bytes.numbers(at: self.rowsHeld, count: tensorCount, as: UInt16.self).map { Int($0) }
        }
        let offsets = (0..<tensorCount).map { Int(bytes.number(at: tensors + 16 * $0 + 8, as: UInt32.self)) }
        let lifetimes = Lifetimes(program, stages: stages, rowsHeld: rowsHeld)
        let words = program.words(rowsHeld: rowsHeld)
        let search = SharingSearch(lifetimes: lifetimes, sizes: words, inputCount: inputCount, nodeLimit: 0)
        let bound = program.arenaBytes(tensors: search.lowerBound * 4)
        var inPlace: [MemoryPlan.InPlace] = []
        for (index, inputs) in lifetimes.inPlaceInputs.enumerated() {
            let output = inputCount + index
            for input in inputs where offsets[input] == offsets[output] {
                inPlace.append(MemoryPlan.InPlace(operation: index, input: input, output: output))
            }
        }
        return MemoryPlan(
            stages: stages, rowsHeld: rowsHeld, offsets: offsets, arenaBytes: arenaBytes,
            lowerBound: bound, isProvenOptimal: arenaBytes <= bound, inPlace: inPlace,
            nodesSearched: 0)
    }
}

extension Program {
    /// Appends the op whose record is at `position`, and moves `position` behind it.
    fileprivate mutating func appendOperation(from bytes: [UInt8], at position: inout Int) {
        let code = Int32(bytes[position])
        let inputs = bytes.numbers(at: position + 2, count: Int(bytes[position + 1]), as: UInt16.self).map { Int($0) }
        position += 2 + 2 * inputs.count
        var parameters = nnq_params()
        let length = bytes.withUnsafeBufferPointer { buffer in
            nnq_decode_params(
                code, buffer.baseAddress! + position, buffer.count - position, &parameters)
        }
        position += Int(length)
        let output = tensors[inputCount + operations.count]
        let operation = Operation(
            code: code, parameters, inputs: inputs.map { tensors[$0] }, output: output, constantsIn: bytes)
        operations.append(ProgramOperation(operation, inputs: inputs))
    }
}
