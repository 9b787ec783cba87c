// SPDX-License-Identifier: Apache-2.0
// Constants of a TFLite model, and a limit on how much they may grow.

/// Reads constants. Operators may share one, and each then takes a copy of its own: the budget keeps a small file from
/// taking all memory.
struct ConstantBudget {
    private let model: TFLiteModel
    private var bytesLeft: Int

    init(_ model: TFLiteModel) {
        self.model = model
        bytesLeft = 1 << 20 + 16 * model.bytes.count
    }

    /// The bytes of a constant, or nil where the tensor has none.
    mutating func bytes(_ tensor: Int, for operation: TFLiteOperator) throws -> ArraySlice<UInt8>? {
        guard let range = model.tensors[tensor].constant else { return nil }
        bytesLeft -= range.count
        guard bytesLeft >= 0 else {
            throw model.failure(
                operation, "brings the constants to more than 16 times the file's size, for many operators share "
                    + "them: import the model in parts")
        }
        return model.bytes[range]
    }

    /// The little-endian integers of a constant.
    mutating func integers<T: FixedWidthInteger>(
        _: T.Type = T.self, _ tensor: Int, for operation: TFLiteOperator
    ) throws -> [T]? {
        let size = MemoryLayout<T>.size
        guard let bytes = try bytes(tensor, for: operation) else { return nil }
        return bytes.withUnsafeBytes { raw in
            (0..<raw.count / size).map { T(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * size, as: T.self)) }
        }
    }
}
