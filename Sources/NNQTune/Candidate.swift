// SPDX-License-Identifier: Apache-2.0
// One way to make an int8 model of a float model.

import NNQQuantize

/// Methods and widths to try.
public struct Candidate: Hashable, Codable, Sendable {
    public var options: QuantizationOptions
    /// Epochs of training for int8 before; nil for none.
    public var epochs: Int?

    public init(_ options: QuantizationOptions = QuantizationOptions(), epochs: Int? = nil) {
        (self.options, self.epochs) = (options, epochs)
    }

    /// What differs from the defaults: `8 bits, calibrator entropy`.
    public var name: String {
        let usual = QuantizationOptions()
        var words = [widths]
        let wide = options.activationBits.layers.values.count { $0 == 16 }
        if wide > 0 { words.append("activations of 16 bits in \(wide) layer\(wide == 1 ? "" : "s")") }
        if let epochs { return words[0] + ", trained for \(epochs) epoch\(epochs == 1 ? "" : "s")" }
        if options.calibrator != usual.calibrator { words.append("calibrator \(options.calibrator)") }
        if let scales = options.weightScales { words.append("weight scales \(scales.rawValue)") }
        if options.equalize != usual.equalize { words.append("equalize \(options.equalize?.rawValue ?? "none")") }
        if options.absorbBias { words.append("absorb bias") }
        if options.biasCorrection != usual.biasCorrection { words.append("bias correction \(options.biasCorrection?.rawValue ?? "none")") }
        if options.adaround { words.append("AdaRound") }
        return words.joined(separator: ", ")
    }

    private var widths: String {
        let bits = options.weightBits
        if bits.all == 4 { return bits.layers.isEmpty ? "4 bits" : "4 bits, \(bits.layers.count) layers by hand" }
        let fours = bits.layers.values.count { $0 == 4 }
        return fours == 0 ? "8 bits" : "4 bits in \(fours) layer\(fours == 1 ? "" : "s")"
    }
}
