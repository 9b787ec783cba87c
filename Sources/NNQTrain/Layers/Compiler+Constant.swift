// SPDX-License-Identifier: Apache-2.0
// A tensor that is the same for every sample.

import NNQGraph

extension Compiler {
    func constant(_ site: Site) throws -> Compiled {
        let value = try loopParameter(site, "value", site.shape.dimensions, isTrained: false)
        let count = site.shape.count
        return try loop(
            site, Loop(parameters: [value]) { $0.output.update(from: $0.parameters[0], count: count) })
    }
}
