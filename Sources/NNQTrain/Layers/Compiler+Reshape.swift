// SPDX-License-Identifier: Apache-2.0
// Flatten and reshape: the same values in NHWC order under other extents, free once they lie in that order.

import NNQGraph

extension Compiler {
    func reshape(_ site: Site) throws -> Compiled {
        let input = site.inputs[0]
        // A dense layer permutes its weights instead.
        if site.feedsDenseOnly, site.shape.rank == 1 { return Compiled(output: input) { [$0] } }
        let output = try view(plain(input, site.inputShapes[0], site.name), as: plainLayout(site.shape))
        return Compiled(output: output) { [self] gradient in
            let gradient = try plain(gradient, site.shape, site.name)
            return [try view(gradient, as: plainLayout(site.inputShapes[0]))]
        }
    }
}
