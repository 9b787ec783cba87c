// SPDX-License-Identifier: Apache-2.0
// The call of each op's kernel, and the constants that it passes.

import CNNQ
import NNQFormat

/// What the run function of a model calls.
struct KernelCalls {
    /// An op's statements, one a line.
    private(set) var statements: [[String]] = []
    /// Definitions that they need beside constants.
    private(set) var definitions = ""
    /// Functions of the runtime that they call.
    private(set) var functions: [String] = []
    /// Ops of ops.def that run by a call structure.
    private(set) var opcodes: Set<Int32> = []

    private let file: ProgramFile
    private let names: CNames

    init(_ file: ProgramFile, _ names: CNames, _ constants: inout ConstantTable) throws {
        self.file = file
        self.names = names
        try file.checkPlain()
        for index in file.program.operations.indices {
            switch file.program.operations[index].operation {
            case .reshape where isInPlace(index): statements.append([])
            case .packed(let operation): statements.append(call(index, operation, &constants))
            default: statements.append(call(index, &constants))
            }
        }
    }

    private func isInPlace(_ index: Int) -> Bool {
        file.plan.offsets[file.program.operations[index].inputs[0]]
            == file.plan.offsets[file.program.inputCount + index]
    }

    private mutating func use(_ function: String) -> String {
        if !functions.contains(function) { functions.append(function) }
        return function
    }

    // MARK: Packed ops

    private mutating func call(
        _ index: Int, _ operation: PackedOperation, _ constants: inout ConstantTable
    ) -> [String] {
        let place = file.program.operations[index]
        let output = file.program.inputCount + index
        let scratch = operation.scratchBytes > 0 ? "\(names.arena) + \(file.plan.scratchOffset(in: file.program))" : "NULL"
        definitions += operation.shape.definition(names.shape(index)) + "\n"
        let arguments = [
            "&\(names.shape(index))", constants.place(operation.constants, of: index), address(place.inputs[0]),
            address(output), scratch,
        ]
        var lines = ["\(use("nnq_\(operation.form.name)"))(\(arguments.joined(separator: ", ")));"]
        if operation.clamps {
            let p = operation.parameters
            let count = file.program.tensors[output].count
            lines.append("\(use("nnq_clamp_outputs"))(\(address(output)), \(count), \(p.act_min), \(p.act_max));")
        }
        return lines
    }

    private func address(_ tensor: Int) -> String { "\(names.capital)_AT(\(file.plan.offsets[tensor]))" }

    // MARK: Ops with a call structure

    private mutating func call(_ index: Int, _ constants: inout ConstantTable) -> [String] {
        let place = file.program.operations[index]
        let output = file.program.inputCount + index
        var members = [".arena = \(names.arena)"]
        if let bytes = place.operation.constants.first {
            members.append(".constants = \(constants.place(bytes, of: index))")
        }
        if place.inputs.count > 1 {
            let list = place.inputs.map { "\n    \(tensor($0))," }.joined()
            definitions += "static const nnq_tensor \(names.inputs(index))[\(place.inputs.count)] = {\(list)\n};\n\n"
            members += [".inputs = \(names.inputs(index))", ".input_count = \(place.inputs.count)"]
        }
        members.append(".in = \(tensor(place.inputs.first ?? output))")
        members.append(".out = \(tensor(output))")
        let fields = place.operation.fields
        if !fields.isEmpty {
            let values = fields.map { ".\($0.name) = \(literal($0.value))" }.joined(separator: ", ")
            members.append(".params.\(place.operation.name) = {\(values)}")
        }
        opcodes.insert(Int32(place.operation.opcode.rawValue))
        let body = members.map { wrapped("    \($0),") }.joined(separator: "\n")
        definitions += "static const nnq_call \(names.call(index)) = {\n\(body)\n};\n\n"
        let function = use("nnq_\(place.operation.name)_s8_portable")
        return ["\(function)(&\(names.call(index)), 0, \(file.program.tensors[output].height));"]
    }

    private func tensor(_ index: Int) -> String {
        let shape = file.program.tensors[index]
        return """
            {.offset = \(file.plan.offsets[index]), .height = \(shape.height), .width = \(shape.width), \
            .channels = \(shape.channels), .rows_held = \(file.plan.rowsHeld[index]), \
            .zero_point = \(shape.quantization.zeroPoint), .type = \(shape.type.rawValue)}
            """
    }
}

/// A number as C writes it: the least int32 is no literal.
private func literal(_ value: Int32) -> String { value == .min ? "INT32_MIN" : "\(value)" }

/// Breaks a line after commas so that it fits into 120 columns.
private func wrapped(_ line: String) -> String {
    var lines: [String] = []
    var rest = line[...]
    while rest.count > 120, let cut = rest.prefix(119).range(of: ", ", options: .backwards) {
        lines.append(String(rest[..<rest.index(after: cut.lowerBound)]))
        rest = "        \(rest[cut.upperBound...])"[...]
    }
    return (lines + [String(rest)]).joined(separator: "\n")
}

extension nnq_shape {
    fileprivate func definition(_ name: String) -> String {
        """
        static const nnq_shape \(name) = {
            .in_height = \(in_height), .in_width = \(in_width), .in_channels = \(in_channels),
            .out_height = \(out_height), .out_width = \(out_width), .out_channels = \(out_channels),
            .kernel_height = \(kernel_height), .kernel_width = \(kernel_width), .stride_height = \(stride_height), \
        .stride_width = \(stride_width),
            .pad_top = \(pad_top), .pad_left = \(pad_left), .in_zero_point = \(in_zero_point), .away = \(away),
        };

        """
    }
}

extension ProgramFile {
    /// Generated C runs each op once, whole.
    fileprivate func checkPlain() throws {
        guard plan.stages == program.plainStages, plan.rowsHeld == program.tensors.map(\.height) else {
            throw FormatError.program("the model's plan has stages of several ops or rings, which cannot be compiled yet")
        }
    }
}
