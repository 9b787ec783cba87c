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
    public func dequantize(_ q: Int8) -> Float { scale * Float(Int(q) - Int(zeroPoint)) }
}

/// One activation: NHWC with N = 1; a vector of n elements is 1 x 1 x n.
public struct ProgramTensor: Hashable, Sendable {
    public var name: String
    public var height: Int
    public var width: Int
    public var channels: Int
    public var quantization: Quantization

    public init(name: String, height: Int, width: Int, channels: Int, quantization: Quantization) {
        self.name = name
        self.height = height
        self.width = width
        self.channels = channels
        self.quantization = quantization
    }

    /// Elements, which is also bytes.
    public var count: Int { height * width * channels }
}

/// How an accumulator becomes an output, for each output channel (SPEC.md, section 4).
public struct Requantization: Hashable, Sendable {
    public var bias: [Int32]
    public var multiplier: [Int32]
    public var shift: [UInt8]

    /// - Precondition: the three have one element a channel.
    public init(bias: [Int32], multiplier: [Int32], shift: [UInt8]) {
        precondition(bias.count == multiplier.count && bias.count == shift.count)
        self.bias = bias
        self.multiplier = multiplier
        self.shift = shift
    }
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

/// One op with its constants. The parameter structures are those of ops.def; their DATA fields and `opcode` are filled
/// in by the writer and meaningless here.
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
    /// Filter `[out_c, kernel_h, kernel_w, in_c / groups]`.
    case transposeConv2D(nnq_transpose_conv2d_params, filter: [Int8], Requantization)
    case batchMatmul(nnq_batch_matmul_params)
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

/// What tools know of a program beside its arithmetic; the info section of a file. All of it may be empty.
public struct ProgramInfo: Hashable, Codable, Sendable {
    public struct Normalization: Hashable, Codable, Sendable {
        /// In the raw input's units; one number, or one a channel.
        public var mean: [Float]
        public var std: [Float]

        public init(mean: [Float], std: [Float]) {
            self.mean = mean
            self.std = std
        }
    }

    /// Names of tensors by index. Only a file's: a program's names are those of its tensors, which the writer puts here
    /// and the reader takes from here.
    public var tensors: [String]?
    /// Names of classes by output index.
    public var classes: [String]?
    /// `classification`, `binary` or `regression`.
    public var task: String?
    public var normalization: Normalization?
    /// True where raw inputs are pixels, 0 ... 255.
    public var byteInput: Bool?

    public init(
        tensors: [String]? = nil, classes: [String]? = nil, task: String? = nil, normalization: Normalization? = nil,
        byteInput: Bool? = nil
    ) {
        self.tensors = tensors
        self.classes = classes
        self.task = task
        self.normalization = normalization
        self.byteInput = byteInput
    }

    enum CodingKeys: String, CodingKey {
        case tensors, classes, task, normalization
        case byteInput = "byte_input"
    }
}

/// An int8 network: inputs, ops in the order in which they run, outputs.
public struct Program: Hashable, Sendable {
    /// The inputs, then the output of each op.
    public var tensors: [ProgramTensor]
    public var inputCount: Int
    public var operations: [ProgramOperation]
    /// Indices of the tensors that the program returns.
    public var outputs: [Int]
    public var info: ProgramInfo

    public init(
        tensors: [ProgramTensor], inputCount: Int, operations: [ProgramOperation], outputs: [Int],
        info: ProgramInfo = ProgramInfo()
    ) {
        self.tensors = tensors
        self.inputCount = inputCount
        self.operations = operations
        self.outputs = outputs
        self.info = info
    }
}
