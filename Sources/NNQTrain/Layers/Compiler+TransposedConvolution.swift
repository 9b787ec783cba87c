// SPDX-License-Identifier: Apache-2.0
// Transposed convolutions: oneDNN's deconvolution.

import CDNNL
import NNQGraph

extension Compiler {
    func transposedConvolution(
        _ site: Site, _ window: Window, outputPadding: Pair, groups: Int, hasBias: Bool
    ) throws -> Compiled {
        let input = site.inputShapes[0]
        let (taps, filters) = ([window.kernel.height, window.kernel.width], site.shape.channels)
        let filterDimensions =
            (groups > 1 ? [groups, filters / groups] : [filters]) + [input.channels / groups] + taps
        let order = groups > 1 ? [0, 1, 3, 4, 2] : [0, 2, 3, 1]
        let job = DeconvolutionJob(
            name: site.name, window: WindowArguments(window, input: input, transposedTo: site.shape, outputPadding),
            source: dimensions(input), filter: filterDimensions, destination: dimensions(site.shape), hasBias: hasBias,
            device: device)
        let isInteger = addsIntegers(site)
        let forward = try job.forward(propagation, postOps: try postOps(site, isInteger: isInteger))
        let source = try converted(site.inputs[0], to: forward.source, site.name)
        let filter = try parameter(
            site, "weight", shape: [filters] + taps + [input.channels / groups],
            plain: Layout(filterDimensions, order: order), layout: forward.weights, decays: true)
        let roundGradient = try fakeQuantize(filter, of: site.name)
        let bias = hasBias ? try channelParameter(site, "bias", filters) : nil
        let output = try memory(forward.destination)
        try emitSums(site, forward, source, filter, bias, into: output, isInteger: isInteger)

        return Compiled(output: output) { [self] gradient in
            let gradient = try beforeActivation(site, gradient, output)
            try backwardWeights(site, job, source, gradient, filter, bias, hint: forward)
            roundGradient()
            guard site.wantsGradient[0] else { return [nil] }
            return [try backwardData(site, job, gradient, filter, hint: forward)]
        }
    }

    private func backwardWeights(
        _ site: Site, _ job: DeconvolutionJob, _ source: Memory, _ gradient: Memory, _ filter: Parameter,
        _ bias: Parameter?, hint: PrimitiveDescription
    ) throws {
        let description = try job.backwardWeights(hint)
        let result = filter.gradient!
        let direct = description.weightsGradient == result.layout
        let written = direct ? result : try memory(description.weightsGradient)
        var arguments = [
            (DNNL_ARG_SRC, try converted(source, to: description.source, site.name)),
            (DNNL_ARG_DIFF_DST, try converted(gradient, to: description.destinationGradient, site.name)),
            (DNNL_ARG_DIFF_WEIGHTS, written),
        ]
        if let bias { arguments.append((DNNL_ARG_DIFF_BIAS, bias.gradient!)) }
        try emit("\(site.name) weights'", description, arguments)
        if !direct { try emitReorder(site.name, written, result) }
    }

    private func backwardData(
        _ site: Site, _ job: DeconvolutionJob, _ gradient: Memory, _ filter: Parameter, hint: PrimitiveDescription
    ) throws -> Memory {
        let description = try job.backwardData(hint)
        let result = try memory(description.sourceGradient)
        try emit(
            "\(site.name) data'", description,
            [
                (DNNL_ARG_DIFF_DST, try converted(gradient, to: description.destinationGradient, site.name)),
                (DNNL_ARG_WEIGHTS, try converted(filter.used, to: description.weights, site.name)),
                (DNNL_ARG_DIFF_SRC, result),
            ])
        return result
    }
}

extension WindowArguments {
    /// The window of a transposed convolution; what is cut off below and right is what the output leaves of the full
    /// result, so that it may be negative.
    fileprivate init(_ window: Window, input: Shape, transposedTo output: Shape, _ outputPadding: Pair) {
        let margins = window.transposedMargins(outputPadding: outputPadding)
        let height = (input.height - 1) * window.stride.height + window.extent.height
        let width = (input.width - 1) * window.stride.width + window.extent.width
        self.init(
            window, before: Pair(margins.top, margins.left),
            after: Pair(height - margins.top - output.height, width - margins.left - output.width))
    }
}

/// One transposed convolution's three operations, all layouts left to oneDNN.
private struct DeconvolutionJob {
    let name: String
    let window: WindowArguments
    let source: [Int]
    let filter: [Int]
    let destination: [Int]
    let hasBias: Bool
    let device: Device

    private var bias: Layout { hasBias ? Layout(rowMajor: [destination[1]]) : .none }

    func forward(_ propagation: dnnl_prop_kind_t, postOps: PostOps?) throws -> PrimitiveDescription {
        var operation = dnnl_deconvolution_desc_t()
        var (source, filter, bias) = (Layout.any(source), Layout.any(filter), bias)
        var destination = Layout.any(destination)
        try check(
            dnnl_dilated_deconvolution_forward_desc_init(
                &operation, propagation, dnnl_deconvolution_direct, &source.raw, &filter.raw, &bias.raw,
                &destination.raw, window.stride, window.dilation, window.before, window.after),
            "describe layer '\(name)'")
        return try PrimitiveDescription(operation, device, postOps: postOps, "compile layer '\(name)'")
    }

    func backwardWeights(_ hint: PrimitiveDescription) throws -> PrimitiveDescription {
        var operation = dnnl_deconvolution_desc_t()
        var (source, filter, bias) = (Layout.any(source), Layout.any(filter), bias)
        var destination = Layout.any(destination)
        try check(
            dnnl_dilated_deconvolution_backward_weights_desc_init(
                &operation, dnnl_deconvolution_direct, &source.raw, &filter.raw, &bias.raw, &destination.raw,
                window.stride, window.dilation, window.before, window.after),
            "describe layer '\(name)'")
        return try PrimitiveDescription(operation, device, hint: hint, "train layer '\(name)'")
    }

    func backwardData(_ hint: PrimitiveDescription) throws -> PrimitiveDescription {
        var operation = dnnl_deconvolution_desc_t()
        var (source, filter, destination) = (Layout.any(source), Layout.any(filter), Layout.any(destination))
        try check(
            dnnl_dilated_deconvolution_backward_data_desc_init(
                &operation, dnnl_deconvolution_direct, &source.raw, &filter.raw, &destination.raw, window.stride,
                window.dilation, window.before, window.after),
            "describe layer '\(name)'")
        return try PrimitiveDescription(operation, device, hint: hint, "train layer '\(name)'")
    }
}
