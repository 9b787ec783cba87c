// SPDX-License-Identifier: Apache-2.0
// The runtime's own check of a file, with its answer as a FormatError.

import CNNQ

/// Has the runtime verify a file.
/// - Parameter name: gives the name of an op by its index.
/// - Throws: `FormatError.file` with the runtime's error and its place.
func verify(_ bytes: [UInt8], name: (Int) -> String?) throws {
    try withAlignedCopy(of: bytes) { file in
        try withUnsafePointer(to: nnq_all_ops) { table in
            var model = nnq_model()
            var place = nnq_diagnostic(op: -1, byte: 0)
            let operations = UnsafeRawPointer(table).assumingMemoryBound(to: OpaquePointer?.self)
            let error = nnq_open(&model, file.baseAddress, file.count, operations, &place)
            if error == NNQ_OK { return }
            let operation = place.op < 0 ? nil : Int(place.op)
            throw FormatError.file(
                error: String(cString: nnq_error_name(error)), meaning: String(cString: nnq_error_text(error)),
                operation: operation, name: operation.flatMap(name), byte: Int(place.byte))
        }
    }
}
