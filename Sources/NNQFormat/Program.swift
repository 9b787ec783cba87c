// SPDX-License-Identifier: Apache-2.0
// The int8 program: what a .nnq file holds before memory is planned.

import CNNQ

/// `real = scale * (q - zeroPoint)`.
public struct Quantization: Hashable, Codable, Sendable {
    /// Finite and above 0.
    public var scale: Float
    public var zeroPoint: Int8

    public init(scale: Float, zeroPoint: Int8) {
        self.scale = scale
        self.zeroPoint = zeroPoint
    }

    /// The nearest int8 value, saturated; ties to even, NaN is the lowest.
    @inlinable
    public func quantize(_ real: Float) -> Int8 {
        let q = (real / scale).rounded(.toNearestOrEven) + Float(zeroPoint)
        return q >= 127 ? 127 : q > -128 ? Int8(q) : -128
    }

    @inlinable
    public func dequantize(_ q: some FixedWidthInteger) -> Float { scale * Float(Int(q) - Int(zeroPoint)) }
}

/// What the elements of a tensor are.
public enum ElementType: UInt8, Hashable, Sendable {
    case int8 = 0
    case int16 = 1
    case int32 = 2

    /// Bytes of one element.
    public var byteCount: Int { 1 << Int(rawValue) }
}

/// One activation: NHWC with N = 1; a vector of n elements is 1 x 1 x n.
public struct ProgramTensor: Hashable, Sendable {
    public var name: String
    public var height: Int
    public var width: Int
    public var channels: Int
    /// Zero point 0 for other types than int8.
    public var quantization: Quantization
    public var type: ElementType

    public init(
        name: String, height: Int, width: Int, channels: Int, quantization: Quantization, type: ElementType = .int8
    ) {
        self.name = name
        self.height = height
        self.width = width
        self.channels = channels
        self.quantization = quantization
        self.type = type
    }

    /// Elements.
    public var count: Int { height * width * channels }
    public var byteCount: Int { count * type.byteCount }
}

/// How one input of a concat becomes output: `clamp((q * multiplier + constant) >> shift)`.
public struct Rescale: Hashable, Sendable {
    public var constant: Int32
    public var multiplier: UInt16
    public var shift: UInt8

    public init(constant: Int32, multiplier: UInt16, shift: UInt8) {
        self.constant = constant
        self.multiplier = multiplier
        self.shift = shift
    }

    /// Copies.
    public static let identity = Rescale(constant: 1 << 13, multiplier: 1 << 14, shift: 14)
}

/// A place between two neighbours of the input's rows or columns.
public struct ResizePosition: Hashable, Sendable {
    /// The neighbour before it.
    public var lower: UInt16
    /// How far it is from there to the next one, in units of 1/1024: 0 ... 1023, and 0 at the last one.
    public var fraction: UInt16

    public init(lower: UInt16, fraction: UInt16) {
        self.lower = lower
        self.fraction = fraction
    }
}

/// One op with its constants. The parameter structures are those of ops.def; their DATA fields, `opcode` and the `shift`
/// of ops with filters are filled in by the writer and meaningless here.
public enum Operation: Sendable {
    /// Filter `[out_c, kernel_h, kernel_w, in_c / groups]`.
    case conv2D(nnq_conv2d_params, filter: [Int8], Requantization)
    /// Filter `[kernel_h, kernel_w, c]`.
    case depthwiseConv2D(nnq_depthwise_conv2d_params, filter: [Int8], Requantization)
    /// Filter `[out, in]`.
    case dense(nnq_dense_params, filter: [Int8], Requantization)
    case maxPool(nnq_max_pool_params)
    /// One multiplier, or one for each number of elements under the window (SPEC.md, section 5).
    case averagePool(nnq_average_pool_params, multipliers: [Int32])
    case add(nnq_add_params)
    case concat(axis: Int, [Rescale])
    case pad(nnq_pad_params)
    /// 256 values, by `q + 128`.
    case table([Int8])
    /// `round(65535 * exp(-d * scale))` by d, 1 to 256 values.
    case softmax([UInt16])
    case reshape
    case slice(nnq_slice_params)
    case transpose(nnq_transpose_params)
    /// The input row of each output row, and the input column of each output column.
    case resizeNearest(rows: [UInt16], columns: [UInt16])
    /// Where each output row, and each output column, lies in the input.
    case resizeBilinear(rows: [ResizePosition], columns: [ResizePosition])
    /// Table `[count, channels]`, of which each index of the input picks a row; the op's `count` says how many it has.
    case gather(nnq_gather_params, table: [Int8])
    case argMax(nnq_arg_max_params)
    /// Filter `[out_c, kernel_h, kernel_w, in_c / groups]`.
    case transposeConv2D(nnq_transpose_conv2d_params, filter: [Int8], Requantization)
    case batchMatmul(nnq_batch_matmul_params)
    /// The elements, row by row, as they lie in a file: little-endian.
    case constant(bytes: [UInt8])
    /// TensorFlow Lite Micro's ADD or SUB; the inputs' extents are the output's or 1, as for all ops of two inputs.
    case tfliteAdd(nnq_tflite_add_params)
    case mul(nnq_mul_params)
    case minimum
    case maximum
    /// The inputs are the activations and the slopes.
    case prelu(nnq_prelu_params)
    /// TensorFlow Lite Micro's SOFTMAX, over channels.
    case tfliteSoftmax(nnq_tflite_softmax_params)
    /// TensorFlow Lite Micro's L2_NORMALIZATION, over channels.
    case l2Normalize
    case reduce(nnq_reduce_params)

    /// The constant of these int8 elements.
    public static func constant(_ values: [Int8]) -> Operation {
        .constant(bytes: values.map { UInt8(bitPattern: $0) })
    }
    /// Gates input, forget, cell, output; inputs are a sequence, the hidden state and the cell state, and the last two
    /// are updated.
    case lstm(nnq_lstm_params, Gates)
    /// Gates update, reset, new; inputs are a sequence, the hidden state and the memory, and the last two are updated.
    case gru(resetAfter: Bool, Gates)
    /// Inputs are a vector and the state, which is updated.
    case svdf(nnq_svdf_params, TimeFilters)
    /// An op on int16 activations.
    case int16(Int16Operation)
    /// A convolution, depthwise convolution or dense layer with constants laid out for one instruction set.
    case packed(PackedOperation)
}

/// An op at its place: it reads tensors, and op k writes tensor `inputCount + k` of its program.
public struct ProgramOperation: Hashable, Sendable {
    public var operation: Operation
    /// Indices of tensors that come before the op's own output.
    public var inputs: [Int]

    public init(_ operation: Operation, inputs: [Int]) {
        self.operation = operation
        self.inputs = inputs
    }
}

/// An int8 network: inputs, ops in the order in which they run, outputs.
public struct Program: Hashable, Sendable {
    /// The inputs, then the output of each op.
    public var tensors: [ProgramTensor]
    /// States included.
    public var inputCount: Int
    /// The last inputs are states: what the network remembers from run to run. They begin as their zero points.
    public var stateCount: Int
    public var operations: [ProgramOperation]
    /// Indices of the tensors that the program returns.
    public var outputs: [Int]
    public var info: ProgramInfo

    public init(
        tensors: [ProgramTensor], inputCount: Int, stateCount: Int = 0, operations: [ProgramOperation],
        outputs: [Int], info: ProgramInfo = ProgramInfo()
    ) {
        self.tensors = tensors
        self.inputCount = inputCount
        self.stateCount = stateCount
        self.operations = operations
        self.outputs = outputs
        self.info = info
    }
}
