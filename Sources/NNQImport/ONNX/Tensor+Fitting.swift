// SPDX-License-Identifier: Apache-2.0
// Parameters made of what a file says, which may not fit together.

import NNQGraph

extension Tensor {
    /// - Throws: `ImportError` where the values are not those of a tensor of this shape, or there are none.
    init(fitting shape: [Int], values: [Float]) throws {
        guard !values.isEmpty, try shape.elementCount() == values.count else {
            throw ImportError("\(values.count) values do not make a tensor of \(shape.words)")
        }
        self.init(shape: shape, values: values)
    }
}
