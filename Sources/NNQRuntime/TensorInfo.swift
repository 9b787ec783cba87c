// SPDX-License-Identifier: Apache-2.0
// A tensor as the application sees it.

import CNNQ

/// Shape and quantization of a tensor: NHWC with N = 1, `real = scale * (q - zeroPoint)`. A vector of n elements is
/// 1 x 1 x n. Elements are int8 but in a few places: class indices, indices into a table, and what is remembered.
public struct TensorInfo: Hashable, Sendable {
    public let height: Int
    public let width: Int
    public let channels: Int
    public let scale: Float
    public let zeroPoint: Int8
    /// Bytes of one element: 1, 2 or 4. Larger ones than 1 are in the machine's byte order.
    public let elementBytes: Int
    let rowsHeld: Int

    init(_ info: nnq_tensor_info) {
        height = Int(info.height)
        width = Int(info.width)
        channels = Int(info.channels)
        scale = Float(bitPattern: info.scale_bits)
        zeroPoint = Int8(info.zero_point)
        elementBytes = 1 << Int(info.type)
        rowsHeld = Int(info.rows_held)
    }

    /// Elements.
    public var count: Int { height * width * channels }
    public var byteCount: Int { count * elementBytes }

    /// The int8 value nearest to a real one, saturated; ties to even, NaN is the lowest.
    public func quantize(_ real: Float) -> Int8 {
        // Floats are made of Int, since Embedded Swift makes those of other integers by way of an array.
        // Numbers around 1.5 * 2^23 are 1 apart, so that the sum is rounded; `rounded()` would need a math library.
        let limited = real / scale
        let q = (limited > -512 ? min(limited, 512) : -512) + 0x1.8p23 - 0x1.8p23 + Float(Int(zeroPoint))
        return Int8(min(max(q, -128), 127))
    }

    public func dequantize(_ q: Int8) -> Float { scale * Float(Int(q) - Int(zeroPoint)) }
}
