// SPDX-License-Identifier: Apache-2.0
// One piece of work of a compiled network.

/// Work to do, and the storages that it reads or writes.
struct Step {
    /// The layer it belongs to, for profiles.
    let name: String
    let touches: [Storage]
    let run: () throws -> Void
}

extension Step {
    init(_ name: String, _ primitive: Primitive, _ arguments: [(Int32, Memory)]) {
        self.init(name: name, touches: arguments.map(\.1.storage), run: primitive.run)
    }
}
