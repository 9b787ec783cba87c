// SPDX-License-Identifier: Apache-2.0
// An executor of int8 programs that shares nothing with the runtime: SPEC.md's formulas, written down once more.

import NNQFormat

/// Runs programs in plain integers, one output element after another, and checks every bound on the way.
public enum Oracle {
    /// The bytes of all tensors of a program, by index, after it ran on these inputs; elements of more than one byte in
    /// this machine's order. States begin as their zero points, unless `inputs` has them.
    /// - Throws: `OracleError` where shapes do not fit or a sum leaves 32 bits.
    public static func run(_ program: Program, inputs: [[Int8]]) throws -> [[Int8]] {
        let given = program.inputCount - program.stateCount
        guard inputs.count == given || inputs.count == program.inputCount else {
            throw OracleError("there are \(inputs.count) inputs")
        }
        var maps = try zip(program.tensors, inputs).map { try Map($0, bytes: $1) }
        for state in program.tensors[inputs.count..<program.inputCount] {
            maps.append(try Map(state, values: Array(repeating: Int(state.quantization.zeroPoint), count: state.count)))
        }
        for (index, operation) in program.operations.enumerated() {
            let shape = program.tensors[program.inputCount + index]
            let inputs = operation.inputs.map { maps[$0] }
            do {
                if let recollection = try remember(operation.operation, inputs, shape) {
                    for (input, map) in zip(operation.inputs.dropFirst(), recollection.updated) { maps[input] = map }
                    maps.append(recollection.output)
                } else {
                    maps.append(try apply(operation.operation, inputs, shape))
                }
            } catch let error as OracleError {
                throw OracleError("op \(index): \(error.reason)")
            }
        }
        return maps.map(\.bytes)
    }

    private static func apply(_ operation: Operation, _ inputs: [Map], _ shape: ProgramTensor) throws -> Map {
        switch operation {
        case .conv2D(let p, let filter, let block):
            try convolve(inputs[0], shape, Window(p), Affine(p), filter, block, groups: Int(p.groups))
        case .depthwiseConv2D(let p, let filter, let block):
            try convolveDepthwise(inputs[0], shape, Window(p), Affine(p), filter, block)
        case .dense(let p, let filter, let block): try dense(inputs[0], shape, Affine(p), filter, block)
        case .maxPool(let p): try maxPool(inputs[0], shape, p)
        case .averagePool(let p, let multipliers): try averagePool(inputs[0], shape, p, multipliers)
        case .add(let p): try add(inputs[0], inputs[1], shape, p)
        case .concat(let axis, let rescales): try concat(inputs, shape, axis: axis, rescales)
        case .pad(let p): try pad(inputs[0], shape, p)
        case .table(let values): try table(inputs[0], shape, values)
        case .softmax(let exponentials): try softmax(inputs[0], shape, exponentials)
        case .reshape: try Map(shape, values: inputs[0].values)
        case .slice(let p): try slice(inputs[0], shape, p)
        case .transpose(let p): try transpose(inputs[0], shape, p)
        case .resizeNearest(let rows, let columns): try resizeNearest(inputs[0], shape, rows, columns)
        case .resizeBilinear(let rows, let columns): try resizeBilinear(inputs[0], shape, rows, columns)
        case .gather(let p, let table): try gather(inputs[0], shape, p, table)
        case .argMax(let p): try argMax(inputs[0], shape, p)
        case .transposeConv2D(let p, let filter, let block):
            try convolveTransposed(inputs[0], shape, p, filter, block)
        case .batchMatmul(let p): try batchMatmul(inputs[0], inputs[1], shape, p)
        case .constant(let bytes): try Map(shape, bytes: bytes.map { Int8(bitPattern: $0) })
        case .tfliteAdd(let p): try tfliteAdd(inputs[0], inputs[1], shape, p)
        case .mul(let p): try mul(inputs[0], inputs[1], shape, p)
        case .minimum: try choose(inputs[0], inputs[1], shape, min)
        case .maximum: try choose(inputs[0], inputs[1], shape, max)
        case .prelu(let p): try prelu(inputs[0], inputs[1], shape, p)
        case .tfliteSoftmax(let p): try tfliteSoftmax(inputs[0], shape, p)
        case .l2Normalize: try l2Normalize(inputs[0], shape)
        case .reduce(let p): try reduce(inputs[0], shape, p)
        case .lstm, .gru, .svdf: throw OracleError("an op that remembers")
        case .int16(let operation): try wide(operation, inputs, shape)
        case .packed: throw OracleError("a packed op: compare with the program before it was packed")
        }
    }
}

/// What the oracle found wrong.
public struct OracleError: Error, CustomStringConvertible {
    public let reason: String
    public var description: String { reason }

    init(_ reason: String) { self.reason = reason }
}

/// A tensor with its values.
struct Map {
    let shape: ProgramTensor
    var values: [Int]

    init(_ shape: ProgramTensor, values: [Int]) throws {
        guard values.count == shape.count else {
            throw OracleError("\(values.count) values for \(shape.height) x \(shape.width) x \(shape.channels)")
        }
        self.shape = shape
        self.values = values
    }

    /// A tensor of these bytes.
    init(_ shape: ProgramTensor, bytes: [Int8]) throws {
        let values = bytes.withUnsafeBytes { raw in
            switch shape.type {
            case .int8: bytes.map { Int($0) }
            case .int16: (0..<bytes.count / 2).map { Int(raw.loadUnaligned(fromByteOffset: 2 * $0, as: Int16.self)) }
            case .int32: (0..<bytes.count / 4).map { Int(raw.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self)) }
            }
        }
        try self.init(shape, values: values)
    }

    var bytes: [Int8] {
        switch shape.type {
        case .int8: values.map { Int8($0) }
        case .int16: values.flatMap { value in withUnsafeBytes(of: Int16(value)) { $0.map { Int8(bitPattern: $0) } } }
        case .int32: values.flatMap { value in withUnsafeBytes(of: Int32(value)) { $0.map { Int8(bitPattern: $0) } } }
        }
    }

    /// A tensor made element by element.
    init(_ shape: ProgramTensor, _ element: (_ y: Int, _ x: Int, _ c: Int) throws -> Int) throws {
        self.shape = shape
        values = []
        values.reserveCapacity(shape.count)
        for y in 0..<shape.height {
            for x in 0..<shape.width {
                for c in 0..<shape.channels {
                    let value = try element(y, x, c)
                    let limit = 1 << (8 * shape.type.byteCount - 1)
                    guard (-limit..<limit).contains(value) else { throw OracleError("not an \(shape.type)") }
                    values.append(value)
                }
            }
        }
    }

    var zeroPoint: Int { Int(shape.quantization.zeroPoint) }

    func contains(_ y: Int, _ x: Int) -> Bool { y >= 0 && y < shape.height && x >= 0 && x < shape.width }

    /// The element, or the zero point outside of the map.
    func tap(_ y: Int, _ x: Int, _ c: Int) -> Int { contains(y, x) ? self[y, x, c] : zeroPoint }

    subscript(y: Int, x: Int, c: Int) -> Int { values[(y * shape.width + x) * shape.channels + c] }
}

/// A value that fits in an int32 of magnitude at most 2^31 - 1.
func checked32(_ value: Int) throws -> Int {
    guard value.magnitude <= UInt(Int32.max) else { throw OracleError("\(value) leaves 32 bits") }
    return value
}

/// floor(a / 2^n).
func floorShift(_ value: Int, _ n: Int) -> Int {
    let divisor = 1 << n
    let quotient = value / divisor
    return value % divisor < 0 ? quotient - 1 : quotient
}

/// a / b to the nearest, ties away from zero; b is above 0.
func roundAway(_ a: Int, _ b: Int) -> Int {
    let magnitude = (2 * Int(a.magnitude) + b) / (2 * b)
    return a < 0 ? -magnitude : magnitude
}
