// SPDX-License-Identifier: Apache-2.0
// Small networks, one for each layer and option, that forward and gradient tests share.

import NNQGraph
import Testing

/// A network with the layer under test between trained ones, so that its input's gradient is tested too.
struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let input: Shape
    /// Inputs are whole numbers below this, where given.
    var indices: Int?
    let blocks: @Sendable () -> [any Block]

    var testDescription: String { name }

    init(
        _ name: String, _ input: Shape, indices: Int? = nil,
        @BlockBuilder _ blocks: @escaping @Sendable () -> [any Block]
    ) {
        self.name = name
        self.indices = indices
        self.input = input
        self.blocks = blocks
    }

    /// Random values for so many samples.
    func samples(_ count: Int, seed: UInt64) -> [Float] {
        let values = Noise.values(count * input.count, seed: seed)
        guard let indices else { return values }
        return values.map { (($0 + 1) / 2 * Float(indices)).rounded(.down) }
    }

    func model(seed: UInt64) throws -> Model {
        var model = try Model(graph: Graph(input: input, blocks: blocks()), seed: seed)
        // Biases, gammas and statistics that are not all alike.
        for (name, tensor) in model.parameters where !name.hasSuffix(".weight") || name.hasPrefix("batch_norm") {
            let values = Noise.values(tensor.count, seed: seed &+ UInt64(name.utf8.count))
            let isPositive = name.hasSuffix("running_var") || name.hasSuffix(".weight")
            model.parameters[name]!.values = isPositive ? values.map { 1 + 0.5 * abs($0) } : values.map { 0.3 * $0 }
        }
        return model
    }

    static let all =
        dense + convolutions + pools + norms + functions + shapes + residuals + elementwise + anyRank + sequences

    private static let dense = [
        Case("dense", [5]) { Dense(4); Tanh(); Dense(3) },
        Case("dense without bias", [5]) { Dense(4, bias: false); Sigmoid(); Dense(3, bias: false) },
        Case("dense on a map", [3, 4, 2]) { Conv2D(5, kernel: 2); Dense(3) },
        Case("dense on 8 channels", [3, 4, 2]) { Conv2D(8, kernel: 2); ReLU(); Flatten(); Dense(3) },
    ]

    static func around(
        _ name: String, @BlockBuilder _ middle: @escaping @Sendable () -> [any Block]
    ) -> Case {
        Case(name, [6, 7, 3]) {
            Conv2D(4, kernel: 1)
            middle()
            Flatten()
            Dense(3)
        }
    }

    private static let convolutions = [
        around("conv valid") { Conv2D(5, kernel: 3) },
        around("conv same") { Conv2D(5, kernel: 3, padding: .same) },
        around("conv 5x2") { Conv2D(3, kernel: Pair(5, 2), padding: .same) },
        around("conv stride") { Conv2D(5, kernel: 3, stride: 2, padding: .same) },
        around("conv stride 2x3") { Conv2D(5, kernel: 3, stride: Pair(2, 3)) },
        around("conv asymmetric padding") {
            Conv2D(5, kernel: 3, padding: .explicit(top: 2, bottom: 0, left: 1, right: 2))
        },
        around("conv dilation") { Conv2D(5, kernel: 3, padding: .same, dilation: 2) },
        around("conv dilation 1x2 stride 2") { Conv2D(4, kernel: 3, stride: 2, padding: .same, dilation: Pair(1, 2)) },
        around("conv groups") { Conv2D(6, kernel: 3, padding: .same, groups: 2) },
        around("conv groups stride dilation") { Conv2D(8, kernel: 2, stride: 2, dilation: 2, groups: 4, bias: false) },
        around("conv 1x1 stride") { Conv2D(8, kernel: 1, stride: 2, padding: .same) },
        around("depthwise") { DepthwiseConv2D(kernel: 3, padding: .same) },
        around("depthwise stride dilation") { DepthwiseConv2D(kernel: 2, stride: 2, dilation: 2, bias: false) },
        around("depthwise multiplier") { DepthwiseConv2D(kernel: 3, stride: 2, padding: .same, multiplier: 3) },
        Case("conv of one channel", [8, 8, 1]) { Conv2D(6, kernel: 5, padding: .same); ReLU(); Flatten(); Dense(3) },
        Case("first conv of two channels, stride 2x1", [9, 7, 2]) {
            Conv2D(20, kernel: Pair(4, 3), stride: Pair(2, 1), padding: .explicit(top: 0, bottom: 3, left: 2, right: 1))
            Tanh()
            Flatten()
            Dense(2)
        },
        Case("first conv of three channels", [8, 8, 3]) {
            Conv2D(16, kernel: 3, stride: 2, padding: .same, bias: false)
            ReLU()
            Flatten()
            Dense(2)
        },
        Case("conv 16 to 16", [6, 6, 3]) {
            Conv2D(16, kernel: 3, padding: .same)
            ReLU()
            Conv2D(16, kernel: 3, padding: .same)
            Flatten()
            Dense(2)
        },
    ]

    private static let pools = [
        around("max pool") { MaxPool(2) },
        around("relu, max pool") { Conv2D(6, kernel: 1); ReLU(); MaxPool(2) },
        around("max pool overlapping") { MaxPool(3, stride: 2, padding: .same) },
        around("max pool asymmetric") {
            MaxPool(3, stride: 2, padding: .explicit(top: 1, bottom: 2, left: 2, right: 0))
        },
        around("max pool with gaps") { Conv2D(19, kernel: 1); MaxPool(Pair(1, 2), stride: Pair(2, 3)) },
        around("average pool") { AveragePool(2) },
        around("average pool padded") { AveragePool(3, stride: 2, padding: .same) },
        Case("global average pool", [5, 4, 3]) { Conv2D(6, kernel: 2); GlobalAveragePool(); Dense(3) },
        Case("global average pool, then relu", [5, 4, 3]) {
            Conv2D(6, kernel: 2)
            GlobalAveragePool()
            ReLU()
            Dense(3)
        },
        Case("global average pool last", [5, 4, 3]) { Conv2D(3, kernel: 2); GlobalAveragePool() },
    ]

    private static let norms = [
        around("batch norm") { BatchNorm() },
        around("batch norm, relu") { Conv2D(8, kernel: 3, bias: false); BatchNorm(); ReLU() },
        around("batch norm, relu6") { Conv2D(5, kernel: 3); BatchNorm(); ReLU6() },
        Case("batch norm of a vector", [6]) { Dense(5); BatchNorm(); ReLU(); Dense(3) },
        Case("batch norm after global pool", [4, 4, 2]) {
            Conv2D(5, kernel: 1)
            GlobalAveragePool()
            BatchNorm()
            Dense(3)
        },
    ]

    private static let functions = [
        around("relu fused") { Conv2D(5, kernel: 3); ReLU() },
        around("relu6 fused") { Conv2D(5, kernel: 3); ReLU6() },
        around("leaky fused") { Conv2D(5, kernel: 3); LeakyReLU(slope: 0.1) },
        around("leaky, falling") { Conv2D(5, kernel: 3); LeakyReLU(slope: -0.1) },
        around("sigmoid fused") { Conv2D(5, kernel: 3); Sigmoid() },
        around("tanh fused") { Conv2D(5, kernel: 3); Tanh() },
        around("relu alone") { MaxPool(2); ReLU() },
        around("relu6 alone") { MaxPool(2); ReLU6() },
        around("leaky alone") { AveragePool(2); LeakyReLU(slope: 0.2) },
        around("sigmoid alone") { AveragePool(2); Sigmoid() },
        around("tanh alone") { AveragePool(2); Tanh() },
        around("softmax over channels") { Conv2D(5, kernel: 2); Softmax() },
        Case("softmax between", [4]) { Dense(5); Softmax(); Dense(3) },
        Case("trailing relu", [4]) { Dense(5); Tanh(); Dense(3); ReLU() },
    ]

    private static let shapes = [
        around("pad") { Pad(top: 1, bottom: 2, left: 3) },
        around("pad, conv") { Pad(top: 1, left: 1, right: 2); Conv2D(5, kernel: 3) },
        around("reshape") { Reshape([7, 6, 4]); Conv2D(3, kernel: 2) },
        around("reshape to a matrix") { Reshape([14, 12]); Softmax() },
        Case("reshape a vector", [6]) { Dense(12); Reshape([2, 3, 2]); Conv2D(3, kernel: 2); Flatten(); Dense(2) },
        around("concat") {
            Concat([[Conv2D(3, kernel: 3, padding: .same)], [], [MaxPool(3, stride: 1, padding: .same)]])
        },
        Case("concat of vectors", [5]) { Concat { Dense(3) } and: { Dense(4); ReLU() }; Dense(2) },
        around("flatten, relu") { Flatten(); ReLU() },
    ]

    private static let residuals = [
        around("residual") { Residual { Conv2D(4, kernel: 3, padding: .same) }; ReLU() },
        around("residual, two convs") {
            Conv2D(8, kernel: 3, padding: .same)
            ReLU()
            Residual {
                Conv2D(8, kernel: 3, padding: .same)
                BatchNorm()
                ReLU()
                Conv2D(8, kernel: 3, padding: .same)
                BatchNorm()
            }
            ReLU()
        },
        around("residual with shortcut") {
            Residual {
                Conv2D(8, kernel: 3, stride: 2, padding: .same)
                BatchNorm()
            } shortcut: {
                Conv2D(8, kernel: 1, stride: 2, padding: .same)
            }
            ReLU()
        },
        around("residual of pool") { Residual { AveragePool(3, stride: 1, padding: .same) } shortcut: { Tanh() } },
        around("read three times") {
            ReLU()
            Residual { Residual { Conv2D(4, kernel: 1) } }
            Sigmoid()
        },
        around("added to itself") { Residual {} },
    ]
}

/// Numbers between -1 and 1 from a seed.
enum Noise {
    static func values(_ count: Int, seed: UInt64) -> [Float] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        return (0..<count).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Float(Int64(bitPattern: state) >> 40) * 0x1p-23
        }
    }
}
