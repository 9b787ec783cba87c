// SPDX-License-Identifier: Apache-2.0
// What can go wrong while a network is compiled, run or trained, as sentences.

import CDNNL
import Foundation

/// A network that cannot be compiled or trained: what, where and what to do about it.
public struct TrainError: Error, LocalizedError, CustomStringConvertible, Equatable {
    public let description: String

    public init(_ description: String) { self.description = description }

    public var errorDescription: String? { description }
}

/// Throws unless a oneDNN call succeeded; `what` completes "oneDNN cannot ...".
func check(_ status: dnnl_status_t, _ what: @autoclosure () -> String) throws {
    guard status != dnnl_success else { return }
    let reason =
        switch status {
        case dnnl_out_of_memory: "there is not enough memory; use a smaller batch"
        case dnnl_unimplemented: "this processor or this version of oneDNN has no implementation"
        case dnnl_invalid_arguments: "the arguments do not fit each other"
        default: "status \(status.rawValue)"
        }
    throw TrainError("oneDNN cannot \(what()): \(reason)")
}
