// SPDX-License-Identifier: Apache-2.0
// Long short-term memory; training goes back through all steps (Werbos, "Backpropagation Through Time", 1990).

import Foundation
import NNQGraph

extension Compiler {
    func lstm(_ site: Site, units: Int) throws -> Compiled {
        let features = site.inputShapes[0].channels
        let sequence = Sequence(batch: batch, steps: site.shape[0], features: features, units: units)
        let rows = 4 * units
        let parameters = [
            try loopParameter(site, "weight", [rows, features], decays: true),
            try loopParameter(site, "recurrent_weight", [rows, units], decays: true),
            try loopParameter(site, "bias", [rows]),
        ]
        let cell = LSTMCell(sequence)
        // Gates and cells of every step; for backward, the gradients of one step's output and cell.
        return try loop(
            site,
            Loop(
                parameters: parameters, keptCount: sequence.steps * 5 * units + 2 * units, isWholeBatch: true,
                forward: cell.forward, backward: cell.backward))
    }
}

/// The extents of a recurrent layer's batch. Step `t` of sample `b` is row `b * steps + t`.
struct Sequence {
    let batch, steps, features, units: Int
    var rows: Int { batch * steps }

    /// One step of all samples: a row a sample.
    func step(_ t: Int, of values: UnsafeMutablePointer<Float>, from first: Int = 0, columns: Int, outOf width: Int)
        -> Matrix
    {
        Matrix(values + t * width + first, batch, columns, stride: steps * width)
    }
}

private struct LSTMCell {
    private let sequence: Sequence
    private let units: Int
    private let width: Int

    init(_ sequence: Sequence) {
        self.sequence = sequence
        units = sequence.units
        width = 4 * sequence.units
    }

    private func places(_ kept: UnsafeMutablePointer<Float>) -> (gates: UnsafeMutablePointer<Float>,
        cells: UnsafeMutablePointer<Float>, output: UnsafeMutablePointer<Float>, cell: UnsafeMutablePointer<Float>)
    {
        let cells = kept + sequence.rows * width
        let output = cells + sequence.rows * units
        return (kept, cells, output, output + sequence.batch * units)
    }

    func forward(_ values: LoopValues) {
        let (gates, cells, _, _) = places(values.kept!)
        let (weight, recurrent, bias) = (values.parameters[0], values.parameters[1], values.parameters[2])
        for row in 0..<sequence.rows { (gates + row * width).update(from: bias, count: width) }
        Matrix(gates, sequence.rows, width).add(
            Matrix(values.inputs[0], sequence.rows, sequence.features),
            times: Matrix(weight, width, sequence.features).transposed)
        for t in 0..<sequence.steps {
            if t > 0 {
                sequence.step(t, of: gates, columns: width, outOf: width).add(
                    sequence.step(t - 1, of: values.output, columns: units, outOf: units),
                    times: Matrix(recurrent, width, units).transposed)
            }
            for sample in 0..<sequence.batch {
                let row = sample * sequence.steps + t
                let (gate, cell) = (gates + row * width, cells + row * units)
                for u in 0..<units {
                    let input = sigmoid(gate[u])
                    let forget = sigmoid(gate[units + u])
                    let candidate = tanh(gate[2 * units + u])
                    let output = sigmoid(gate[3 * units + u])
                    (gate[u], gate[units + u], gate[2 * units + u], gate[3 * units + u]) =
                        (input, forget, candidate, output)
                    let before = t > 0 ? (cell - units)[u] : 0
                    cell[u] = forget * before + input * candidate
                    values.output[row * units + u] = output * tanh(cell[u])
                }
            }
        }
    }

    func backward(_ values: LoopValues, _ gradients: LoopGradients) {
        let (gates, cells, output, cell) = places(values.kept!)
        let recurrent = Matrix(values.parameters[1], width, units)
        output.update(repeating: 0, count: 2 * sequence.batch * units)
        for t in (0..<sequence.steps).reversed() {
            for sample in 0..<sequence.batch {
                let row = sample * sequence.steps + t
                backwardStep(
                    gates + row * width, cells + row * units, isFirst: t == 0,
                    output: output + sample * units, incoming: gradients.output + row * units,
                    cell: cell + sample * units)
            }
            // The gates now hold the gradients of what went into them.
            let step = sequence.step(t, of: gates, columns: width, outOf: width)
            Matrix(output, sequence.batch, units).set(step, times: recurrent)
            guard t > 0 else { break }
            Matrix(gradients.parameters[1], width, units).add(
                step.transposed, times: sequence.step(t - 1, of: values.output, columns: units, outOf: units))
        }
        let all = Matrix(gates, sequence.rows, width)
        let input = Matrix(values.inputs[0], sequence.rows, sequence.features)
        Matrix(gradients.parameters[0], width, sequence.features).add(all.transposed, times: input)
        addRows(of: all, to: gradients.parameters[2])
        if let result = gradients.inputs[0] {
            Matrix(result, sequence.rows, sequence.features)
                .set(all, times: Matrix(values.parameters[0], width, sequence.features))
        }
    }

    /// Turns one row's gates into gradients. `output` is the gradient from the next step, `cell` that of the cell,
    /// which moves on to the step before.
    private func backwardStep(
        _ gate: UnsafeMutablePointer<Float>, _ cells: UnsafeMutablePointer<Float>, isFirst: Bool,
        output: UnsafeMutablePointer<Float>, incoming: UnsafeMutablePointer<Float>, cell: UnsafeMutablePointer<Float>
    ) {
        for u in 0..<units {
            let (i, f) = (gate[u], gate[units + u])
            let (g, o) = (gate[2 * units + u], gate[3 * units + u])
            let total = output[u] + incoming[u]
            let squashed = tanh(cells[u])
            let inner = cell[u] + total * o * (1 - squashed * squashed)
            let before = isFirst ? 0 : (cells - units)[u]
            gate[u] = inner * g * i * (1 - i)
            gate[units + u] = inner * before * f * (1 - f)
            gate[2 * units + u] = inner * i * (1 - g * g)
            gate[3 * units + u] = total * squashed * o * (1 - o)
            cell[u] = inner * f
        }
    }
}

func sigmoid(_ x: Float) -> Float { 1 / (1 + exp(-x)) }

/// Adds all rows of a matrix to a vector.
func addRows(of matrix: Matrix, to sum: UnsafeMutablePointer<Float>) {
    for row in 0..<matrix.rows {
        let values = matrix.values + row * matrix.stride
        for column in 0..<matrix.columns { sum[column] += values[column] }
    }
}
