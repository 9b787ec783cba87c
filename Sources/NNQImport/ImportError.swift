// SPDX-License-Identifier: Apache-2.0
// Why a model made by another tool cannot be brought in, as a sentence.

import Foundation

/// A file that is damaged or not a model, or a model with something that has no counterpart here. The description is
/// one sentence: where (the operator's index, kind and name), what, and the way out.
public struct ImportError: Error, LocalizedError, CustomStringConvertible, Equatable, Sendable {
    public let description: String

    public init(_ description: String) { self.description = description }

    public var errorDescription: String? { description }
}
