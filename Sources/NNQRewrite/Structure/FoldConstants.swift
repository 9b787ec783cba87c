// SPDX-License-Identifier: Apache-2.0
// Ops that nothing reads go.

import NNQFormat

extension Program {
    mutating func foldConstants(_ note: Note) throws {
        removeUnread(note)
    }

    /// Takes out ops whose outputs nothing reads, as long as one op is left.
    /// - Parameter isEligible: which ops may go.
    mutating func removeUnread(_ note: Note, where isEligible: (Operation) -> Bool = { _ in true }) {
        for index in operations.indices.reversed() where operations.count > 1 {
            let result = output(of: index)
            let isUnread = !outputs.contains(result) && readers(of: result).isEmpty
            guard isUnread, isEligible(operations[index].operation) else { continue }
            note(name(of: index), "nothing reads it")
            // Nothing reads it, so that whatever comes instead does not matter.
            remove(index, substitute: 0)
        }
    }
}
