// SPDX-License-Identifier: Apache-2.0
// Gated recurrent units; training goes back through all steps.

import Foundation
import NNQGraph

extension Compiler {
    func gru(_ site: Site, units: Int, resetAfter: Bool) throws -> Compiled {
        let features = site.inputShapes[0].channels
        let sequence = Sequence(batch: batch, steps: site.shape[0], features: features, units: units)
        let rows = 3 * units
        let parameters = [
            try loopParameter(site, "weight", [rows, features], decays: true),
            try loopParameter(site, "recurrent_weight", [rows, units], decays: true),
            try loopParameter(site, "bias", [rows]),
            try loopParameter(site, "recurrent_bias", [rows]),
        ]
        let cell = GRUCell(sequence, resetAfter: resetAfter)
        // Gates and recurrent sums of every step; for backward, one step's gradients of output and reset state.
        return try loop(
            site,
            Loop(
                parameters: parameters, keptCount: sequence.steps * 6 * units + 2 * units, isWholeBatch: true,
                forward: cell.forward, backward: cell.backward))
    }
}

private struct GRUCell {
    private let sequence: Sequence
    private let resetAfter: Bool
    private let units: Int
    private let width: Int

    init(_ sequence: Sequence, resetAfter: Bool) {
        self.sequence = sequence
        self.resetAfter = resetAfter
        units = sequence.units
        width = 3 * sequence.units
    }

    /// Where a step's values are. `gates` holds z, r, n; `sums` what the recurrent weights and their bias gave for
    /// each, except that, without `resetAfter`, n's place holds the state that the reset gate left.
    private struct Places {
        let gates, sums, output, reset: UnsafeMutablePointer<Float>

        init(_ kept: UnsafeMutablePointer<Float>, _ sequence: Sequence) {
            gates = kept
            sums = kept + sequence.rows * 3 * sequence.units
            output = sums + sequence.rows * 3 * sequence.units
            reset = output + sequence.batch * sequence.units
        }
    }

    func forward(_ values: LoopValues) {
        let places = Places(values.kept!, sequence)
        let (gates, sums) = (places.gates, places.sums)
        for row in 0..<sequence.rows {
            (gates + row * width).update(from: values.parameters[2], count: width)
            (sums + row * width).update(from: values.parameters[3], count: width)
        }
        Matrix(gates, sequence.rows, width).add(
            Matrix(values.inputs[0], sequence.rows, sequence.features),
            times: Matrix(values.parameters[0], width, sequence.features).transposed)
        for t in 0..<sequence.steps {
            if t > 0 {
                let columns = resetAfter ? width : 2 * units
                sequence.step(t, of: sums, columns: columns, outOf: width).add(
                    sequence.step(t - 1, of: values.output, columns: units, outOf: units),
                    times: Matrix(values.parameters[1], columns, units).transposed)
            }
            forEachRow(t) { row in
                let (gate, sum) = (gates + row * width, sums + row * width)
                for i in 0..<2 * units { gate[i] = sigmoid(gate[i] + sum[i]) }
                addCandidate(gate, sum, times: resetAfter ? gate + units : nil)
                guard !resetAfter else { return }
                for u in 0..<units {
                    let before = t > 0 ? values.output[(row - 1) * units + u] : 0
                    sum[2 * units + u] = gate[units + u] * before
                }
            }
            if !resetAfter, t > 0 {
                sequence.step(t, of: gates, from: 2 * units, columns: units, outOf: width).add(
                    sequence.step(t, of: sums, from: 2 * units, columns: units, outOf: width),
                    times: Matrix(values.parameters[1] + 2 * units * units, units, units).transposed)
            }
            forEachRow(t) { row in
                let (gate, output) = (gates + row * width, values.output + row * units)
                for u in 0..<units {
                    let candidate = tanh(gate[2 * units + u])
                    gate[2 * units + u] = candidate
                    let before = t > 0 ? (output - units)[u] : 0
                    output[u] = (1 - gate[u]) * candidate + gate[u] * before
                }
            }
        }
    }

    /// Adds the recurrent part to what goes into n.
    private func addCandidate(
        _ gate: UnsafeMutablePointer<Float>, _ sum: UnsafeMutablePointer<Float>,
        times reset: UnsafeMutablePointer<Float>?
    ) {
        for u in 0..<units { gate[2 * units + u] += (reset?[u] ?? 1) * sum[2 * units + u] }
    }

    private func forEachRow(_ t: Int, _ body: (Int) -> Void) {
        for sample in 0..<sequence.batch { body(sample * sequence.steps + t) }
    }

    func backward(_ values: LoopValues, _ gradients: LoopGradients) {
        let places = Places(values.kept!, sequence)
        places.output.update(repeating: 0, count: sequence.batch * units)
        for t in (0..<sequence.steps).reversed() {
            if resetAfter {
                stepResetAfter(t, places, values, gradients)
            } else {
                stepResetBefore(t, places, values, gradients)
            }
        }
        let all = Matrix(places.gates, sequence.rows, width)
        let input = Matrix(values.inputs[0], sequence.rows, sequence.features)
        Matrix(gradients.parameters[0], width, sequence.features).add(all.transposed, times: input)
        addRows(of: all, to: gradients.parameters[2])
        let recurrent = resetAfter ? Matrix(places.sums, sequence.rows, width) : all
        addRows(of: recurrent, to: gradients.parameters[3])
        if let result = gradients.inputs[0] {
            Matrix(result, sequence.rows, sequence.features)
                .set(all, times: Matrix(values.parameters[0], width, sequence.features))
        }
    }

    /// Gates and sums of step `t` become the gradients of what went into them; `places.output` moves on to `t - 1`.
    private func stepResetAfter(_ t: Int, _ places: Places, _ values: LoopValues, _ gradients: LoopGradients) {
        forEachRow(t) { row in
            let (gate, sum) = (places.gates + row * width, places.sums + row * width)
            let output = places.output + row / sequence.steps * units
            for u in 0..<units {
                let (z, r, n) = (gate[u], gate[units + u], gate[2 * units + u])
                let total = output[u] + gradients.output[row * units + u]
                let before = t > 0 ? values.output[(row - 1) * units + u] : 0
                let candidate = total * (1 - z) * (1 - n * n)
                gate[u] = total * (before - n) * z * (1 - z)
                gate[units + u] = candidate * sum[2 * units + u] * r * (1 - r)
                gate[2 * units + u] = candidate
                (sum[u], sum[units + u]) = (gate[u], gate[units + u])
                sum[2 * units + u] = candidate * r
                output[u] = total * z
            }
        }
        guard t > 0 else { return }
        let step = sequence.step(t, of: places.sums, columns: width, outOf: width)
        let before = sequence.step(t - 1, of: values.output, columns: units, outOf: units)
        Matrix(gradients.parameters[1], width, units).add(step.transposed, times: before)
        Matrix(places.output, sequence.batch, units).add(step, times: Matrix(values.parameters[1], width, units))
    }

    private func stepResetBefore(_ t: Int, _ places: Places, _ values: LoopValues, _ gradients: LoopGradients) {
        let offset = 2 * units * units
        // First z and n; the reset gate's gradient needs n's.
        forEachRow(t) { row in
            let gate = places.gates + row * width
            let output = places.output + row / sequence.steps * units
            for u in 0..<units {
                let (z, n) = (gate[u], gate[2 * units + u])
                let total = output[u] + gradients.output[row * units + u]
                let before = t > 0 ? values.output[(row - 1) * units + u] : 0
                gate[u] = total * (before - n) * z * (1 - z)
                gate[2 * units + u] = total * (1 - z) * (1 - n * n)
                output[u] = total * z
            }
        }
        let candidates = sequence.step(t, of: places.gates, from: 2 * units, columns: units, outOf: width)
        let states = sequence.step(t, of: places.sums, from: 2 * units, columns: units, outOf: width)
        Matrix(gradients.parameters[1] + offset, units, units).add(candidates.transposed, times: states)
        Matrix(places.reset, sequence.batch, units)
            .set(candidates, times: Matrix(values.parameters[1] + offset, units, units))
        forEachRow(t) { row in
            let gate = places.gates + row * width
            let sample = row / sequence.steps
            for u in 0..<units {
                let r = gate[units + u]
                let reset = places.reset[sample * units + u]
                let before = t > 0 ? values.output[(row - 1) * units + u] : 0
                gate[units + u] = reset * before * r * (1 - r)
                places.output[sample * units + u] += reset * r
            }
        }
        guard t > 0 else { return }
        let step = sequence.step(t, of: places.gates, columns: 2 * units, outOf: width)
        let before = sequence.step(t - 1, of: values.output, columns: units, outOf: units)
        Matrix(gradients.parameters[1], 2 * units, units).add(step.transposed, times: before)
        Matrix(places.output, sequence.batch, units).add(step, times: Matrix(values.parameters[1], 2 * units, units))
    }
}
