// SPDX-License-Identifier: Apache-2.0
// Shapes of layers that work on maps: convolutions, pools, padding.

extension Graph {
    static func map(_ node: Node, _ shape: Shape) throws -> Shape {
        guard shape.isMap else {
            throw GraphError.at(node, "needs a map [height, width, channels] and is given \(shape): reshape before it")
        }
        return shape
    }

    static func slide(_ node: Node, _ window: Window, _ input: Shape, channels: Int) throws -> Shape {
        try checkSizes(node, window)
        try checkPadding(node, window.margins(for: input))
        guard let size = window.outputSize(for: input) else {
            throw GraphError.at(
                node, "a \(window.extent) window does not fit into \(input): use smaller kernels or padding")
        }
        return [size.height, size.width, channels]
    }

    private static func checkSizes(_ node: Node, _ window: Window) throws {
        let sizes = [window.kernel, window.stride, window.dilation]
        guard sizes.allSatisfy({ $0.height >= 1 && $0.width >= 1 }) else {
            throw GraphError.at(node, "kernel, stride and dilation are at least 1")
        }
    }

    /// A pool's window must see at least one element wherever it stands.
    static func slidePool(_ node: Node, _ window: Window, _ input: Shape) throws -> Shape {
        try checkSizes(node, window)
        let margins = window.margins(for: input)
        guard margins.top < window.kernel.height, margins.bottom < window.kernel.height,
            margins.left < window.kernel.width, margins.right < window.kernel.width
        else { throw GraphError.at(node, "padding is as large as the window: some outputs would see no input") }
        guard window.dilation == 1 else { throw GraphError.at(node, "pools have no dilation") }
        return try slide(node, window, input, channels: input.channels)
    }

    /// The shape that a transposed convolution gives.
    static func spread(
        _ node: Node, _ window: Window, _ outputPadding: Pair, _ input: Shape, channels: Int
    ) throws -> Shape {
        try checkSizes(node, window)
        guard outputPadding.height >= 0, outputPadding.width >= 0 else {
            throw GraphError.at(node, "padding is negative")
        }
        let margins = window.transposedMargins(outputPadding: outputPadding)
        try checkPadding(node, margins)
        let size = window.transposedOutputSize(for: input, outputPadding: outputPadding)
        guard size.height >= 1, size.width >= 1 else {
            throw GraphError.at(node, "its padding cuts all of the output off: use less")
        }
        return [size.height, size.width, channels]
    }

    /// Checks filters and groups of a convolution.
    static func checkGroups(_ node: Node, _ input: Shape, filters: Int, groups: Int) throws {
        guard filters >= 1, groups >= 1 else { throw GraphError.at(node, "filters and groups are at least 1") }
        guard input.channels % groups == 0, filters % groups == 0 else {
            throw GraphError.at(
                node, "\(input.channels) input and \(filters) output channels: groups (\(groups)) must divide both")
        }
    }

    static func padded(_ node: Node, _ margins: Margins, _ input: Shape) throws -> Shape {
        try checkPadding(node, margins)
        return [
            input.height + margins.top + margins.bottom, input.width + margins.left + margins.right, input.channels,
        ]
    }

    private static func checkPadding(_ node: Node, _ margins: Margins) throws {
        guard [margins.top, margins.bottom, margins.left, margins.right].allSatisfy({ $0 >= 0 }) else {
            throw GraphError.at(node, "padding is negative")
        }
    }
}
