// SPDX-License-Identifier: Apache-2.0
// The bytes of a tensor as the real numbers that they stand for, and back.

extension ProgramTensor {
    /// The real value of each element; `bytes` are in this machine's order.
    public func dequantized(_ bytes: [Int8]) -> [Float] {
        bytes.withUnsafeBytes { raw in
            (0..<bytes.count / type.byteCount).map { index in
                switch type {
                case .int8: quantization.dequantize(bytes[index])
                case .int16: quantization.scale * Float(raw.loadUnaligned(fromByteOffset: 2 * index, as: Int16.self))
                case .int32: quantization.scale * Float(raw.loadUnaligned(fromByteOffset: 4 * index, as: Int32.self))
                }
            }
        }
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
