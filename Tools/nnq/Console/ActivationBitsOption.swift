// SPDX-License-Identifier: Apache-2.0
// How many bits activations have, as options.

import ArgumentParser
import NNQQuantize

/// --activation-bits and --layer-activation-bits.
struct ActivationBitsOption: ParsableArguments {
    @Option(
        help: """
            Bits of activations, 8 or 16. With 16, weights keep 8 bits: closer to the float model, at twice the arena \
            and more time.
            """)
    var activationBits = 8
    @Option(
        help: ArgumentHelp(
            """
            Bits of what single layers read and write, separated by commas: conv2d_1=16,dense_1=8. Conversions stand \
            where both widths meet; max pools and changes of shape follow what they read.
            """, valueName: "name=bits,..."))
    var layerActivationBits: String?

    func validate() throws { _ = try chosen() }

    func chosen() throws -> ActivationBits {
        guard ActivationBits.legal.contains(activationBits) else {
            throw ValidationError("--activation-bits is 8 or 16, not \(activationBits)")
        }
        return ActivationBits(
            all: activationBits,
            layers: try bitsByLayer(layerActivationBits, "--layer-activation-bits", ActivationBits.legal))
    }
}
