// SPDX-License-Identifier: Apache-2.0
// What a comparison of a float model and its int8 program says.

/// Float and int8 side by side on the same samples.
public struct Comparison: Hashable, Codable, Sendable {
    /// How good one of the two is.
    public struct Score: Hashable, Codable, Sendable {
        /// Part of the samples answered rightly, 0 ... 1; nil for regression, or where right answers are unknown.
        public var accuracy: Double?
        /// Mean of the squared differences from the target values; nil where there are none.
        public var squaredError: Double?

        enum CodingKeys: String, CodingKey {
            case accuracy
            case squaredError = "mean_squared_error"
        }
    }

    /// One tensor of the program and the float node that it stands for.
    public struct Layer: Hashable, Codable, Sendable {
        public var name: String
        /// Signal to noise in dB, `10 log10(sum x^2 / sum (x - y)^2)`; nil where the two are equal or the float is
        /// all zero.
        public var sqnr: Double?
        /// Largest difference, in the layer's units.
        public var largestError: Float

        enum CodingKeys: String, CodingKey {
            case name
            case sqnr = "sqnr_db"
            case largestError = "max_abs_error"
        }
    }

    public var samples: Int
    public var float: Score
    public var int8: Score
    /// Part of the samples to which both give the same answer, 0 ... 1; nil for regression.
    public var agreement: Double?
    /// In the program's order.
    public var layers: [Layer]
    /// Layers of which the program computes some channels only: they cannot be compared. Nil where there are none.
    public var leftOut: [String]?

    enum CodingKeys: String, CodingKey {
        case samples, float, int8, agreement, layers
        case leftOut = "left_out"
    }
}
