// SPDX-License-Identifier: Apache-2.0
// Packing: ops with filters become the forms of an instruction set.

import CNNQ

extension ProgramFile {
    /// The same program with its ops packed for a core, and with the scratch memory that their kernels use. Ops that no
    /// form fits, and those of stages with several ops or bands, stay as they are. What it computes is the same.
    public func packed(for core: TargetCore, goal: PackingGoal = .speed) -> ProgramFile {
        guard let instructionSet = core.instructionSet else { return self }
        return packed(in: instructionSet, goal)
    }

    /// The same program with ops of which all weights are in -8 .. 7 packed two weights to a byte, for every core.
    /// Others stay as they are, as do those of stages with several ops or bands.
    public func packedInt4() -> ProgramFile { packed(in: .int4, .speed) }

    private func packed(in instructionSet: InstructionSet, _ goal: PackingGoal) -> ProgramFile {
        let plain = program.plainStages
        guard plan.stages == plain, plan.rowsHeld == program.tensors.map(\.height) else { return self }
        var packed = program
        for (index, operation) in program.packedOperations(for: instructionSet, goal: goal) {
            packed.operations[index].operation = .packed(operation)
        }
        var plan = plan
        plan.arenaBytes = packed.arenaBytes(tensors: plan.tensorBytes(in: program))
        plan.lowerBound = packed.arenaBytes(tensors: plan.lowerBound)
        return ProgramFile(packed, plan: plan)
    }
}

extension Program {
    /// The most scratch that a packed op uses.
    public var scratchBytes: Int {
        operations.reduce(0) { most, place in
            guard case .packed(let operation) = place.operation else { return most }
            return max(most, operation.scratchBytes)
        }
    }

    /// The size of an arena whose tensors take that many bytes: scratch memory lies behind them.
    func arenaBytes(tensors: Int) -> Int {
        let scratch = scratchBytes
        return scratch > 0 ? aligned(tensors) + scratch : max(tensors, 4)
    }
}

extension MemoryPlan {
    /// Where scratch memory begins: the first multiple of 16 behind all tensors.
    public func scratchOffset(in program: Program) -> Int { aligned(tensorBytes(in: program)) }

    /// The end of the last tensor.
    func tensorBytes(in program: Program) -> Int {
        program.tensors.indices.map { offsets[$0] + bytes(of: $0, in: program) }.max() ?? 0
    }
}

private func aligned(_ bytes: Int) -> Int { (bytes + 15) / 16 * 16 }

/// What packers need to know of an op.
struct UnpackedOperation {
    let opcode: nnq_opcode
    let parameters: nnq_packed_params
    let shape: nnq_shape
    let filter: [Int8]
    let channels: [nnq_channel]

    /// Nil for ops without packed forms: others, grouped and dilated convolutions, accumulators of more than 23 bits, and
    /// scales that `nnq_scale_high` cannot express.
    init?(_ program: Program, _ index: Int) {
        let place = program.operations[index]
        let output = program.tensors[program.inputCount + index]
        guard let first = place.inputs.first else { return nil }
        let input = program.tensors[first]
        var p = nnq_packed_params()
        let block: Requantization
        let (rounding, preShift): (Int32, Int32)
        let channelsLast: Bool
        switch place.operation {
        case .conv2D(let c, let filter, let requantization):
            guard c.groups == 1, c.dilation_height == 1, c.dilation_width == 1 else { return nil }
            p.window(
                (c.kernel_height, c.kernel_width), (c.stride_height, c.stride_width),
                (c.pad_top, c.pad_bottom, c.pad_left, c.pad_right))
            (p.act_min, p.act_max, rounding, preShift) = (c.act_min, c.act_max, c.rounding, c.pre_shift)
            (self.filter, block, channelsLast) = (filter, requantization, false)
        case .depthwiseConv2D(let c, let filter, let requantization):
            guard c.dilation_height == 1, c.dilation_width == 1 else { return nil }
            p.window(
                (c.kernel_height, c.kernel_width), (c.stride_height, c.stride_width),
                (c.pad_top, c.pad_bottom, c.pad_left, c.pad_right))
            (p.act_min, p.act_max, rounding, preShift) = (c.act_min, c.act_max, c.rounding, c.pre_shift)
            (self.filter, block, channelsLast) = (filter, requantization, true)
        case .dense(let d, let filter, let requantization):
            guard input.count <= UInt16.max else { return nil }
            p.window((1, 1), (1, 1), (0, 0, 0, 0))
            (p.act_min, p.act_max, rounding, preShift) = (d.act_min, d.act_max, d.rounding, d.pre_shift)
            (self.filter, block, channelsLast) = (filter, requantization, false)
        default: return nil
        }
        let zeroPoint = Int32(output.quantization.zeroPoint)
        p.away = rounding == 1 && p.act_min < zeroPoint ? 1 : 0
        guard p.hasPadsBelowKernel, filter.isWithinPackedBound(block.bias, channelsLast: channelsLast) else {
            return nil
        }
        opcode = place.operation.opcode
        parameters = p
        shape = nnq_shape(p, isDense: opcode == .NNQ_OP_DENSE, input: input, output: output)
        var channels: [nnq_channel] = []
        for channel in block.bias.indices {
            var scale = nnq_high_scale()
            let isExpressed = nnq_make_high_scale(
                &scale, block.multiplier[channel], Int32(block.shift[channel]), rounding, preShift, zeroPoint, p.away)
            if isExpressed == 0 { return nil }
            channels.append(nnq_channel(bias: block.bias[channel], scale: scale))
        }
        self.channels = channels
    }

    /// The op in a form, or nil where the form does not fit its shape or its weights.
    func packed(in form: PackedForm) -> PackedOperation? {
        guard form.opcode == opcode else { return nil }
        let size = withUnsafePointer(to: shape) { Int(nnq_form_size(form.code, $0)) }
        if size == 0 { return nil }
        var constants = [UInt8](repeating: 0, count: size)
        let fits = withUnsafePointer(to: shape) { nnq_pack(form.code, $0, filter, channels, &constants) }
        if fits == 0 { return nil }
        return PackedOperation(form: form, shape: shape, parameters: parameters, constants: constants)
    }
}

extension nnq_packed_params {
    fileprivate mutating func window(
        _ kernel: (Int32, Int32), _ stride: (Int32, Int32), _ pads: (Int32, Int32, Int32, Int32)
    ) {
        (kernel_height, kernel_width) = kernel
        (stride_height, stride_width) = stride
        (pad_top, pad_bottom, pad_left, pad_right) = pads
    }

    fileprivate var hasPadsBelowKernel: Bool {
        max(pad_top, pad_bottom) < kernel_height && max(pad_left, pad_right) < kernel_width
    }
}

extension [Int8] {
    /// Whether |bias| + 128 * sum |w| is below 2^23 for every output channel.
    fileprivate func isWithinPackedBound(_ bias: [Int32], channelsLast: Bool) -> Bool {
        let taps = count / Swift.max(bias.count, 1)
        return bias.indices.allSatisfy { channel in
            let start = channelsLast ? channel : channel * taps
            let step = channelsLast ? bias.count : 1
            var sum = 0
            for tap in 0..<taps { sum += Int(self[start + tap * step].magnitude) }
            return Int(bias[channel].magnitude) + 128 * sum < 1 << 23
        }
    }
}
