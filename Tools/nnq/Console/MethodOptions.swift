// SPDX-License-Identifier: Apache-2.0
// The methods of quantization as options.

import ArgumentParser
import NNQQuantize

/// How to quantize.
struct MethodOptions: ParsableArguments {
    @Option(help: "How ranges of activations are chosen: \(Calibrator.forms).")
    var calibrator: Calibrator = QuantizationOptions().calibrator
    @Option(
        help: """
            How weights are scaled: max or mse, a scale for each channel; tensor, one for a whole layer, to see what \
            that loses. (default: max; mse where weights have 4 bits)
            """)
    var weightScales: WeightScales?
    @OptionGroup var bits: WeightBitsOption
    @OptionGroup var activations: ActivationBitsOption
    @Option(
        help: "Bring channels to one size by weights (plain --equalize) or by activations; or none.")
    var equalize: Choice<Equalization>?
    @Flag(help: "Move what a channel always exceeds before a ReLU into the next layer's bias.")
    var absorbBias = false
    @Option(
        help: """
            Bring mean outputs back to what the float layers give: measured on data (plain --bias-correction), or \
            from batch norms (analytic); or none.
            """)
    var biasCorrection: Choice<BiasCorrection>?
    @Flag(help: "Learn for each weight whether to round it up or down (AdaRound; takes minutes).")
    var adaround = false

    /// What a method's option means that stands alone.
    static let implied = [
        ImpliedValue("--equalize", Equalization.weights), ImpliedValue("--bias-correction", BiasCorrection.data),
    ]

    func validate() throws {
        if try activations.chosen() == .sixteen, try bits.chosen().hasFour {
            throw ValidationError("--activation-bits 16 goes with weights of 8 bits: leave out 4 bits for weights")
        }
    }

    func options(rewrites: Set<Rewrite>, calibrationSamples: Int) throws -> QuantizationOptions {
        var options = QuantizationOptions(
            calibrator: calibrator, weightScales: weightScales, weightBits: try bits.chosen(),
            activationBits: try activations.chosen(), absorbBias: absorbBias, adaround: adaround,
            rewrites: rewrites, calibrationSamples: calibrationSamples)
        if let equalize { options.equalize = equalize.method }
        if let biasCorrection { options.biasCorrection = biasCorrection.method }
        return options
    }
}

/// A method, or the word `none`.
enum Choice<Method>: ExpressibleByArgument, CustomStringConvertible, Sendable
where Method: CaseIterable & RawRepresentable<String> & Sendable {
    case none
    case method(Method)

    init?(argument: String) {
        if argument == "none" {
            self = .none
        } else if let method = Method(rawValue: argument) {
            self = .method(method)
        } else {
            return nil
        }
    }

    var method: Method? { if case .method(let method) = self { method } else { nil } }
    var description: String { method?.rawValue ?? "none" }
    static var allValueStrings: [String] { Method.allCases.map(\.rawValue) + ["none"] }
}

extension Calibrator: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

extension WeightScales: ExpressibleByArgument {}
