// SPDX-License-Identifier: Apache-2.0
// The call of each op's kernel, and the constants that it passes.

import CNNQ
import NNQFormat

/// What the run function of a model calls.
struct KernelCalls {
    /// Ops that run together, and their statements, one a line.
    struct Stage {
        let operations: Range<Int>
        let statements: [String]
    }

    private(set) var stages: [Stage] = []
    /// Definitions that they need beside constants.
    private(set) var definitions = ""
    /// Functions of the runtime that they call.
    private(set) var functions: [String] = []
    /// Ops of ops.def that run by a call structure.
    private(set) var opcodes: Set<Int32> = []

    /// A statement that computes rows: `first` + `advance` * i and those after it.
    private typealias Statement = (_ step: KernelStep, _ advance: Int) -> String

    private let file: ProgramFile
    private let names: CNames
    private let target: TargetCore
    private var operations: [[Statement]] = []

    init(_ file: ProgramFile, _ names: CNames, _ target: TargetCore, _ constants: inout ConstantTable) throws {
        (self.file, self.names, self.target) = (file, names, target)
        let schedule = try KernelSchedule(file)
        // In a stage, an op of which nothing is needed takes no step.
        let used = Set(schedule.stages.joined().map(\.operation))
        for index in file.program.operations.indices {
            used.contains(index) ? prepare(index, &constants) : operations.append([])
        }
        var first = 0
        for (stage, steps) in zip(file.plan.stages, schedule.stages) {
            let operations = first..<first + stage.operationCount
            stages.append(Stage(operations: operations, statements: KernelLoop.loops(steps).flatMap(statements)))
            first = operations.upperBound
        }
    }

    /// A loop's statements.
    private func statements(_ loop: KernelLoop) -> [String] {
        let isLoop = loop.passes > 1
        let calls = loop.parts.flatMap { part in
            operations[part.step.operation].map { $0(part.step, isLoop ? part.advance : 0) }
        }
        guard isLoop, !calls.isEmpty else { return calls }
        return ["for (int32_t i = 0; i < \(loop.passes); i++) {"] + calls.map { "    \($0)" } + ["}"]
    }

    /// Sets up what one op calls.
    private mutating func prepare(_ index: Int, _ constants: inout ConstantTable) {
        switch file.program.operations[index].operation {
        case .reshape where isInPlace(index): operations.append([])
        case .packed(let operation): operations.append(call(index, operation, &constants))
        default: operations.append([call(index, &constants)])
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
    ) -> [Statement] {
        let place = file.program.operations[index]
        let output = file.program.inputCount + index
        let scratch = operation.scratchBytes > 0 ? "\(names.arena) + \(file.plan.scratchOffset(in: file.program))" : "NULL"
        definitions += operation.shape.definition(names.shape(index)) + "\n"
        let arguments = [
            "&\(names.shape(index))", constants.place(operation.constants, of: index), address(place.inputs[0]),
            address(output), scratch,
        ]
        let kernel = "\(use("nnq_\(operation.form.name)"))(\(arguments.joined(separator: ", ")));"
        var statements: [Statement] = [{ _, _ in kernel }]
        if operation.clamps {
            let p = operation.parameters
            let count = file.program.tensors[output].count
            let clamp = "\(use("nnq_clamp_outputs"))(\(address(output)), \(count), \(p.act_min), \(p.act_max));"
            statements.append { _, _ in clamp }
        }
        return statements
    }

    private func address(_ tensor: Int) -> String { "\(names.capital)_AT(\(file.plan.offsets[tensor]))" }

    // MARK: Ops with a call structure

    private mutating func call(_ index: Int, _ constants: inout ConstantTable) -> Statement {
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
        let kernel = FastKernel.name(of: place.operation.name, target) ?? "\(place.operation.name)_s8_portable"
        let start = "\(use("nnq_\(kernel)"))(&\(names.call(index)), "
        return { step, advance in
            start + "\(step.first)\(advance > 0 ? " + \(advance) * i" : ""), \(step.count));"
        }
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

/// Kernels of ops that are not packed, on one instruction set.
private enum FastKernel {
    private static let names: [String: [String: String]] = {
        var names: [String: [String: String]] = [:]
        var kernel = nnq_kernel()
        var index: Int32 = 0
        while nnq_kernel_at(index, &kernel) != 0 {
            names[String(cString: kernel.isa), default: [:]][String(cString: kernel.op)] = String(cString: kernel.name)
            index += 1
        }
        return names
    }()

    /// `add_dsp`, or nil where portable C runs.
    static func name(of operation: String, _ target: TargetCore) -> String? {
        target.instructionSet.flatMap { names[$0.rawValue]?[operation] }
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
