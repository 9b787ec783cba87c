// SPDX-License-Identifier: Apache-2.0
// QuantizeLinear and DequantizeLinear: around weights they give scales, around layers their outputs' quantization.

import NNQFormat
import NNQGraph

extension Operators {
    static let quantizers: [String: Rule] = [
        "QuantizeLinear": { graph, node in
            var value = try graph.value(node, 0)
            let quantization = try graph.quantization(node)
            if let other = graph.quantizations[value.node], other != quantization {
                // Two readers want other steps: the second has a layer of its own.
                value = try graph.activation(.leakyReLU(slope: 1), value, named: "\(node.name).requantized")
            }
            graph.quantizations[value.node] = quantization
            (value.isInteger, value.quantization) = (true, quantization)
            return [.computed(value)]
        },
        "DequantizeLinear": { graph, node in
            var value = try graph.anyValue(node, 0)
            let quantization = try graph.quantization(node)
            if value.quantization == nil, value.isInteger, case .input = graph.builder.nodes[value.node].layer {
                graph.quantizations[value.node] = quantization
                value.quantization = quantization
            }
            guard value.quantization == quantization else {
                throw ImportError("reads integers by another scale or zero point than they were written by")
            }
            (value.isInteger, value.quantization) = (false, nil)
            return [.computed(value)]
        },
    ]
}

extension GraphImport {
    /// Scale and zero point of a tensor of 8-bit integers; those of unsigned ones are 128 less here.
    fileprivate func quantization(_ node: ONNXNode) throws -> Quantization {
        guard let scale = try constant(node, 1, "scale"), scale.count == 1 else {
            throw ImportError("activations have one scale each; it has others")
        }
        let zeroPoint = try constant(node, 2, "zero point")
        let type = zeroPoint?.type ?? node.integer("output_dtype", default: 2)
        guard [2, 3].contains(type), zeroPoint?.count ?? 1 == 1 else {
            throw ImportError("quantizes to \(ONNXElementType.words(type)); int8 and uint8 are possible")
        }
        let zero = try zeroPoint?.integers()[0] ?? 0
        let value = scale.floats[0]
        guard value.isFinite, value > 0, (type == 2 ? 0...255 : -128...127).contains(zero) else {
            throw ImportError("its scale \(value) or zero point \(zero) is out of range")
        }
        return Quantization(scale: value, zeroPoint: Int8(type == 2 ? zero - 128 : zero))
    }
}

extension Constant {
    /// Scales of integers that were weights, one for each of so many channels along an axis; nil where there are none.
    func channelScales(axis: Int, _ count: Int) -> (values: [Float], axis: Int)? {
        guard let scales else { return nil }
        if scales.values.count == 1 { return (Array(repeating: scales.values[0], count: count), axis) }
        return scales.axis == axis && scales.values.count == count ? scales : nil
    }
}

extension Folding {
    static let quantizers: [String: FoldingRule] = [
        "DequantizeLinear": FoldingRule(inputs: 2) { graph, node, inputs in
            let (input, scale) = (inputs[0]!, inputs[1])
            let zeros = inputs.count > 2 ? inputs[2] : nil
            guard input.isInteger, let scale else { throw ImportError("it reads floats, or has no scale") }
            _ = try graph.mayFold(input.extents)
            let axis = scale.count == 1 ? 0 : try input.extents.axis(node.integer("axis", default: 1))
            let scales = try perElement(scale.floats, input.extents, axis)
            let offsets = try zeros.map { try perElement($0.floats, input.extents, axis) }
            let values = input.floats.indices.map { index in
                (input.floats[index] - (offsets?(index) ?? 0)) * scales(index)
            }
            var result = Constant(input.extents, floats: values)
            let isSymmetric = zeros?.floats.allSatisfy { $0 == (input.type == 2 ? 128 : 0) } ?? (input.type != 2)
            if isSymmetric { result.scales = (scale.floats, axis) }
            return [result]
        },
        "QuantizeLinear": FoldingRule(inputs: 2) { graph, node, inputs in
            let (input, scale) = (inputs[0]!, inputs[1])
            let zeros = inputs.count > 2 ? inputs[2] : nil
            guard let scale else { throw ImportError("it has no scale") }
            _ = try graph.mayFold(input.extents)
            let type = zeros?.type ?? 2
            guard [2, 3].contains(type) else { throw ImportError("quantizes to \(ONNXElementType.words(type))") }
            let axis = scale.count == 1 ? 0 : try input.extents.axis(node.integer("axis", default: 1))
            let scales = try perElement(scale.floats, input.extents, axis)
            let offsets = try zeros.map { try perElement($0.floats, input.extents, axis) }
            let (low, high): (Float, Float) = type == 2 ? (0, 255) : (-128, 127)
            let floats = input.floats
            var result = Constant(
                input.extents,
                integers: floats.indices.map { index in
                    let steps = (floats[index] / scales(index)).rounded(.toNearestOrEven) + (offsets?(index) ?? 0)
                    return steps.isNaN ? 0 : Int64(min(max(steps, low), high))
                })
            result.type = type
            return [result]
        },
    ]

    /// The value that belongs to an element, of one or of one for each place of an axis.
    private static func perElement(
        _ values: [Float], _ extents: ONNXExtents, _ axis: Int
    ) throws -> @Sendable (Int) -> Float {
        if values.count == 1 {
            let value = values[0]
            return { _ in value }
        }
        guard extents.indices.contains(axis), values.count == extents[axis] else {
            throw ImportError("has \(values.count) scales, which do not fit \(extents.words)")
        }
        let (stride, extent) = (extents.strides[axis], extents[axis])
        return { values[$0 / stride % extent] }
    }
}
