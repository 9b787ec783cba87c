// SPDX-License-Identifier: Apache-2.0
// Dense layers: oneDNN's inner product. A map is taken as it lies, so that no flattening copy is made.

import CDNNL
import NNQGraph

extension Compiler {
    func dense(_ site: Site, hasBias: Bool) throws -> Compiled {
        let features = site.inputShapes[0].count
        let units = site.shape.count
        var input = site.inputs[0]
        if input.layout.rank == 2 { input = try view(input, as: Layout(rowMajor: [batch, features])) }
        let filterDimensions = [units] + input.layout.dimensions.dropFirst()
        let biasLayout = hasBias ? Layout(rowMajor: [units]) : .none

        let isInteger = addsIntegers(site)
        let forward = try denseForward(site, input.layout, filterDimensions, biasLayout, isInteger: isInteger)
        let source = try converted(input, to: forward.source, site.name)
        let plain = Layout(filterDimensions, order: filterDimensions.count == 4 ? [0, 2, 3, 1] : [0, 1])
        let filter = try parameter(
            site, "weight", shape: [units, features], plain: plain, layout: forward.weights, decays: true)
        let roundGradient = try fakeQuantize(filter, of: site.name)
        let bias = hasBias ? try channelParameter(site, "bias", units) : nil
        let output = try memory(forward.destination)
        try emitSums(site, forward, source, filter, bias, into: output, isInteger: isInteger)

        return Compiled(output: output) { [self] gradient in
            let gradient = try beforeActivation(site, gradient, output)
            try denseBackwardWeights(site, source, gradient, filter, bias, hint: forward)
            roundGradient()
            guard site.wantsGradient[0] else { return [nil] }
            let part = try denseBackwardData(site, source.layout, gradient, filter, hint: forward)
            return [site.inputs[0].layout.rank == 2 ? try view(part, as: site.inputs[0].layout) : part]
        }
    }

    private func denseForward(
        _ site: Site, _ source: Layout, _ filter: [Int], _ bias: Layout, isInteger: Bool
    ) throws -> PrimitiveDescription {
        var operation = dnnl_inner_product_desc_t()
        var (source, filter, bias) = (source, Layout.any(filter), bias)
        var destination = Layout.any([batch, filter.dimensions[0]])
        try check(
            dnnl_inner_product_forward_desc_init(
                &operation, propagation, &source.raw, &filter.raw, &bias.raw, &destination.raw),
            "describe layer '\(site.name)'")
        return try PrimitiveDescription(
            operation, device, postOps: try postOps(site, isInteger: isInteger), "compile layer '\(site.name)'")
    }

    private func denseBackwardWeights(
        _ site: Site, _ source: Memory, _ gradient: Memory, _ filter: Parameter, _ bias: Parameter?,
        hint: PrimitiveDescription
    ) throws {
        var operation = dnnl_inner_product_desc_t()
        var (sourceLayout, filterLayout) = (source.layout, filter.value.layout)
        var biasLayout = bias?.value.layout ?? .none
        var gradientLayout = gradient.layout
        try check(
            dnnl_inner_product_backward_weights_desc_init(
                &operation, &sourceLayout.raw, &filterLayout.raw, &biasLayout.raw, &gradientLayout.raw),
            "describe layer '\(site.name)'")
        let description = try PrimitiveDescription(operation, device, hint: hint, "train layer '\(site.name)'")
        var arguments = [
            (DNNL_ARG_SRC, source), (DNNL_ARG_DIFF_DST, gradient), (DNNL_ARG_DIFF_WEIGHTS, filter.gradient!),
        ]
        if let bias { arguments.append((DNNL_ARG_DIFF_BIAS, bias.gradient!)) }
        try emit("\(site.name) weights'", description, arguments)
    }

    private func denseBackwardData(
        _ site: Site, _ source: Layout, _ gradient: Memory, _ filter: Parameter, hint: PrimitiveDescription
    ) throws -> Memory {
        var operation = dnnl_inner_product_desc_t()
        var (source, filterLayout, gradientLayout) = (source, filter.value.layout, gradient.layout)
        try check(
            dnnl_inner_product_backward_data_desc_init(
                &operation, &source.raw, &filterLayout.raw, &gradientLayout.raw),
            "describe layer '\(site.name)'")
        let description = try PrimitiveDescription(operation, device, hint: hint, "train layer '\(site.name)'")
        let result = try memory(source)
        try emit(
            "\(site.name) data'", description,
            [(DNNL_ARG_DIFF_DST, gradient), (DNNL_ARG_WEIGHTS, filter.used), (DNNL_ARG_DIFF_SRC, result)])
        return result
    }
}
