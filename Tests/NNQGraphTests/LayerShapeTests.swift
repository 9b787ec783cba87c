// SPDX-License-Identifier: Apache-2.0
// Shapes of transposed convolutions, resizing, and layers for any rank, and their sentences.

import NNQGraph
import Testing

@Suite struct LayerShapeTests {
    struct Case: Sendable {
        var layer: Layer
        var inputs: [Shape]
        var output: Shape

        init(_ layer: Layer, _ inputs: Shape..., gives output: Shape) {
            (self.layer, self.inputs, self.output) = (layer, inputs, output)
        }
    }

    static func transposed(
        _ window: Window, outputPadding: Pair = 0, filters: Int = 6, groups: Int = 1
    ) -> Layer {
        .transposedConv2D(filters: filters, window: window, outputPadding: outputPadding, groups: groups, bias: true)
    }

    static let cases: [Case] = [
        Case(.constant([2, 5]), gives: [2, 5]),
        Case(.add, [8, 6, 4], [4], gives: [8, 6, 4]),
        Case(.add, [6, 1], [8, 1, 4], gives: [8, 6, 4]),
        Case(.binary(.divide), [1], [3, 2], gives: [3, 2]),
        Case(.binary(.maximum), [3, 2], [3, 2], gives: [3, 2]),
        Case(.prelu, [8, 6, 4], gives: [8, 6, 4]),
        Case(.l2Normalize, [6, 4], gives: [6, 4]),
        Case(.globalMaxPool, [8, 6, 4], gives: [4]),
        Case(transposed(Window(kernel: 3)), [8, 6, 4], gives: [10, 8, 6]),
        Case(transposed(Window(kernel: 3, stride: 2), filters: 2, groups: 2), [8, 6, 4], gives: [17, 13, 2]),
        Case(
            transposed(Window(kernel: 3, stride: 2, padding: .explicit(top: 1, bottom: 1, left: 0, right: 2)),
                outputPadding: Pair(1, 0)), [8, 6, 4], gives: [16, 11, 6]),
        Case(transposed(Window(kernel: 3, stride: Pair(2, 4), padding: .same)), [8, 6, 4], gives: [16, 24, 6]),
        Case(transposed(Window(kernel: 2, dilation: Pair(3, 1))), [8, 6, 4], gives: [11, 7, 6]),
        Case(.reduce(.mean, axes: [0, 1], keepsExtents: false), [8, 6, 4], gives: [4]),
        Case(.reduce(.sum, axes: [-1], keepsExtents: true), [8, 6, 4], gives: [8, 6, 1]),
        Case(.reduce(.minimum, axes: [1], keepsExtents: false), [8, 6, 4], gives: [8, 4]),
        Case(.reduce(.maximum, axes: [0], keepsExtents: false), [5], gives: [1]),
        Case(.resize(Pair(3, 12), .bilinear, .halfPixel), [8, 6, 4], gives: [3, 12, 4]),
        Case(.slice(begin: [1, 5, 3], size: [3, 6, 1], step: [2, -1, 1]), [8, 6, 4], gives: [3, 6, 1]),
        Case(.transpose([2, 0, 1]), [8, 6, 4], gives: [4, 8, 6]),
        Case(.concat(axis: 0), [2, 3], [5, 3], gives: [7, 3]),
        Case(.concat(axis: -2), [2, 3, 4], [2, 1, 4], [2, 2, 4], gives: [2, 6, 4]),
        Case(.argMax, [8, 6, 4], gives: [8, 6, 1]),
        Case(.embedding(count: 9, channels: 5), [7], gives: [7, 5]),
        Case(.embedding(count: 9, channels: 5), [7, 2], gives: [7, 2, 5]),
        Case(.matmul(transposesA: false, transposesB: false), [2, 3], [3, 5], gives: [2, 5]),
        Case(.matmul(transposesA: true, transposesB: true), [3, 2], [5, 3], gives: [2, 5]),
        Case(.matmul(transposesA: false, transposesB: false), [7, 1, 2, 3], [4, 3, 5], gives: [7, 4, 2, 5]),
        Case(.matmul(transposesA: false, transposesB: false), [3], [3, 5], gives: [5]),
        Case(.matmul(transposesA: false, transposesB: false), [4, 2, 3], [3], gives: [4, 2]),
        Case(.matmul(transposesA: false, transposesB: false), [3], [3], gives: [1]),
        Case(.lstm(units: 5), [7, 3], gives: [7, 5]),
        Case(.gru(units: 2, resetAfter: true), [7, 3], gives: [7, 2]),
    ]

    @Test(arguments: cases)
    func followsTheRule(_ test: Case) throws {
        var graph = Graph()
        let inputs = test.inputs.map { graph.append(.input($0), inputs: []) }
        graph.outputs = [graph.append(test.layer, inputs: inputs)]
        #expect(try graph.shapes().last == test.output)
    }

    static let broken: [(layer: Layer, inputs: [Shape], sentence: String)] = [
        (
            .binary(.multiply), [[2, 3], [2]],
            "combines 2x3 and 2: from the innermost on, extents must be equal or 1"
        ),
        (
            .matmul(transposesA: false, transposesB: true), [[2, 3], [3, 5]],
            "multiplies 2x3 and 3x5 transposed: columns on the left are rows on the right, and outer extents equal or 1"
        ),
        (
            .matmul(transposesA: true, transposesB: false), [[3], [3, 5]],
            "multiplies 3 transposed and 3x5: columns on the left are rows on the right, and outer extents equal or 1"
        ),
        (
            .matmul(transposesA: false, transposesB: false), [[4, 2, 3], [5, 3, 2]],
            "multiplies 4x2x3 and 5x3x2: columns on the left are rows on the right, and outer extents equal or 1"
        ),
        (.concat(axis: 0), [[2, 3], [2, 4]], "joins 2x3 and 2x4: all but axis 0 must be equal"),
        (.concat(axis: 1), [[2, 3], [2]], "joins 2x3 and 2: all but axis 1 must be equal"),
        (.concat(axis: 2), [[2, 3], [2, 3]], "there is no axis 2 in 2x3"),
        (.reduce(.sum, axes: [-4], keepsExtents: true), [[2, 3]], "there is no axis -4 in 2x3"),
        (
            .reduce(.sum, axes: [1, -1], keepsExtents: true), [[2, 3]],
            "reduces axes [1, -1]: name at least one, each once"
        ),
        (.reduce(.sum, axes: [], keepsExtents: true), [[2, 3]], "reduces axes []: name at least one, each once"),
        (
            .transpose([0, 0]), [[2, 3]], "transposes 2x3 by [0, 0]: each axis from 0 to 1 is named once"
        ),
        (
            .slice(begin: [0], size: [1], step: [1]), [[2, 3]],
            "slices 2x3: begin, size and step have one number for each extent"
        ),
        (
            .slice(begin: [0, 2], size: [2, 4], step: [1, -1]), [[2, 3]],
            "slices 2x3: axis 1 cannot give 4 elements from 2 on in steps of -1"
        ),
        (
            .slice(begin: [0, 0], size: [2, 1], step: [1, 0]), [[2, 3]],
            "slices 2x3: axis 1 cannot give 1 elements from 0 on in steps of 0"
        ),
        (.resize(Pair(0, 1), .bilinear, .asymmetric), [[8, 6, 4]], "resizes to 0x1; at least 1x1 is needed"),
        (
            .resize(1, .bilinear, .asymmetric), [[6, 4]],
            "needs a map [height, width, channels] and is given 6x4: reshape before it"
        ),
        (
            transposed(Window(kernel: 1, padding: .explicit(top: 4, bottom: 4, left: 0, right: 0))), [[8, 6, 4]],
            "its padding cuts all of the output off: use less"
        ),
        (
            transposed(Window(kernel: 1), groups: 3), [[8, 6, 4]],
            "4 input and 6 output channels: groups (3) must divide both"
        ),
        (transposed(Window(kernel: 1), outputPadding: Pair(-1, 0)), [[8, 6, 4]], "padding is negative"),
        (.lstm(units: 0), [[7, 3]], "units is 0, at least 1 is needed"),
        (
            .gru(units: 1, resetAfter: false), [[7]],
            "needs a sequence [steps, features] and is given 7: reshape before it"
        ),
        (.lstm(units: 1 << 24), [[7, 3]], "would have 1125900108169216 weights; at most 2^30 are possible"),
        (
            .embedding(count: 0, channels: 5), [[7]],
            "count and channels are 0 and 5, at least 1 is needed"
        ),
        (.activation(.clip(low: 2, high: 1)), [[7]], "clips to 2.0...1.0: low is above high"),
        (
            .activation(.clip(low: -.infinity, high: 1)), [[7]],
            "the function's numbers [-inf, 1.0] must be finite"
        ),
        (.activation(.celu(alpha: 0)), [[7]], "alpha is 0; another number is needed"),
        (.slice(begin: [.max], size: [1], step: [1]), [[7]], "has a size of \(Int.max); at most 2^24 is possible"),
    ]

    @Test(arguments: broken.indices)
    func saysWhatIsWrong(_ index: Int) {
        let test = Self.broken[index]
        var graph = Graph()
        let inputs = test.inputs.map { graph.append(.input($0), inputs: []) }
        graph.outputs = [graph.append(test.layer, inputs: inputs, name: "x")]
        let error = #expect(throws: GraphError.self) { try graph.shapes() }
        #expect(error?.description == "layer 'x' (\(test.layer.keyword)): \(test.sentence)")
    }

    @Test func work() throws {
        var graph = Graph()
        let map = graph.append(.input([8, 6, 4]), inputs: [])
        let spread = graph.append(Self.transposed(Window(kernel: Pair(3, 2)), groups: 2), inputs: [map])
        let sequence = graph.append(.input([7, 3]), inputs: [])
        let lstm = graph.append(.lstm(units: 5), inputs: [sequence])
        let gru = graph.append(.gru(units: 5, resetAfter: false), inputs: [lstm])
        let product = graph.append(.matmul(transposesA: true, transposesB: false), inputs: [lstm, gru])
        graph.outputs = [spread, product]
        #expect(
            try graph.macs() == [0, 8 * 6 * 4 * 6 * 6 / 2, 0, 7 * 4 * 5 * 8, 7 * 3 * 5 * 10, 5 * 5 * 7])
    }

    /// Places as TFLite and ONNX define them.
    @Test func placesOfResizedPixels() {
        func all(_ coordinates: Coordinates, _ rounding: NearestRounding, _ input: Int, _ output: Int) -> [Int] {
            (0..<output).map { rounding.source(of: $0, input: input, output: output, coordinates) }
        }
        #expect(all(.asymmetric, .floor, 2, 6) == [0, 0, 0, 1, 1, 1])
        #expect(all(.asymmetric, .ceil, 2, 6) == [0, 1, 1, 1, 1, 1])
        #expect(all(.halfPixel, .halfUp, 4, 2) == [1, 3])
        #expect(all(.halfPixel, .halfDown, 4, 2) == [0, 2])
        #expect(all(.alignCorners, .halfUp, 3, 5) == [0, 1, 1, 2, 2])
        #expect(all(.alignCorners, .halfDown, 3, 5) == [0, 0, 1, 1, 2])
        #expect(all(.alignCorners, .floor, 3, 1) == [0])
        let weights = (0..<4).map { Coordinates.halfPixel.neighbours(of: $0, input: 2, output: 4) }
        #expect(weights.map(\.weight) == [0, 0.25, 0.75, 0] && weights.map(\.lower) == [0, 0, 0, 1])
        #expect(weights.map(\.upper) == [1, 1, 1, 1])
    }
}
