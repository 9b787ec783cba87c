// SPDX-License-Identifier: Apache-2.0
// How raw input becomes what a network sees.

/// `(raw - mean[c]) / std[c]` for each channel (the innermost dimension).
public struct Normalization: Hashable, Codable, Sendable {
    /// In the raw input's units (0...255 for pixels): one number for all channels, or one a channel.
    public var mean: [Float]
    /// As `mean`; above 0.
    public var std: [Float]

    public init(mean: [Float], std: [Float]) {
        self.mean = mean
        self.std = std
    }

    /// Leaves raw values as they are.
    public static let identity = Normalization(mean: [0], std: [1])

    /// True where there is one finite mean for each finite std above 0, and at least one of each.
    public var isValid: Bool {
        !mean.isEmpty && mean.count == std.count && mean.allSatisfy(\.isFinite)
            && std.allSatisfy { $0 > 0 && $0.isFinite }
    }
}
