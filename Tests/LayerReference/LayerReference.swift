// SPDX-License-Identifier: Apache-2.0
// Layers by their definition, index by index in double precision: what engines and interpreters are compared with.

import NNQGraph

/// One sample's values through one layer.
package struct LayerReference {
    package let layer: Layer
    package let inputs: [[Double]]
    package let shapes: [Shape]
    package let output: Shape
    /// A parameter of the layer by its name.
    package let parameter: (String) -> [Double]

    package init(
        _ layer: Layer, inputs: [[Double]], shapes: [Shape], output: Shape, parameter: @escaping (String) -> [Double]
    ) {
        self.layer = layer
        self.inputs = inputs
        self.shapes = shapes
        self.output = output
        self.parameter = parameter
    }

    /// The output, or nil for a layer that callers compute themselves.
    package func values() -> [Double]? {
        switch layer {
        case .constant: parameter("value")
        case .activation(let function): inputs[0].map { function.reference($0) }
        case .add: elements { $0 + $1 }
        case .binary(.subtract): elements { $0 - $1 }
        case .binary(.multiply): elements { $0 * $1 }
        case .binary(.divide): elements { $0 / $1 }
        case .binary(.minimum): elements { $0 < $1 ? $0 : $1 }
        case .binary(.maximum): elements { $0 > $1 ? $0 : $1 }
        case .prelu:
            inputs[0].enumerated().map { $1 < 0 ? parameter("slope")[$0 % output.channels] * $1 : $1 }
        case .l2Normalize: l2Normalized()
        case .matmul(let transposesA, let transposesB): product(transposesA, transposesB)
        case .concat(let axis): joined(axis ?? -1)
        case .slice(let begin, _, let step):
            each { index in inputs[0][place(index.indices.map { begin[$0] + index[$0] * step[$0] }, shapes[0])] }
        case .transpose(let permutation):
            each { index in inputs[0][place(index.indices.map { index[permutation.firstIndex(of: $0)!] }, shapes[0])] }
        case .reduce(let reduction, let axes, _): reduced(reduction, axes)
        case .globalMaxPool: reduced(.maximum, [0, 1])
        case .argMax: rows(inputs[0], shapes[0].channels).map { Double($0.firstIndex(of: $0.max()!)!) }
        case .resize(_, let interpolation, let coordinates): resized(interpolation, coordinates)
        case .transposedConv2D(_, let window, let outputPadding, let groups, let bias):
            spread(window, outputPadding, groups, bias)
        case .embedding(let count, let channels):
            inputs[0].flatMap { rows(parameter("weight"), channels)[min(max(Int($0), 0), count - 1)] }
        case .lstm(let units): lstm(units)
        case .gru(let units, let resetAfter): gru(units, resetAfter)
        default: nil
        }
    }

    /// A value for each index of the output.
    func each(_ value: ([Int]) -> Double) -> [Double] { Self.indices(output).map(value) }

    /// All indices of a shape, row-major.
    static func indices(_ shape: Shape) -> [[Int]] {
        shape.dimensions.reduce([[]]) { all, extent in all.flatMap { index in (0..<extent).map { index + [$0] } } }
    }

    /// Where an index lies in a row-major tensor; an axis of extent 1 repeats, and outer axes too many are left out.
    func place(_ index: [Int], _ shape: Shape) -> Int {
        zip(index.suffix(shape.rank), shape.dimensions).reduce(0) { $0 * $1.1 + ($1.1 == 1 ? 0 : $1.0) }
    }

    func rows(_ values: [Double], _ width: Int) -> [[Double]] {
        stride(from: 0, to: values.count, by: width).map { Array(values[$0..<$0 + width]) }
    }

    private func elements(_ function: (Double, Double) -> Double) -> [Double] {
        each { function(inputs[0][place($0, shapes[0])], inputs[1][place($0, shapes[1])]) }
    }

    private func l2Normalized() -> [Double] {
        rows(inputs[0], output.channels).flatMap { row in
            let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return row.map { $0 / max(length, 1e-6) }
        }
    }

    private func joined(_ axis: Int) -> [Double] {
        let axis = axis < 0 ? axis + output.rank : axis
        return each { index in
            var index = index
            for (input, shape) in zip(inputs, shapes) {
                if index[axis] < shape[axis] { return input[place(index, shape)] }
                index[axis] -= shape[axis]
            }
            return .nan
        }
    }

    private func reduced(_ reduction: Reduction, _ axes: [Int]) -> [Double] {
        let axes = axes.map { $0 < 0 ? $0 + shapes[0].rank : $0 }
        var kept = shapes[0]
        for axis in axes { kept.dimensions[axis] = 1 }
        var groups = Array(repeating: [Double](), count: kept.count)
        for (index, value) in zip(Self.indices(shapes[0]), inputs[0]) { groups[place(index, kept)].append(value) }
        return groups.map { group in
            switch reduction {
            case .sum: group.reduce(0, +)
            case .mean: group.reduce(0, +) / Double(group.count)
            case .maximum: group.max()!
            case .minimum: group.min()!
            }
        }
    }

    private func product(_ transposesA: Bool, _ transposesB: Bool) -> [Double] {
        let a: Shape = shapes[0].rank == 1 ? [1, shapes[0][0]] : shapes[0]
        let b: Shape = shapes[1].rank == 1 ? [shapes[1][0], 1] : shapes[1]
        let terms = transposesA ? a[a.rank - 2] : a[a.rank - 1]
        return each { index in
            // The outer extents, a row, a column.
            var index = index
            if shapes[1].rank == 1 { index.append(0) }
            if shapes[0].rank == 1 { index.insert(0, at: max(0, index.count - 1)) }
            let outer = Array(index.suffix(max(a.rank, b.rank)).dropLast(2))
            let (row, column) = (index[index.count - 2], index[index.count - 1])
            return (0..<terms).reduce(0) { sum, k in
                let left = inputs[0][place(outer + (transposesA ? [k, row] : [row, k]), a)]
                return sum + left * inputs[1][place(outer + (transposesB ? [column, k] : [k, column]), b)]
            }
        }
    }
}
