// SPDX-License-Identifier: Apache-2.0
// Rows of a trained table, chosen by the input.

import NNQGraph

extension Compiler {
    func embedding(_ site: Site, count: Int, channels: Int) throws -> Compiled {
        guard !site.wantsGradient[0] else { throw noGradient(site) }
        let weight = try loopParameter(site, "weight", [count, channels])
        let rows = site.inputShapes[0].count
        func place(_ index: Float) -> Int { index >= 0 ? Int(min(index, Float(count - 1))) * channels : 0 }
        return try loop(
            site,
            Loop(
                parameters: [weight],
                forward: { values in
                    for row in 0..<rows {
                        let chosen = values.parameters[0] + place(values.inputs[0][row])
                        (values.output + row * channels).update(from: chosen, count: channels)
                    }
                },
                backward: { values, gradients in
                    for row in 0..<rows {
                        let (chosen, from) = (place(values.inputs[0][row]), row * channels)
                        for i in 0..<channels { gradients.parameters[0][chosen + i] += gradients.output[from + i] }
                    }
                }))
    }
}
