// SPDX-License-Identifier: Apache-2.0
// What a program must fulfil before memory is planned: the limits of the format's fields and the lengths of constants.

import CNNQ

extension Program {
    /// An op as people know it: its index, kind and the name of its output.
    public func describe(_ operation: Int) -> String {
        let kind = operations[operation].operation.name
        let output = inputCount + operation
        let name = output < tensors.count ? " \"\(tensors[output].name)\"" : ""
        return "op \(operation) (\(kind)\(name))"
    }

    /// Checks counts, indices, extents and the lengths of constants; shapes and values are the runtime's to check.
    package func checkStructure() throws {
        try checkCounts()
        for (index, tensor) in tensors.enumerated() { try check(tensor, index) }
        for output in outputs where !tensors.indices.contains(output) {
            throw FormatError.program(
                "output tensor \(output) does not exist: the program has \(tensors.count) tensors")
        }
        for index in operations.indices { try checkOperation(index) }
    }

    private func checkCounts() throws {
        let limits = [
            ("inputs", inputCount, 255), ("outputs", outputs.count, 255), ("ops", operations.count, 4095),
        ]
        for (what, count, limit) in limits where !(1...limit).contains(count) {
            throw FormatError.program(
                "the program has \(count) \(what), and the format allows 1 to \(limit): split the network")
        }
        if !(0..<inputCount).contains(stateCount) {
            throw FormatError.program(
                "the program has \(stateCount) states among \(inputCount) inputs, and at least one input is no state")
        }
        if tensors.count != inputCount + operations.count {
            throw FormatError.program(
                "the program has \(tensors.count) tensors, and \(inputCount) inputs and \(operations.count) ops need "
                    + "\(inputCount + operations.count)")
        }
    }

    private func check(_ tensor: ProgramTensor, _ index: Int) throws {
        let place = index < inputCount ? "input \(index) (\"\(tensor.name)\")" : describe(index - inputCount)
        let shape = "\(tensor.height) x \(tensor.width) x \(tensor.channels)"
        for extent in [tensor.height, tensor.width, tensor.channels] where !(1...65535).contains(extent) {
            throw FormatError.program(
                "\(place): the shape \(shape) has an extent outside of 1 to 65535: reshape or split the tensor")
        }
        if tensor.byteCount > Int(Int32.max) {
            throw FormatError.program("\(place): the shape \(shape) takes more than 2^31 - 1 bytes: split the tensor")
        }
        if tensor.type != .int8, tensor.quantization.zeroPoint != 0 {
            throw FormatError.program("\(place): the zero point of an \(tensor.type) tensor is 0")
        }
        let scale = tensor.quantization.scale
        if !scale.isNormal || scale < 0 {
            throw FormatError.program(
                "\(place): the scale \(scale) is not a normal number above 0: calibrate with data that vary")
        }
    }

    private func checkOperation(_ index: Int) throws {
        let inputs = operations[index].inputs
        let (count, expected) =
            switch operations[index].operation {
            case .add, .tfliteAdd, .mul, .minimum, .maximum, .prelu, .batchMatmul: (2, "2 inputs")
            case .constant: (0, "no inputs")
            case .concat(_, let rescales): (min(max(rescales.count, 1), 8), "1 to 8 inputs and as many rescales")
            case .lstm, .gru: (3, "3 inputs: a sequence, the hidden state and the cell state or memory")
            case .svdf: (2, "2 inputs: a vector and the state")
            case .int16(let operation): (operation.inputCount, operation.inputCount == 1 ? "1 input" : "2 inputs")
            default: (1, "1 input")
            }
        if inputs.count != count {
            let advice = inputs.count > 8 ? ": split it into several" : ""
            throw FormatError.program("\(describe(index)) has \(inputs.count) inputs and takes \(expected)\(advice)")
        }
        for input in inputs where !(0..<inputCount + index).contains(input) {
            throw FormatError.program(
                "\(describe(index)) reads tensor \(input), which is not written before it: sort the ops")
        }
        try checkParameters(index)
        try checkConstants(index)
    }

    private func checkParameters(_ index: Int) throws {
        let operation = operations[index].operation
        if operation.wireParameters() != nil { return }
        let values = operation.fields.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
        throw FormatError.program("\(describe(index)): a parameter is outside of its range in ops.def: \(values)")
    }

    /// - Precondition: the op's inputs exist.
    private func checkConstants(_ index: Int) throws {
        let output = tensors[inputCount + index]
        let input = operations[index].inputs.first.map { tensors[$0] } ?? output
        var lengths: [(String, Int, Int)] = []
        switch operations[index].operation {
        case .conv2D(let p, let filter, let block):
            let perGroup = p.groups > 0 ? input.channels / Int(p.groups) : 0
            let length = output.channels * Int(p.kernel_height) * Int(p.kernel_width) * perGroup
            lengths = [("filter", filter.count, length)] + block.lengths(channels: output.channels)
        case .depthwiseConv2D(let p, let filter, let block):
            let length = output.channels * Int(p.kernel_height) * Int(p.kernel_width)
            lengths = [("filter", filter.count, length)] + block.lengths(channels: output.channels)
        case .dense(_, let filter, let block):
            lengths = [("filter", filter.count, output.count * input.count)] + block.lengths(channels: output.channels)
        case .transposeConv2D(let p, let filter, let block):
            let perGroup = p.groups > 0 ? input.channels / Int(p.groups) : 0
            let length = output.channels * Int(p.kernel_height) * Int(p.kernel_width) * perGroup
            lengths = [("filter", filter.count, length)] + block.lengths(channels: output.channels)
        case .resizeNearest(let rows, let columns):
            lengths = [("rows", rows.count, output.height), ("columns", columns.count, output.width)]
        case .resizeBilinear(let rows, let columns):
            lengths = [("rows", rows.count, output.height), ("columns", columns.count, output.width)]
        case .gather(let p, let table):
            lengths = [("table values", table.count, Int(p.count) * output.channels)]
        case .averagePool(let p, let multipliers):
            lengths = [("multipliers", multipliers.count, p.multiplierCount)]
        case .concat(_, let rescales): lengths = [("rescales", rescales.count, operations[index].inputs.count)]
        case .table(let values): lengths = [("values", values.count, 256)]
        case .maxPool, .add, .pad, .softmax, .reshape, .slice, .transpose, .argMax, .batchMatmul: break
        case .constant(let bytes): lengths = [("bytes", bytes.count, output.byteCount)]
        case .lstm(_, let gates): lengths = gates.lengths(gates: 4, inputs: input.channels, units: output.channels)
        case .gru(_, let gates): lengths = gates.lengths(gates: 3, inputs: input.channels, units: output.channels)
        case .svdf(_, let filters):
            let state = tensors[operations[index].inputs[1]]
            lengths = filters.lengths(inputs: input.channels, units: output.channels, state: state)
        case .int16(let operation): lengths = operation.lengths(input: input, output: output)
        case .packed: break
        case .tfliteAdd, .mul, .minimum, .maximum, .prelu, .tfliteSoftmax, .l2Normalize, .reduce: break
        }
        for (what, count, expected) in lengths where count != expected {
            throw FormatError.program("\(describe(index)) has \(count) \(what) where its shapes need \(expected)")
        }
    }

    /// Checks that the stages hold every op once and that the rows held are 1 to the height.
    package func checkStages(_ stages: [MemoryPlan.Stage], rowsHeld: [Int]) throws {
        for (index, stage) in stages.enumerated() {
            if !(1...16).contains(stage.operationCount) {
                throw FormatError.program("stage \(index) has \(stage.operationCount) ops, and a stage holds 1 to 16")
            }
            if !(1...65535).contains(stage.bandRows) {
                throw FormatError.program("stage \(index) computes bands of \(stage.bandRows) rows, not 1 to 65535")
            }
        }
        let held = stages.reduce(0) { $0 + $1.operationCount }
        if held != operations.count {
            throw FormatError.program("the stages hold \(held) ops and the program has \(operations.count)")
        }
        if rowsHeld.count != tensors.count {
            throw FormatError.program("the plan is for \(rowsHeld.count) tensors and the program has \(tensors.count)")
        }
        for (tensor, rows) in zip(tensors, rowsHeld) where !(1...tensor.height).contains(rows) {
            throw FormatError.program(
                "tensor \"\(tensor.name)\" cannot hold \(rows) rows: it has \(tensor.height)")
        }
    }
}

extension Requantization {
    func lengths(channels: Int) -> [(String, Int, Int)] {
        [
            ("biases", bias.count, channels), ("multipliers", multiplier.count, channels),
            ("shifts", shift.count, channels),
        ]
    }
}

extension nnq_average_pool_params {
    /// How many multipliers the op points to (SPEC.md, section 5).
    package var multiplierCount: Int {
        let isPadded = pad_top != 0 || pad_bottom != 0 || pad_left != 0 || pad_right != 0
        return rounding == 0 && isPadded ? Int(kernel_height) * Int(kernel_width) : 1
    }
}
