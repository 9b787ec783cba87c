// SPDX-License-Identifier: Apache-2.0
// Which layers' values have the quantization of their inputs'.

import NNQGraph

extension Layer {
    package var isConcat: Bool { if case .concat = self { true } else { false } }

    /// Whether the layer's op gives values that its inputs have.
    package var keepsQuantization: Bool {
        switch self {
        case .maxPool, .globalMaxPool, .pad, .flatten, .reshape, .dropout, .concat, .slice, .transpose, .resize,
            .reduce(.maximum, _, _), .reduce(.minimum, _, _):
            true
        // An activation that was not calibrated is fused into a max pool.
        case .activation(let function): function.isClamp
        default: false
        }
    }
}
