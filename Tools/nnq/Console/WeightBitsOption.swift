// SPDX-License-Identifier: Apache-2.0
// How many bits weights have, as options.

import ArgumentParser
import NNQQuantize

/// --weight-bits and --layer-bits.
struct WeightBitsOption: ParsableArguments {
    @Option(
        help: """
            Bits of weights, 8 or 4. With 4 the first and the last layer of weights keep 8, unless --layer-bits names \
            them. Layers of 4 bits are packed two weights to a byte, for every core.
            """)
    var weightBits = 8
    @Option(
        help: ArgumentHelp(
            "Bits of single layers' weights, separated by commas: conv2d_2=8,dense_1=4.", valueName: "name=bits,..."))
    var layerBits: String?

    func validate() throws { _ = try chosen() }

    func chosen() throws -> WeightBits {
        guard WeightBits.legal.contains(weightBits) else {
            throw ValidationError("--weight-bits is 8 or 4, not \(weightBits)")
        }
        var layers: [String: Int] = [:]
        for part in layerBits?.split(separator: ",") ?? [] {
            let words = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard words.count == 2, let number = Int(words[1]), WeightBits.legal.contains(number) else {
                throw ValidationError("--layer-bits '\(part)' is not a layer's name, '=', and 8 or 4")
            }
            layers[words[0]] = number
        }
        return WeightBits(all: weightBits, layers: layers)
    }
}
