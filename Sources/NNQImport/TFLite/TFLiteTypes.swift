// SPDX-License-Identifier: Apache-2.0
// The parts of a TensorFlow Lite model, decoded and in range.

/// The element types of TFLite's schema, by number.
enum TFLiteType: UInt8, Sendable {
    case float32, float16, int32, uint8, int64, string, bool, int16, complex64, int8, float64, complex128, uint64
    case resource, variant, uint32, uint16, int4, bfloat16

    /// Bytes of an element; nil where values are not plain arrays of bytes.
    var size: Int? {
        switch self {
        case .uint8, .int8, .bool: 1
        case .float16, .int16, .uint16, .bfloat16: 2
        case .float32, .int32, .uint32: 4
        case .int64, .uint64, .float64, .complex64: 8
        case .complex128: 16
        case .string, .resource, .variant, .int4: nil
        }
    }
}

/// `real = scale * (q - zero_point)`, per tensor or per slice along a dimension.
struct TFLiteQuantization: Sendable {
    /// One, or one for each index of `dimension`.
    var scales: [Float]
    var zeroPoints: [Int64]
    var dimension: Int
}

struct TFLiteTensor: Sendable {
    var name: String
    var type: TFLiteType
    /// Every extent is at least 1; their product fits 31 bits.
    var shape: [Int]
    /// True where the model leaves an extent other than the batch open.
    var isDynamic: Bool
    /// A state that stays from run to run.
    var isVariable: Bool
    /// Where the file has the values of a constant.
    var constant: Range<Int>?
    /// Where the quantization parameters are: decoded on use, since a file may share them among many tensors.
    var quantization: FlatTable?

    var count: Int { shape.reduce(1, *) }
}

struct TFLiteOperator: Sendable {
    var index: Int
    /// The number in TFLite's list of operators.
    var code: Int
    /// The name of the kind: `CONV_2D`, ...
    var kind: String
    /// Indices of tensors; -1 where an optional input is absent.
    var inputs: [Int]
    var outputs: [Int]
    /// States, and other tensors beside inputs and outputs.
    var intermediates: [Int]
    var options: FlatTable?
    /// The number in TFLite's list of options.
    var optionsType: UInt8
}

/// A model of one graph. Operators are in the order in which they run.
struct TFLiteModel: Sendable {
    var bytes: [UInt8]
    var tensors: [TFLiteTensor]
    var operators: [TFLiteOperator]
    var inputs: [Int]
    var outputs: [Int]

    /// An operator as people know it: its index, kind and the name of its output.
    func describe(_ operation: TFLiteOperator) -> String {
        let output = operation.outputs.first.map { " \"\(tensors[$0].name)\"" } ?? ""
        return "operator \(operation.index) (\(operation.kind)\(output))"
    }

    func failure(_ operation: TFLiteOperator, _ problem: String) -> ImportError {
        ImportError("\(describe(operation)): \(problem)")
    }

    /// A tensor as people know it.
    func describe(tensor: Int) -> String { "tensor \(tensor) (\"\(tensors[tensor].name)\")" }
}

extension [Int] {
    /// A shape as people write it.
    var shapeText: String { isEmpty ? "a scalar" : map(String.init).joined(separator: "x") }
}
