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
        return WeightBits(all: weightBits, layers: try bitsByLayer(layerBits, "--layer-bits", WeightBits.legal))
    }
}

/// What an option of the form `name=bits,...` says.
func bitsByLayer(_ text: String?, _ option: String, _ legal: [Int]) throws -> [String: Int] {
    var layers: [String: Int] = [:]
    for part in text?.split(separator: ",") ?? [] {
        let words = part.split(separator: "=", maxSplits: 1).map(String.init)
        guard words.count == 2, let number = Int(words[1]), legal.contains(number) else {
            let bits = legal.map(String.init).joined(separator: " or ")
            throw ValidationError("\(option) '\(part)' is not a layer's name, '=', and \(bits)")
        }
        layers[words[0]] = number
    }
    return layers
}
