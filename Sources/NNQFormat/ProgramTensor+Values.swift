// SPDX-License-Identifier: Apache-2.0
// The bytes of a tensor as the real numbers that they stand for, and back.

extension ProgramTensor {
    /// The integer of each element; `bytes` are in this machine's order.
    public func integers(_ bytes: [Int8]) -> [Int] {
        guard type != .int8 else { return bytes.map(Int.init) }
        return bytes.withUnsafeBytes { raw in
            (0..<bytes.count / type.byteCount).map { index in
                type == .int16
                    ? Int(raw.loadUnaligned(fromByteOffset: 2 * index, as: Int16.self))
                    : Int(raw.loadUnaligned(fromByteOffset: 4 * index, as: Int32.self))
            }
        }
    }

    /// The real value of each element; `bytes` are in this machine's order.
    public func dequantized(_ bytes: [Int8]) -> [Float] {
        guard type != .int8 else { return bytes.map(quantization.dequantize) }
        return integers(bytes).map { quantization.scale * Float($0) }
    }

    /// The bytes of elements that are nearest to these real values; saturated, NaN is the lowest.
    public func quantized(_ reals: [Float]) -> [Int8] {
        switch type {
        case .int8: reals.map(quantization.quantize)
        case .int16: reals.flatMap { bytes(of: nearest($0) as Int16) }
        case .int32: reals.flatMap { bytes(of: nearest($0) as Int32) }
        }
    }

    private func nearest<Integer: FixedWidthInteger>(_ real: Float) -> Integer {
        let q = (Double(real) / Double(quantization.scale)).rounded(.toNearestOrEven)
        return q >= Double(Integer.max) ? .max : q > Double(Integer.min) ? Integer(q) : .min
    }

    private func bytes(of value: some FixedWidthInteger) -> [Int8] {
        withUnsafeBytes(of: value) { $0.map { Int8(bitPattern: $0) } }
    }
}
