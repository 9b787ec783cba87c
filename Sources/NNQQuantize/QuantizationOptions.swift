// SPDX-License-Identifier: Apache-2.0
// What a person can choose about quantization.

/// How the range of an activation is chosen from its values on the calibration samples.
public enum Calibrator: Hashable, Sendable {
    /// From the smallest to the largest value seen.
    case minMax
    /// Without the rarest values: this percentage of them (above 50, at most 100) lies inside the range, half of the
    /// rest below and half above.
    case percentile(Double)
}

extension Calibrator: LosslessStringConvertible {
    /// Reads `min-max` or `percentile:99.99`.
    public init?(_ description: String) {
        if description == "min-max" {
            self = .minMax
            return
        }
        let prefix = "percentile:"
        guard description.hasPrefix(prefix), let percent = Double(description.dropFirst(prefix.count)),
            percent > 50, percent <= 100
        else { return nil }
        self = .percentile(percent)
    }

    public var description: String {
        switch self {
        case .minMax: "min-max"
        case .percentile(let percent): "percentile:\(percent)"
        }
    }
}

extension Calibrator: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let calibrator = Calibrator(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is no calibrator: write min-max or percentile:99.99")
        }
        self = calibrator
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Choices of quantization; the defaults suit most models.
public struct QuantizationOptions: Hashable, Codable, Sendable {
    public var calibrator: Calibrator
    /// Rewrites to make before lowering.
    public var rewrites: Set<Rewrite>
    /// Samples to calibrate on, at least 1; fewer are used where there are fewer.
    public var calibrationSamples: Int

    public init(
        calibrator: Calibrator = .minMax, rewrites: Set<Rewrite> = Set(Rewrite.allCases), calibrationSamples: Int = 512
    ) {
        self.calibrator = calibrator
        self.rewrites = rewrites
        self.calibrationSamples = calibrationSamples
    }

    /// Rewrites in alphabetical order, so that equal options give equal text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(calibrator, forKey: .calibrator)
        try container.encode(rewrites.map(\.rawValue).sorted(), forKey: .rewrites)
        try container.encode(calibrationSamples, forKey: .calibrationSamples)
    }
}
