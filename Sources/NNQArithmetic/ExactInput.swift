// SPDX-License-Identifier: Apache-2.0
// Byte images whose pixels are an int8 program's input as they are.

import NNQFormat
import NNQGraph

extension Metadata {
    /// The quantization with which int8 input is `pixel - 128`, for byte images whose channels share a whole mean;
    /// else nil. `(pixel - mean) / std = scale * (q - zero_point)` with q = pixel - 128, scale = 1 / std, zero_point
    /// = mean - 128.
    package var exactInput: Quantization? {
        guard hasByteInput, let mean = normalization.mean.first, let std = normalization.std.first,
            normalization.mean.allSatisfy({ $0 == mean }), normalization.std.allSatisfy({ $0 == std }),
            mean == mean.rounded(), (0...255).contains(mean), (1 / std).isNormal
        else { return nil }
        return Quantization(scale: 1 / std, zeroPoint: Int8(mean - 128))
    }

    /// The same for a node: normalization is about the first input of a graph.
    package func exactInput(_ graph: Graph, _ index: Int) -> Quantization? {
        index == graph.inputs.first ? exactInput : nil
    }
}
