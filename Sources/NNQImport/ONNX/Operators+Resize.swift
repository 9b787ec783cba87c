// SPDX-License-Identifier: Apache-2.0
// Maps of other height and width.

import NNQGraph

extension Operators {
    /// Resize, and Upsample before it.
    static func resize(_ graph: inout GraphImport, _ node: ONNXNode) throws -> [ONNXOperand] {
        let value = try graph.value(node, 0)
        let sizes = try graph.resizedExtents(value.extents, node)
        if sizes == value.extents { return [.computed(value)] }
        guard value.extents.count == 3 || value.extents.count == 4, sizes[..<2] == value.extents[..<2] else {
            throw ImportError("resizes \(value.extents.words) to \(sizes.words); nnq resizes rows and columns of maps")
        }
        let map = try graph.map(node)
        let size = map.rank == 2 ? Pair(sizes[2], sizes[3]) : Pair(1, sizes[2])
        let (interpolation, coordinates) = try sampling(node, from: map.shape, to: size)
        return try graph.slid(map, .resize(size, interpolation, coordinates), size, channels: map.channels, node)
    }

    private static func sampling(
        _ node: ONNXNode, from shape: Shape, to size: Pair
    ) throws -> (Interpolation, Coordinates) {
        let isOld = node.opset < 11
        let mode = node.string("mode", default: "nearest")
        guard !node.flag("antialias") || (size.height >= shape.height && size.width >= shape.width) else {
            throw ImportError("nnq resizes without antialiasing")
        }
        let coordinates: Coordinates
        switch node.string("coordinate_transformation_mode", default: isOld ? "asymmetric" : "half_pixel") {
        // Where the scales are the ratios of the extents, the symmetric form is the same.
        case "half_pixel", "half_pixel_symmetric": coordinates = .halfPixel
        case "pytorch_half_pixel":
            guard [(size.height, shape.height), (size.width, shape.width)].allSatisfy({ $0.0 > 1 || $0.1 == 1 }) else {
                throw ImportError("nnq has no 'pytorch_half_pixel' to a single row or column")
            }
            coordinates = .halfPixel
        case "asymmetric": coordinates = .asymmetric
        case "align_corners": coordinates = .alignCorners
        case let other: throw ImportError("nnq has no coordinate_transformation_mode '\(other)'")
        }
        switch mode {
        case "nearest": return (.nearest(try rounding(node, isOld: isOld)), coordinates)
        case "linear", "bilinear": return (.bilinear, coordinates)
        default: throw ImportError("nnq has no resizing of mode '\(mode)'")
        }
    }

    private static func rounding(_ node: ONNXNode, isOld: Bool) throws -> NearestRounding {
        switch node.string("nearest_mode", default: isOld ? "floor" : "round_prefer_floor") {
        case "floor": return .floor
        case "ceil": return .ceil
        case "round_prefer_floor": return .halfDown
        case "round_prefer_ceil": return .halfUp
        case let other: throw ImportError("its nearest_mode is '\(other)'")
        }
    }
}

extension GraphImport {
    /// The extents of the result, from scales or sizes.
    fileprivate func resizedExtents(_ extents: ONNXExtents, _ node: ONNXNode) throws -> ONNXExtents {
        let isOld = node.operation == "Upsample" || node.opset < 11
        let axes = try extents.axes(node.integers("axes") ?? Array(extents.indices))
        var result = extents
        if let sizes = isOld ? nil : try constant(node, 3, "sizes")?.integers(), !sizes.isEmpty {
            guard sizes.count == axes.count, sizes.allSatisfy({ (1...1 << 24).contains($0) }) else {
                throw ImportError("its sizes \(sizes) do not fit \(extents.words)")
            }
            for (axis, size) in zip(axes, sizes) { result[axis] = size }
            return try keepingRatio(result, extents, axes, node)
        }
        let scales = try constant(node, isOld ? 1 : 2, "scales")?.floats ?? node.floats("scales") ?? []
        guard scales.count == axes.count else { throw ImportError("its scales do not fit \(extents.words)") }
        for (axis, scale) in zip(axes, scales) {
            let exact = Float(extents[axis]) * scale
            guard exact >= 1, exact <= 0x1p24 else { throw ImportError("its scales include \(scale)") }
            result[axis] = Int(exact + 1e-4)
            guard abs(exact - Float(result[axis])) < 1e-3 else {
                throw ImportError(
                    "scales an extent of \(extents[axis]) by \(scale), to no whole number: give sizes instead")
            }
        }
        return result
    }

    /// One scale for all axes, the smallest or the largest, where the operator asks for it.
    private func keepingRatio(
        _ sizes: ONNXExtents, _ extents: ONNXExtents, _ axes: [Int], _ node: ONNXNode
    ) throws -> ONNXExtents {
        let policy = node.string("keep_aspect_ratio_policy", default: "stretch")
        guard policy != "stretch" else { return sizes }
        let scales = axes.map { Double(sizes[$0]) / Double(extents[$0]) }
        let scale = policy == "not_larger" ? scales.min()! : scales.max()!
        var result = extents
        for axis in axes {
            let exact = Double(extents[axis]) * scale
            result[axis] = max(1, Int((exact + 0.5).rounded(.down)))
            guard abs(exact - Double(result[axis])) < 1e-3 else {
                throw ImportError("keeps the ratio of sides at a size that is no whole number")
            }
        }
        return result
    }
}
