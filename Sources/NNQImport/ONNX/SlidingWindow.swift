// SPDX-License-Identifier: Apache-2.0
// ONNX's attributes of windows: strides, dilations, and four ways to say how the border is padded.

import NNQGraph

/// The window of a convolution or pool.
struct SlidingWindow {
    let window: Window

    /// - Parameter kernel: rows and columns.
    init(_ node: ONNXNode, _ map: MapInput, kernel: [Int]) throws {
        func pair(_ attribute: String) throws -> Pair {
            guard let values = node.integers(attribute), !values.isEmpty else { return 1 }
            guard values.count == map.rank else { throw ImportError("its \(attribute) do not fit its input") }
            return map.rank == 2 ? Pair(values[0], values[1]) : Pair(1, values[0])
        }
        var window = Window(
            kernel: Pair(kernel[0], kernel[1]), stride: try pair("strides"), dilation: try pair("dilations"))
        let sizes = [window.kernel, window.stride, window.dilation].flatMap { [$0.height, $0.width] }
        guard sizes.allSatisfy({ (1...1 << 24).contains($0) }) else {
            throw ImportError("kernel_shape, strides and dilations lie between 1 and 2^24")
        }
        switch node.string("auto_pad", default: "NOTSET") {
        case "SAME_UPPER": window.padding = .same
        case "SAME_LOWER":
            window.padding = .same
            let margins = window.margins(for: map.shape)
            window.padding = .explicit(
                top: margins.bottom, bottom: margins.top, left: margins.right, right: margins.left)
        case "VALID": break
        case "NOTSET", "":
            let pads = try Self.margins(node, map)
            guard pads != .zero else { break }
            window.padding = .explicit(top: pads.top, bottom: pads.bottom, left: pads.left, right: pads.right)
        case let other: throw ImportError("its auto_pad is '\(other)'")
        }
        self.window = window
    }

    private static func margins(_ node: ONNXNode, _ map: MapInput) throws -> Margins {
        guard let pads = node.integers("pads"), !pads.isEmpty else { return .zero }
        guard pads.count == 2 * map.rank, pads.allSatisfy({ (0...1 << 24).contains($0) }) else {
            throw ImportError("its pads \(pads) do not fit its input, or are negative")
        }
        return map.rank == 2
            ? Margins(top: pads[0], bottom: pads[2], left: pads[1], right: pads[3])
            : Margins(left: pads[0], right: pads[1])
    }

    /// A transposed convolution's padding: what is cut off its output.
    func transposed(_ node: ONNXNode, _ map: MapInput) throws -> (window: Window, outputPadding: Pair) {
        func pair(_ attribute: String) throws -> Pair? {
            guard let values = node.integers(attribute), !values.isEmpty else { return nil }
            guard values.count >= map.rank, values.allSatisfy({ (0...1 << 24).contains($0) }) else {
                throw ImportError("its \(attribute) does not fit its input")
            }
            let own = values.suffix(map.rank)
            return map.rank == 2 ? Pair(own[own.startIndex], own[own.startIndex + 1]) : Pair(1, own[own.startIndex])
        }
        var extra = try pair("output_padding") ?? Pair(0, 0)
        if map.rank == 1 { extra.height = 0 }
        let isSame = node.string("auto_pad", default: "NOTSET").hasPrefix("SAME")
        var size = try pair("output_shape")
        if size == nil, isSame {
            size = Pair(map.shape.height * window.stride.height, map.shape.width * window.stride.width)
        }
        var result = window
        guard let size else { return (result, extra) }
        result.padding = .valid
        let full = result.transposedOutputSize(for: map.shape, outputPadding: extra)
        let (rows, columns) = (full.height - size.height, full.width - size.width)
        // What the kernel does not reach is padding of the output.
        extra = Pair(extra.height + max(0, -rows), extra.width + max(0, -columns))
        let isUpper = node.string("auto_pad", default: "NOTSET") == "SAME_UPPER"
        let (top, left) = (max(0, rows) / 2, max(0, columns) / 2)
        let (bottom, right) = (max(0, rows) - top, max(0, columns) - left)
        result.padding =
            isUpper
            ? .explicit(top: top, bottom: bottom, left: left, right: right)
            : .explicit(top: bottom, bottom: top, left: right, right: left)
        return (result, extra)
    }

    /// The window with padding below and right, so that a last window that lies partly on the map counts.
    static func roundingUp(_ window: Window, _ map: Shape) throws -> Window {
        let margins = window.margins(for: map)
        func more(_ size: Int, _ before: Int, _ after: Int, _ kernel: Int, _ stride: Int) throws -> Int {
            let room = size + before + after - kernel
            guard room >= 0 else { throw ImportError("its window does not fit into \(map)") }
            var count = (room + stride - 1) / stride + 1
            // A window must start on the map or in the padding before it.
            if (count - 1) * stride >= size + before { count -= 1 }
            return max(0, (count - 1) * stride + kernel - size - before)
        }
        let bottom = try more(
            map.height, margins.top, margins.bottom, window.extent.height, window.stride.height)
        let right = try more(map.width, margins.left, margins.right, window.extent.width, window.stride.width)
        var result = window
        result.padding = .explicit(top: margins.top, bottom: bottom, left: margins.left, right: right)
        return result
    }
}
