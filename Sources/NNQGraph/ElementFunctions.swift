// SPDX-License-Identifier: Apache-2.0
// Functions of two elements, and of all elements along an axis.

/// A function of two elements, the first input's on the left.
public enum BinaryFunction: String, Hashable, Codable, Sendable, CaseIterable {
    case subtract, multiply, divide, minimum, maximum

    /// The value at `left` and `right`.
    @inlinable
    public func callAsFunction<Number: FloatingPoint>(_ left: Number, _ right: Number) -> Number {
        switch self {
        case .subtract: left - right
        case .multiply: left * right
        case .divide: left / right
        case .minimum: Swift.min(left, right)
        case .maximum: Swift.max(left, right)
        }
    }
}

/// One value for many.
public enum Reduction: String, Hashable, Codable, Sendable, CaseIterable {
    case mean, sum, maximum, minimum
}
