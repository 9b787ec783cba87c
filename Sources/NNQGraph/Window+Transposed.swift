// SPDX-License-Identifier: Apache-2.0
// The geometry of transposed convolutions: a window whose stride spreads the input out.

extension Window {
    /// Rows and columns that a transposed convolution cuts off the full result on each side. With padding `same`, the
    /// odd row or column of what is too much goes below and right.
    public func transposedMargins(outputPadding: Pair) -> Margins {
        switch padding {
        case .valid: return .zero
        case .explicit(let top, let bottom, let left, let right):
            return Margins(top: top, bottom: bottom, left: left, right: right)
        case .same:
            let rows = max(0, extent.height + outputPadding.height - stride.height)
            let columns = max(0, extent.width + outputPadding.width - stride.width)
            return Margins(top: rows / 2, bottom: rows - rows / 2, left: columns / 2, right: columns - columns / 2)
        }
    }

    /// Rows and columns of a transposed convolution's output; below 1 where padding leaves nothing.
    public func transposedOutputSize(for input: Shape, outputPadding: Pair) -> Pair {
        if padding == .same { return Pair(input.height * stride.height, input.width * stride.width) }
        let margins = transposedMargins(outputPadding: outputPadding)
        let height = (input.height - 1) * stride.height + extent.height + outputPadding.height
        let width = (input.width - 1) * stride.width + extent.width + outputPadding.width
        return Pair(height - margins.top - margins.bottom, width - margins.left - margins.right)
    }
}
