// SPDX-License-Identifier: Apache-2.0
// What can be wrong with another tool's model, as one sentence.

/// A file that cannot be read, or a model that nnq cannot run: what, where, and what to do.
public struct ImportError: Error, CustomStringConvertible, Hashable, Sendable {
    public let description: String

    public init(_ description: String) { self.description = description }
}
