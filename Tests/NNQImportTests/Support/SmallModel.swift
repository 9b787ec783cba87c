// SPDX-License-Identifier: Apache-2.0
// Small TFLite models, written field by field, so that tests can damage any of them.

/// A tensor of a `SmallModel`.
struct SmallTensor {
    enum Kind: UInt8 {
        case float32 = 0, float16 = 1, int32 = 2, uint8 = 3, int16 = 7, int8 = 9
    }

    var name: String
    var shape: [Int32]
    var kind: Kind = .int8
    var scales: [Float] = [0.5]
    var zeroPoint: Int64 = 0
    var dimension: Int32 = 0
    var signature: [Int32] = []
    var data: [UInt8] = []
    /// Fields beside those above.
    var extra: [Int: Flat] = [:]
}

struct SmallOperator {
    var code: Int
    var inputs: [Int32]
    var outputs: [Int32]
    var optionsType: UInt8 = 0
    var options: [Int: Flat]?
    var custom = ""
}

/// A model of one graph.
struct SmallModel {
    var tensors: [SmallTensor]
    var operators: [SmallOperator]
    var inputs: [Int32] = [0]
    var outputs: [Int32]
    var subgraphs = 1
    /// Buffers that tensors name by `extra[2]`, from number `tensors.count + 1`.
    var buffers: [Flat] = []

    var root: Flat {
        .table([
            0: .u32(3),
            1: .vector(operators.map(\.kind)),
            2: .vector(Array(repeating: graph, count: subgraphs)),
            4: .vector([.table([:])] + tensors.map { .table($0.data.isEmpty ? [:] : [0: .bytes($0.data)]) } + buffers),
        ])
    }

    var bytes: [UInt8] { root.file() }

    private var graph: Flat {
        .table([
            0: .vector(tensors.indices.map { tensors[$0].table(buffer: $0 + 1) }),
            1: .int32s(inputs), 2: .int32s(outputs),
            3: .vector(operators.indices.map { operators[$0].table(kind: $0) }),
        ])
    }

    /// A convolution of a 4x4 map to two channels, the second of which has a filter of zeros, and a reshape.
    static var convolution: SmallModel {
        SmallModel(
            tensors: [
                SmallTensor(name: "map", shape: [1, 4, 4, 1], scales: [0.1], zeroPoint: 3),
                SmallTensor(
                    name: "filter", shape: [2, 3, 3, 1], scales: [0.02, 1e-30],
                    data: [1, 2, 3, 255, 254, 253, 5, 6, 7] + [UInt8](repeating: 0, count: 9)),
                // As person_detect has it: one axis, quantized along the fourth.
                SmallTensor(
                    name: "bias", shape: [2], kind: .int32, scales: [0.002, 1e-31], dimension: 3,
                    data: [10, 0, 0, 0, 255, 255, 255, 127]),
                SmallTensor(name: "features", shape: [1, 4, 4, 2], scales: [0.05], zeroPoint: -4),
                SmallTensor(name: "flat", shape: [1, 32], scales: [0.05], zeroPoint: -4),
            ],
            operators: [
                SmallOperator(code: 3, inputs: [0, 1, 2], outputs: [3], optionsType: 1, options: [
                    0: .u8(0), 1: .i32(1), 2: .i32(1), 3: .u8(0), 4: .i32(1), 5: .i32(1),
                ]),
                SmallOperator(code: 22, inputs: [3], outputs: [4]),
            ],
            outputs: [4])
    }

    /// A function of one element.
    static func unary(
        _ code: Int, from scale: Float, _ zero: Int64, to outputScale: Float, _ outputZero: Int64,
        optionsType: UInt8 = 0, options: [Int: Flat]? = nil
    ) -> SmallModel {
        SmallModel(
            tensors: [
                SmallTensor(name: "x", shape: [1, 256], scales: [scale], zeroPoint: zero),
                SmallTensor(name: "y", shape: [1, 256], scales: [outputScale], zeroPoint: outputZero),
            ],
            operators: [
                SmallOperator(code: code, inputs: [0], outputs: [1], optionsType: optionsType, options: options)
            ],
            outputs: [1])
    }
}

extension SmallTensor {
    fileprivate func table(buffer: Int) -> Flat {
        var fields: [Int: Flat] = [
            0: .int32s(shape), 1: .u8(kind.rawValue), 2: .u32(UInt32(buffer)), 3: .text(name),
        ]
        if kind != .float32, !scales.isEmpty {
            fields[4] = .table([
                2: .floats(scales), 3: .int64s(Array(repeating: zeroPoint, count: scales.count)), 6: .i32(dimension),
            ])
        }
        if !signature.isEmpty { fields[7] = .int32s(signature) }
        return .table(fields.merging(extra) { $1 })
    }
}

extension SmallOperator {
    fileprivate var kind: Flat {
        var fields: [Int: Flat] = [0: .u8(UInt8(min(code, 127))), 3: .i32(Int32(code))]
        if !custom.isEmpty { fields[1] = .text(custom) }
        return .table(fields)
    }

    fileprivate func table(kind: Int) -> Flat {
        var fields: [Int: Flat] = [0: .u32(UInt32(kind)), 1: .int32s(inputs), 2: .int32s(outputs)]
        if let options { (fields[3], fields[4]) = (.u8(optionsType), .table(options)) }
        return .table(fields)
    }
}
