// SPDX-License-Identifier: Apache-2.0
// Packed forms of kernels.def, and an op that has been packed in one.

import CNNQ

/// A form of conv2d, depthwise_conv2d or dense whose constants are laid out for one instruction set's kernel.
public struct PackedForm: Hashable, Sendable {
    /// As in kernels.def: the C kernel is `nnq_<name>`, the op `nnq_op_<name>`.
    public let name: String
    public let instructionSet: InstructionSet
    /// Its op code in a file.
    public let code: Int32
    /// The op that it is a form of.
    public let opcode: nnq_opcode

    /// All forms, in the order in which packers try them.
    public static let all: [PackedForm] = {
        var forms: [PackedForm] = []
        var form = nnq_form()
        while nnq_form_at(Int32(forms.count), &form) != 0 {
            forms.append(
                PackedForm(
                    name: String(cString: form.name), instructionSet: InstructionSet(rawValue: String(cString: form.isa))!,
                    code: form.code, opcode: nnq_opcode(rawValue: nnq_opcode.RawValue(form.opcode))!))
        }
        return forms
    }()

    /// The form with that op code in a file.
    static func with(code: Int32) -> PackedForm? { all.first { $0.code == code } }
}

/// An op packed in a form.
public struct PackedOperation: Sendable {
    public let form: PackedForm
    /// What the kernel gets.
    public let shape: nnq_shape
    /// As in a file; `opcode` and `constants` are filled in by the writer and meaningless here.
    public let parameters: nnq_packed_params
    /// The form's constants, a multiple of 4 bytes.
    public let constants: [UInt8]
    /// Bytes of scratch that the kernel uses while it runs.
    public var scratchBytes: Int { withUnsafePointer(to: shape) { Int(nnq_form_scratch(form.code, $0)) } }
    /// Whether outputs are to be clamped after the kernel.
    public var clamps: Bool { parameters.act_min > -128 || parameters.act_max < 127 }
    /// Multiply-accumulates of one inference.
    public var macs: Int {
        let window = Int(shape.kernel_height) * Int(shape.kernel_width)
        let outputs = Int(shape.out_height) * Int(shape.out_width) * Int(shape.out_channels)
        return outputs * window * (form.opcode == .NNQ_OP_DEPTHWISE_CONV2D ? 1 : Int(shape.in_channels))
    }
}

extension PackedOperation {
    /// Reads a packed op of a file that the runtime's verifier accepted.
    init(
        _ form: PackedForm, _ parameters: nnq_packed_params, input: ProgramTensor, output: ProgramTensor,
        constantsIn bytes: [UInt8]
    ) {
        let shape = nnq_shape(
            parameters, isDense: form.opcode == .NNQ_OP_DENSE, input: input, output: output)
        let size = withUnsafePointer(to: shape) { Int(nnq_form_size(form.code, $0)) }
        let start = Int(parameters.constants)
        self.init(form: form, shape: shape, parameters: parameters, constants: Array(bytes[start..<start + size]))
    }
}

extension nnq_shape {
    init(_ p: nnq_packed_params, isDense: Bool, input: ProgramTensor, output: ProgramTensor) {
        self.init(
            in_height: isDense ? 1 : UInt16(input.height), in_width: isDense ? 1 : UInt16(input.width),
            in_channels: UInt16(isDense ? input.count : input.channels),
            out_height: UInt16(output.height), out_width: UInt16(output.width), out_channels: UInt16(output.channels),
            kernel_height: UInt8(p.kernel_height), kernel_width: UInt8(p.kernel_width),
            stride_height: UInt8(p.stride_height), stride_width: UInt8(p.stride_width),
            pad_top: UInt8(p.pad_top), pad_left: UInt8(p.pad_left),
            in_zero_point: input.quantization.zeroPoint, away: UInt8(p.away))
    }
}
