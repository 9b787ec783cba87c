// SPDX-License-Identifier: Apache-2.0
// Small networks with layers for tensors of any rank, sequences, and functions of one or two elements.

import NNQGraph

/// Any layer of two inputs: a path on each side, or a constant on the right.
private struct Two: Block {
    let layer: Layer
    let left: [any Block]
    let right: [any Block]
    var constant: Shape?

    init(_ layer: Layer, _ left: [any Block], _ right: [any Block]) {
        (self.layer, self.left, self.right) = (layer, left, right)
    }

    init(_ layer: Layer, constant: Shape) {
        self.init(layer, [], [])
        self.constant = constant
    }

    func append(to graph: inout Graph, after input: Int) -> Int {
        let first = left.reduce(input) { $1.append(to: &graph, after: $0) }
        let second = constant.map { graph.append(.constant($0), inputs: []) }
            ?? right.reduce(input) { $1.append(to: &graph, after: $0) }
        return graph.append(layer, inputs: [first, second])
    }
}

extension Case {
    static let elementwise: [Case] =
        smooth.map { function in
            around("\(function)") { AveragePool(2); Activate(function) }
        } + [
            around("hard sigmoid after conv") { Activate(.hardSigmoid(slope: 0.9, offset: 0.3)) },
            around("roots and logarithms") { Activate(.exp); Activate(.sqrt); Activate(.log) },
            around("reciprocal") { Activate(.exp); Activate(.reciprocal) },
            around("clip") { Conv2D(5, kernel: 3); Activate(.clip(low: -0.3, high: 0.5)) },
            around("thresholded") { Activate(.thresholdedReLU(threshold: 0.2)) },
            around("prelu") { Conv2D(5, kernel: 3); PReLU() },
            Case("prelu of a vector", [6]) { Dense(5); PReLU(); Dense(3) },
            around("l2 normalize") { L2Normalize() },
            around("multiply") { Combine(.multiply) { Conv2D(4, kernel: 1) } with: { Sigmoid() } },
            around("squeeze and excite") {
                Combine(.multiply) {} with: { GlobalAveragePool(); Dense(4); Sigmoid() }
            },
            around("subtract, broadcast") { Combine(.subtract) { GlobalMaxPool() } with: { Conv2D(4, kernel: 1) } },
            around("divide") { Combine(.divide) { Conv2D(4, kernel: 1) } with: { Activate(.exp) } },
            around("minimum") { Combine(.minimum) { Conv2D(4, kernel: 1) } with: {} },
            around("maximum, broadcast") {
                Combine(.maximum) { Conv2D(4, kernel: 1) } with: { Reduce(.mean, axes: [2], keepsExtents: true) }
            },
            around("add, broadcast, relu") { Residual { GlobalAveragePool(); Dense(4) }; ReLU() },
            around("constant") { Two(.add, constant: [7, 1]); Two(.binary(.multiply), constant: [4]) },
        ]

    private static let smooth: [Activation] = [
        .hardSwish, .silu, .gelu, .geluTanh, .mish, .elu(alpha: 0.7), .selu(alpha: 1.67, gamma: 1.05),
        .celu(alpha: 1.3), .softplus, .softsign, .exp, .square, .abs, .negate, .erf, .sin, .cos,
    ]

    static let anyRank: [Case] = [
        around("global max pool") { Conv2D(5, kernel: 2); GlobalMaxPool() },
        around("reduce mean") { Reduce(.mean, axes: [0, 1]) },
        around("reduce sum, channels kept") { Reduce(.sum, axes: [-1], keepsExtents: true) },
        around("reduce maximum") { Reduce(.maximum, axes: [1]) },
        around("reduce minimum") { Reduce(.minimum, axes: [0, 2]) },
        Case("reduce all", [6]) { Dense(5); Tanh(); Reduce(.sum, axes: [0]); Dense(3) },
        around("resize nearest up") { Resize(Pair(9, 14), .nearest(.floor), .asymmetric) },
        around("resize nearest down") { Resize(Pair(4, 3), .nearest(.halfUp), .halfPixel) },
        around("resize nearest corners") { Resize(Pair(11, 13), .nearest(.halfDown), .alignCorners) },
        around("resize bilinear up") { Resize(Pair(9, 14), .bilinear, .halfPixel) },
        around("resize bilinear down") { Resize(Pair(4, 5), .bilinear, .asymmetric) },
        around("resize bilinear corners") { Resize(Pair(7, 1), .bilinear, .alignCorners) },
        around("slice") { Slice(begin: [1, 6, 0], size: [2, 3, 3], step: [3, -2, 1]) },
        Case("slice a vector", [6]) { Dense(8); Slice(begin: [7], size: [4], step: [-2]); Dense(3) },
        around("transpose") { Transpose([2, 0, 1]); Conv2D(2, kernel: 2) },
        around("transpose of four axes") { Reshape([2, 3, 7, 4]); Transpose([3, 0, 2, 1]) },
        around("concat of rows") {
            Concat([[Conv2D(4, kernel: 3, padding: .same)], [], [MaxPool(Pair(2, 1))]], axis: 0)
        },
        around("concat of columns") { Concat([[AveragePool(Pair(1, 3))], []], axis: -2) },
        around("matmul") { Reshape([12, 14]); Two(.matmul(transposesA: true, transposesB: false), [Tanh()], []) },
        around("matmul by a constant") {
            Reshape([6, 28])
            Two(.matmul(transposesA: false, transposesB: true), constant: [5, 28])
        },
        around("matmul, both transposed") {
            Reshape([12, 14])
            Two(.matmul(transposesA: true, transposesB: true), [], [Transpose([1, 0])])
        },
        around("matmul, broadcast") {
            Reshape([2, 3, 7, 4])
            Two(.matmul(transposesA: false, transposesB: true), [], [Slice(begin: [0, 1, 0, 0], size: [2, 1, 5, 4])])
        },
        Case("matmul of a vector", [6]) {
            Dense(6)
            Two(.matmul(transposesA: false, transposesB: false), [], [Dense(24), Reshape([6, 4])])
        },
        around("transposed conv") { TransposedConv2D(5, kernel: 3) },
        around("transposed conv stride") { TransposedConv2D(5, kernel: 3, stride: 2, padding: .same); ReLU() },
        around("transposed conv stride 2x3, kernel 2") {
            TransposedConv2D(3, kernel: 2, stride: Pair(2, 3), padding: .same, bias: false)
        },
        around("transposed conv padding") {
            TransposedConv2D(
                3, kernel: Pair(4, 3), stride: Pair(2, 1), padding: .explicit(top: 1, bottom: 2, left: 0, right: 1),
                outputPadding: Pair(1, 0))
        },
        around("transposed conv groups") { TransposedConv2D(6, kernel: 3, stride: 2, groups: 2) },
        around("transposed conv dilation") { TransposedConv2D(3, kernel: 2, dilation: Pair(2, 3)) },
        around("transposed conv depthwise") { TransposedConv2D(4, kernel: 2, stride: 2, groups: 4) },
    ]

    static let sequences: [Case] = [
        Case("lstm", [5, 3]) { LSTM(4); Flatten(); Dense(3) },
        Case("lstm of one step", [1, 3]) { LSTM(4); Flatten(); Dense(3) },
        Case("lstm between", [6]) { Dense(12); Reshape([4, 3]); LSTM(2); Tanh(); LSTM(3); Flatten(); Dense(3) },
        Case("gru, reset after", [6]) { Dense(12); Reshape([4, 3]); GRU(5); Flatten(); Dense(3) },
        Case("gru, reset before", [6]) { Dense(12); Reshape([4, 3]); GRU(5, resetAfter: false); Flatten(); Dense(3) },
        Case("last step of a gru", [5, 3]) {
            GRU(4, resetAfter: false)
            Slice(begin: [4, 0], size: [1, 4])
            Reshape([4])
            Dense(3)
        },
        Case("embedding", [5], indices: 7) { Embedding(7, channels: 3); LSTM(4); Flatten(); Dense(3) },
        Case("embedding, mean", [3, 2], indices: 4) {
            Embedding(4, channels: 3)
            Reduce(.mean, axes: [0, 1])
            Dense(3)
        },
    ]
}
