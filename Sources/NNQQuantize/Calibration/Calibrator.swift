// SPDX-License-Identifier: Apache-2.0
// The ways to choose the range of an activation, and their names.

/// How the range of an activation is chosen from its values on the calibration samples. Zero lies in every range.
public enum Calibrator: Hashable, Sendable {
    /// From the smallest to the largest value seen.
    case minMax
    /// From the moving average of the batches' smallest values to that of their largest:
    /// `average = momentum * average + (1 - momentum) * batch`, 0 <= momentum < 1 (Jacob et al., "Quantization and
    /// Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", 2018, section 3.1).
    case movingAverage(momentum: Double)
    /// Without the rarest values: this percentage of them (above 50, at most 100) lies inside the range, half of the
    /// rest below and half above.
    case percentile(Double)
    /// The range whose expected squared error, of rounding inside and of clipping outside, is least.
    case mse
    /// The range whose 256 steps lose the least information: the least Kullback-Leibler divergence (Migacz, "8-bit
    /// Inference with TensorRT", 2017, here for ranges that need not be symmetric).
    case entropy
}

extension Calibrator: LosslessStringConvertible {
    /// What a person can write.
    public static let forms = "min-max, moving-average:0.9, percentile:99.99, mse or entropy"

    /// Reads one of `forms`; without their numbers, `moving-average` has momentum 0.9 and `percentile` 99.99 %.
    public init?(_ description: String) {
        let parts = description.split(separator: ":", omittingEmptySubsequences: false)
        let number = parts.count == 2 ? Double(parts[1]) : nil
        guard let word = parts.first, parts.count == 1 || number != nil else { return nil }
        switch word {
        case "min-max" where parts.count == 1: self = .minMax
        case "mse" where parts.count == 1: self = .mse
        case "entropy" where parts.count == 1: self = .entropy
        case "moving-average":
            guard (0..<1).contains(number ?? 0.9) else { return nil }
            self = .movingAverage(momentum: number ?? 0.9)
        case "percentile":
            let percent = number ?? 99.99
            guard percent > 50, percent <= 100 else { return nil }
            self = .percentile(percent)
        default: return nil
        }
    }

    public var description: String {
        switch self {
        case .minMax: "min-max"
        case .movingAverage(let momentum): "moving-average:\(momentum)"
        case .percentile(let percent): "percentile:\(percent)"
        case .mse: "mse"
        case .entropy: "entropy"
        }
    }
}

extension Calibrator: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let calibrator = Calibrator(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is no calibrator: write \(Self.forms)")
        }
        self = calibrator
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
