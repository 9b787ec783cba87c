// SPDX-License-Identifier: Apache-2.0
// Convolutions, pools, padding and resizing as ONNX's operators on `[N, channels, height, width]`.

import NNQGraph

extension GraphExport {
    mutating func convolution(_ index: Int, _ window: Window, groups: Int) {
        let node = model.graph.nodes[index]
        let input = channelsFirst(node.inputs[0])
        let weight = parameter(index, "weight")!
        // [out_c, kh, kw, in_c / groups] to [out_c, in_c / groups, kh, kw].
        let filter = Constant(weight.shape, floats: weight.values).transposed([0, 3, 1, 2])
        let constants = [initializer("\(node.name).weight", filter.extents, filter.floats)] + bias(index)
        result(
            index, "Conv", [input], window.attributes(window.margins(for: input.shape)) + [.integer("group", groups)],
            constants: constants)
    }

    mutating func transposedConvolution(_ index: Int, _ window: Window, _ outputPadding: Pair, groups: Int) {
        let node = model.graph.nodes[index]
        let input = channelsFirst(node.inputs[0])
        let weight = parameter(index, "weight")!
        let (filters, channels) = (weight.shape[0] / groups, weight.shape[3])
        // [groups, out_c / groups, kh, kw, in_c / groups] to [in_c, out_c / groups, kh, kw].
        let filter = Constant([groups, filters, weight.shape[1], weight.shape[2], channels], floats: weight.values)
            .transposed([0, 4, 1, 2, 3])
        let extents = [groups * channels, filters, weight.shape[1], weight.shape[2]]
        let constants = [initializer("\(node.name).weight", extents, filter.floats)] + bias(index)
        let margins = window.transposedMargins(outputPadding: outputPadding)
        var extra = outputPadding
        if window.padding == .same {
            extra.height += max(0, window.stride.height - window.extent.height - outputPadding.height)
            extra.width += max(0, window.stride.width - window.extent.width - outputPadding.width)
        }
        result(
            index, "ConvTranspose", [input],
            window.attributes(margins) + [
                .integer("group", groups), .integers("output_padding", [extra.height, extra.width]),
            ], constants: constants)
    }

    private mutating func bias(_ index: Int) -> [String] {
        guard let bias = parameter(index, "bias") else { return [] }
        return [initializer("\(model.graph.nodes[index].name).bias", bias.shape, bias.values)]
    }

    mutating func pool(_ index: Int, _ operation: String, _ window: Window) {
        let input = channelsFirst(model.graph.nodes[index].inputs[0])
        var attributes = window.attributes(window.margins(for: input.shape))
        attributes.removeAll { if case .integers("dilations", _) = $0 { true } else { false } }
        result(index, operation, [input], attributes)
    }

    mutating func globalPool(_ index: Int, _ operation: String) {
        let node = model.graph.nodes[index]
        let input = channelsFirst(node.inputs[0])
        let pooled = append(operation, [input.name], output: fresh("\(node.name).pooled"), name: node.name)
        append("Flatten", [pooled], [.integer("axis", 1)], output: node.name, name: "\(node.name).flat")
        define(index, Exported(name: node.name, shape: shapes[index], order: .plain))
    }

    mutating func pad(_ index: Int, _ margins: Margins) {
        let node = model.graph.nodes[index]
        let input = channelsFirst(node.inputs[0])
        let pads = initializer(
            "\(node.name).pads", [0, 0, margins.top, margins.left, 0, 0, margins.bottom, margins.right])
        result(index, "Pad", [input], constants: [pads])
    }

    mutating func resize(_ index: Int, _ size: Pair, _ interpolation: Interpolation, _ coordinates: Coordinates) {
        let node = model.graph.nodes[index]
        let input = channelsFirst(node.inputs[0])
        let sizes = initializer("\(node.name).sizes", [size.height, size.width])
        var attributes: [Attribute] = [
            .integers("axes", [2, 3]), .string("coordinate_transformation_mode", coordinates.onnxName),
        ]
        switch interpolation {
        case .nearest(let rounding):
            attributes += [.string("mode", "nearest"), .string("nearest_mode", rounding.onnxName)]
        case .bilinear: attributes.append(.string("mode", "linear"))
        }
        result(index, "Resize", [input], attributes, constants: ["", "", sizes])
    }
}

extension Window {
    fileprivate func attributes(_ margins: Margins) -> [Attribute] {
        [
            .integers("kernel_shape", [kernel.height, kernel.width]),
            .integers("strides", [stride.height, stride.width]),
            .integers("dilations", [dilation.height, dilation.width]),
            .integers("pads", [margins.top, margins.left, margins.bottom, margins.right]),
        ]
    }
}

extension Coordinates {
    fileprivate var onnxName: String {
        switch self {
        case .halfPixel: "half_pixel"
        case .asymmetric: "asymmetric"
        case .alignCorners: "align_corners"
        }
    }
}

extension NearestRounding {
    fileprivate var onnxName: String {
        switch self {
        case .floor: "floor"
        case .ceil: "ceil"
        case .halfDown: "round_prefer_floor"
        case .halfUp: "round_prefer_ceil"
        }
    }
}
