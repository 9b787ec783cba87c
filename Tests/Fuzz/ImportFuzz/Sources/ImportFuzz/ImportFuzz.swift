// SPDX-License-Identifier: Apache-2.0
// The fuzz target of the importers: any bytes are read; what is accepted is planned and written, and so verified.

import Foundation
import NNQFormat
import NNQImport

private let reader: @Sendable ([UInt8]) throws -> Imported =
    ProcessInfo.processInfo.environment["NNQ_IMPORTER"] == "onnx" ? ONNXImporter.read : TFLiteImporter.read

/// Larger programs are not planned: what is under test is the reader, and plans of many ops take their time.
private let mostOperations = 64

/// libFuzzer calls this with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    do {
        guard case .int8(let program) = try reader(bytes), program.operations.count <= mostOperations else { return 0 }
        _ = try? ProgramFile(program).encoded()
    } catch is ImportError {
    } catch {
        fatalError("not an ImportError: \(error)")
    }
    return 0
}
