// SPDX-License-Identifier: Apache-2.0
// What is wrong with a recipe, as a sentence with its line.

import Foundation

/// A recipe that cannot be found, read or used.
public struct RecipeError: Error, LocalizedError, CustomStringConvertible, Equatable {
    public let description: String

    public init(_ description: String) { self.description = description }

    public var errorDescription: String? { description }
}
