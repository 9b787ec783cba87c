// SPDX-License-Identifier: Apache-2.0
// The most stack that a program can use, from its machine code.

/// Bytes; nil where something has no static bound.
public struct StackBound: Sendable {
    public var opening: Int?
    public var running: Int?
}
