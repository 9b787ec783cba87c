// SPDX-License-Identifier: Apache-2.0
// Whether the taps of a kernel see the map, its padding, or both.

import NNQFormat

/// What a tap of a kernel reads over all positions of its window.
enum TapReach {
    case map
    case padding
    /// The map at some positions and padding at others.
    case both

    /// The reach of each tap (i, j) of a kernel, row after row.
    static func taps(_ p: some WindowParameters, _ input: ProgramTensor, _ output: ProgramTensor) -> [TapReach] {
        let columns = SlidingAxis(across: p, input, output).reaches
        return SlidingAxis(down: p, input, output).reaches.flatMap { row in
            columns.map { column in
                let isInside = row.inside && column.inside
                return !isInside ? .padding : row.outside || column.outside ? .both : .map
            }
        }
    }
}

/// A kernel that moves over a map along one axis.
struct SlidingAxis {
    private let extent, outputExtent, kernel, stride, dilation, pad: Int

    /// Along the height.
    init(down p: some WindowParameters, _ input: ProgramTensor, _ output: ProgramTensor) {
        (extent, outputExtent) = (input.height, output.height)
        (kernel, stride) = (Int(p.kernel_height), Int(p.stride_height))
        (dilation, pad) = (Int(p.dilation_height), Int(p.pad_top))
    }

    /// Along the width.
    init(across p: some WindowParameters, _ input: ProgramTensor, _ output: ProgramTensor) {
        (extent, outputExtent) = (input.width, output.width)
        (kernel, stride) = (Int(p.kernel_width), Int(p.stride_width))
        (dilation, pad) = (Int(p.dilation_width), Int(p.pad_left))
    }

    /// For each tap, whether some position of the window has it inside of the map, and whether some has it outside.
    var reaches: [(inside: Bool, outside: Bool)] {
        (0..<kernel).map { tap in
            let places = (0..<outputExtent).lazy.map { $0 * stride + tap * dilation - pad }
            let isInside = places.contains { (0..<extent).contains($0) }
            return (isInside, places.first! < 0 || places.last! >= extent)
        }
    }

    /// Every number of taps that can lie inside of the map at once.
    var counts: Set<Int> {
        Set(
            (0..<outputExtent).map { position in
                let first = position * stride - pad
                return (0..<kernel).count { (0..<extent).contains(first + $0 * dilation) }
            })
    }
}
