// SPDX-License-Identifier: Apache-2.0
// The place of the largest channel.

import NNQGraph

extension Compiler {
    func argMax(_ site: Site) throws -> Compiled {
        let channels = site.inputShapes[0].channels
        let rows = site.shape.count
        return try loop(
            site,
            Loop { values in
                for row in 0..<rows {
                    let x = values.inputs[0] + row * channels
                    var best = 0
                    for i in 1..<max(channels, 1) where x[i] > x[best] { best = i }
                    values.output[row] = Float(best)
                }
            })
    }
}
