// SPDX-License-Identifier: Apache-2.0
// Shapes of every layer, and every sentence about layers that cannot be.

import NNQGraph
import Testing

@Suite struct ShapeTests {
    struct Case: Sendable {
        var layer: Layer
        var input: Shape = [8, 6, 4]
        var output: Shape
    }

    static let cases: [Case] = [
        Case(layer: .dense(units: 7, bias: true), output: [7]),
        Case(layer: .conv2D(filters: 5, window: Window(kernel: 3), groups: 1, bias: true), output: [6, 4, 5]),
        Case(
            layer: .conv2D(filters: 6, window: Window(kernel: 3, padding: .same), groups: 2, bias: true),
            output: [8, 6, 6]),
        Case(
            layer: .conv2D(
                filters: 1, window: Window(kernel: 3, stride: Pair(3, 4), padding: .same), groups: 1, bias: true),
            output: [3, 2, 1]),
        Case(
            layer: .conv2D(
                filters: 1, window: Window(kernel: Pair(2, 3), stride: 2, dilation: Pair(3, 2)), groups: 1,
                bias: false),
            output: [3, 1, 1]),
        Case(
            layer: .conv2D(
                filters: 2, window: Window(kernel: 3, padding: .explicit(top: 1, bottom: 2, left: 0, right: 3)),
                groups: 1, bias: true),
            output: [9, 7, 2]),
        Case(layer: .depthwiseConv2D(multiplier: 3, window: Window(kernel: 2), bias: true), output: [7, 5, 12]),
        Case(layer: .maxPool(Window(kernel: 2, stride: 2)), output: [4, 3, 4]),
        Case(layer: .averagePool(Window(kernel: 3, stride: 2, padding: .same)), output: [4, 3, 4]),
        Case(layer: .globalAveragePool, output: [4]),
        Case(layer: .batchNorm(epsilon: 1e-3, momentum: 0.1), output: [8, 6, 4]),
        Case(layer: .activation(.tanh), output: [8, 6, 4]),
        Case(layer: .softmax, output: [8, 6, 4]),
        Case(layer: .flatten, output: [192]),
        Case(layer: .reshape([4, 48]), output: [4, 48]),
        Case(layer: .dropout(rate: 0), output: [8, 6, 4]),
        Case(layer: .pad(Margins(top: 1, bottom: 2, left: 3, right: 4)), output: [11, 13, 4]),
    ]

    @Test(arguments: cases)
    func followsTheRule(_ test: Case) throws {
        var graph = Graph()
        graph.append(.input(test.input), inputs: [])
        graph.outputs = [graph.append(test.layer, inputs: [0])]
        #expect(try graph.shapes() == [test.input, test.output])
    }

    @Test func joins() throws {
        var graph = Graph()
        graph.append(.input([2, 3, 4]), inputs: [])
        graph.append(.input([2, 3, 1]), inputs: [])
        graph.append(.concat(), inputs: [0, 1, 0])
        graph.append(.add, inputs: [2, 2])
        graph.outputs = [3]
        #expect(try graph.shapes().suffix(2) == [[2, 3, 9], [2, 3, 9]])
        #expect(graph.inputs == [0, 1])
        #expect(graph.consumers == [[2], [2], [3], []])
    }

    struct Broken: Sendable {
        var nodes: [Node]
        var outputs = [1]
        var sentence: String

        /// One layer after an input.
        init(_ layer: Layer, on input: Shape = [8, 6, 4], _ sentence: String) {
            nodes = [Node(name: "in", layer: .input(input), inputs: []), Node(name: "x", layer: layer, inputs: [0])]
            self.sentence = "layer 'x' (\(layer.keyword)): \(sentence)"
        }

        init(_ nodes: [Node], outputs: [Int] = [1], whole sentence: String) {
            self.nodes = nodes
            self.outputs = outputs
            self.sentence = sentence
        }
    }

    static let extents = "every extent is at least 1 and at most 2^24, all together at most 2^30"

    static let broken: [Broken] = [
        Broken(.dense(units: 0, bias: true), "units is 0, at least 1 is needed"),
        Broken(
            .conv2D(filters: 0, window: Window(kernel: 1), groups: 1, bias: true), "filters and groups are at least 1"),
        Broken(
            .conv2D(filters: 1, window: Window(kernel: 1), groups: 0, bias: true), "filters and groups are at least 1"),
        Broken(
            .conv2D(filters: 6, window: Window(kernel: 1), groups: 3, bias: true),
            "4 input and 6 output channels: groups (3) must divide both"),
        Broken(
            .conv2D(filters: 6, window: Window(kernel: 1), groups: 4, bias: true),
            "4 input and 6 output channels: groups (4) must divide both"),
        Broken(
            .conv2D(filters: 1, window: Window(kernel: 1), groups: 1, bias: true), on: [9],
            "needs a map [height, width, channels] and is given 9: reshape before it"),
        Broken(
            .conv2D(filters: 1, window: Window(kernel: 9), groups: 1, bias: true),
            "a 9x9 window does not fit into 8x6x4: use smaller kernels or padding"),
        Broken(
            .conv2D(filters: 1, window: Window(kernel: 3, dilation: Pair(1, 3)), groups: 1, bias: true),
            "a 3x7 window does not fit into 8x6x4: use smaller kernels or padding"),
        Broken(
            .conv2D(filters: 1, window: Window(kernel: 1, stride: Pair(0, 1)), groups: 1, bias: true),
            "kernel, stride and dilation are at least 1"),
        Broken(
            .conv2D(
                filters: 1, window: Window(kernel: 1, padding: .explicit(top: -1, bottom: 0, left: 0, right: 0)),
                groups: 1, bias: true),
            "padding is negative"),
        Broken(
            .depthwiseConv2D(multiplier: 0, window: Window(kernel: 1), bias: true),
            "multiplier is 0, at least 1 is needed"),
        Broken(
            .depthwiseConv2D(multiplier: 1, window: Window(kernel: 0), bias: true),
            "kernel, stride and dilation are at least 1"),
        Broken(
            .maxPool(Window(kernel: 2)), on: [3, 4],
            "needs a map [height, width, channels] and is given 3x4: reshape before it"),
        Broken(
            .maxPool(Window(kernel: 2, padding: .explicit(top: 2, bottom: 0, left: 0, right: 0))),
            "padding is as large as the window: some outputs would see no input"),
        Broken(.averagePool(Window(kernel: 2, dilation: 2)), "pools have no dilation"),
        Broken(.averagePool(Window(kernel: 2, stride: 0)), "kernel, stride and dilation are at least 1"),
        Broken(
            .maxPool(Window(kernel: 2, stride: Pair(1, 0), padding: .same)),
            "kernel, stride and dilation are at least 1"),
        Broken(.averagePool(Window(kernel: 9)), "a 9x9 window does not fit into 8x6x4: use smaller kernels or padding"),
        Broken(.globalAveragePool, on: [5], "needs a map [height, width, channels] and is given 5: reshape before it"),
        Broken(
            .batchNorm(epsilon: 0, momentum: 0.1),
            "epsilon is above 0 and momentum between 0 and 1; they are 0.0 and 0.1"),
        Broken(
            .batchNorm(epsilon: 1, momentum: 1.5),
            "epsilon is above 0 and momentum between 0 and 1; they are 1.0 and 1.5"),
        Broken(.dropout(rate: 1), "rate is 1.0; it lies between 0 and 1, 1 excluded"),
        Broken(.dropout(rate: -0.5), "rate is -0.5; it lies between 0 and 1, 1 excluded"),
        Broken(.reshape([5, 5]), "reshapes 8x6x4 (192 elements) to 5x5 (25)"),
        Broken(.pad(Margins(left: -1)), "padding is negative"),
        Broken(.add, "has 1 inputs and needs 2"),
        Broken(.concat(), "has 1 inputs and needs at least 2"),
        Broken(
            [
                Node(name: "a", layer: .input([2, 3]), inputs: []), Node(name: "b", layer: .input([3, 2]), inputs: []),
                Node(name: "x", layer: .add, inputs: [0, 1]),
            ],
            whole: "layer 'x' (add): combines 2x3 and 3x2: from the innermost on, extents must be equal or 1"),
        Broken(
            [
                Node(name: "a", layer: .input([2, 3]), inputs: []), Node(name: "b", layer: .input([3, 3]), inputs: []),
                Node(name: "x", layer: .concat(), inputs: [0, 1]),
            ],
            whole: "layer 'x' (concat): joins 2x3 and 3x3: all but the channels must be equal"),
        Broken(
            [Node(name: "a", layer: .input([2]), inputs: []), Node(name: "a", layer: .flatten, inputs: [0])],
            whole: "layer 'a' (flatten): another layer has this name"),
        Broken(
            [Node(name: "a", layer: .input([2]), inputs: []), Node(name: "b", layer: .flatten, inputs: [1])],
            whole: "layer 'b' (flatten): reads a layer that does not come before it"),
        Broken(
            [Node(name: "a", layer: .input([2]), inputs: []), Node(name: "b", layer: .flatten, inputs: [-1])],
            whole: "layer 'b' (flatten): reads a layer that does not come before it"),
        Broken(
            [Node(name: "a", layer: .input([2]), inputs: [])], outputs: [],
            whole: "the graph has no output: name at least one layer as its output"),
        Broken(
            [Node(name: "a", layer: .input([2]), inputs: [])], outputs: [1],
            whole: "the graph has no output: name at least one layer as its output"),
        Broken(
            [Node(name: "a", layer: .input([2, 0]), inputs: [])], outputs: [0],
            whole:
                "layer 'a' (input): its output would be 2x0: \(extents)"
        ),
        Broken(
            [Node(name: "a", layer: .input([]), inputs: [])], outputs: [0],
            whole:
                "layer 'a' (input): its output would be : \(extents)"
        ),
        Broken(
            [Node(name: "a", layer: .input([1 << 20, 1 << 20]), inputs: [])], outputs: [0],
            whole:
                "layer 'a' (input): its output would be 1048576x1048576: \(extents)"
        ),
        // Products and sums that would leave 64 bits are sentences too.
        Broken(
            .depthwiseConv2D(multiplier: .max, window: Window(kernel: 1), bias: true),
            "has a size of 9223372036854775807; at most 2^24 is possible"),
        Broken(.pad(Margins(top: .max)), "has a size of 9223372036854775807; at most 2^24 is possible"),
        Broken(.dense(units: 1 << 25, bias: true), "has a size of 33554432; at most 2^24 is possible"),
        Broken(
            .conv2D(filters: 1, window: Window(kernel: Pair(.max, 1), dilation: 2), groups: 1, bias: true),
            "has a size of 9223372036854775807; at most 2^24 is possible"),
        Broken(
            .maxPool(Window(kernel: 1, padding: .explicit(top: .min, bottom: 1, left: 0, right: 0))),
            "has a size of -9223372036854775808; at most 2^24 is possible"),
        Broken(
            .reshape([.max, 2]),
            "its output would be 9223372036854775807x2: \(extents)"
        ),
        Broken(.dense(units: 1 << 24, bias: true), "would have 3221225472 weights; at most 2^30 are possible"),
        Broken(
            .conv2D(
                filters: 1,
                window: Window(
                    kernel: Pair(1 << 24, 1 << 24), padding: .explicit(top: 1 << 24, bottom: 0, left: 1 << 24, right: 0)
                ),
                groups: 1, bias: true),
            "would have 1125899906842624 weights; at most 2^30 are possible"),
    ]

    @Test(arguments: broken)
    func saysWhatIsWrong(_ test: Broken) {
        let error = #expect(throws: GraphError.self) {
            try Graph(nodes: test.nodes, outputs: test.outputs.map { $0 == 1 && test.nodes.count == 3 ? 2 : $0 })
                .shapes()
        }
        #expect(error?.description == test.sentence)
    }
}
