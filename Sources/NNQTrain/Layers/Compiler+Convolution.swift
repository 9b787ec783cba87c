// SPDX-License-Identifier: Apache-2.0
// Convolutions, grouped, dilated and depthwise ones included.

import CDNNL
import NNQGraph

/// A window in oneDNN's terms.
struct WindowArguments {
    let kernel: [Int64]
    let stride: [Int64]
    /// Elements skipped between taps.
    let dilation: [Int64]
    let before: [Int64]
    let after: [Int64]

    init(_ window: Window, input: Shape) {
        let margins = window.margins(for: input)
        self.init(
            window, before: Pair(margins.top, margins.left), after: Pair(margins.bottom, margins.right))
    }

    /// - Parameters:
    ///   - before: Padding above and on the left.
    ///   - after: Padding below and on the right.
    init(_ window: Window, before: Pair, after: Pair) {
        kernel = [Int64(window.kernel.height), Int64(window.kernel.width)]
        stride = [Int64(window.stride.height), Int64(window.stride.width)]
        dilation = [Int64(window.dilation.height - 1), Int64(window.dilation.width - 1)]
        self.before = [Int64(before.height), Int64(before.width)]
        self.after = [Int64(after.height), Int64(after.width)]
    }
}

extension Compiler {
    func convolution(_ site: Site, _ window: Window, groups: Int, hasBias: Bool) throws -> Compiled {
        let input = site.inputShapes[0]
        let (taps, filters) = ([window.kernel.height, window.kernel.width], site.shape.channels)
        let filterDimensions =
            (groups > 1 ? [groups, filters / groups] : [filters]) + [input.channels / groups] + taps
        let order = groups > 1 ? [0, 1, 3, 4, 2] : [0, 2, 3, 1]
        let shape = [filters] + taps + [input.channels / groups]

        let job = ConvolutionJob(
            name: site.name, window: WindowArguments(window, input: input), source: dimensions(input),
            filter: filterDimensions, destination: dimensions(site.shape), hasBias: hasBias, device: device)
        let isInteger = addsIntegers(site)
        let forward = try job.forward(
            propagation, postOps: try postOps(site, isInteger: isInteger), isPlain: isInteger || sumsPlainly)
        let source = try converted(site.inputs[0], to: forward.source, site.name)
        let filter = try parameter(
            site, "weight", shape: shape, plain: Layout(filterDimensions, order: order), layout: forward.weights,
            decays: true)
        let roundGradient = try fakeQuantize(filter, of: site.name)
        let bias = hasBias ? try channelParameter(site, "bias", filters) : nil
        let output = try memory(forward.destination)
        try emitSums(site, forward, source, filter, bias, into: output, isInteger: isInteger)

        return Compiled(output: output) { [self] gradient in
            let gradient = try beforeActivation(site, gradient, output)
            if isNarrow(site, window, groups: groups, forward) {
                try narrowBackwardWeights(site, window, gradient, filter, bias)
            } else {
                try backwardWeights(site, job, source, gradient, filter, bias, hint: forward)
            }
            roundGradient()
            guard site.wantsGradient[0] else { return [nil] }
            return [try backwardData(site, job, gradient, filter, hint: forward)]
        }
    }

    private func backwardWeights(
        _ site: Site, _ job: ConvolutionJob, _ source: Memory, _ gradient: Memory, _ filter: Parameter,
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
        _ site: Site, _ job: ConvolutionJob, _ gradient: Memory, _ filter: Parameter, hint: PrimitiveDescription
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

/// One convolution's three operations, all layouts left to oneDNN.
struct ConvolutionJob {
    let name: String
    let window: WindowArguments
    let source: [Int]
    let filter: [Int]
    let destination: [Int]
    let hasBias: Bool
    let device: Device

    private var bias: Layout { hasBias ? Layout(rowMajor: [destination[1]]) : .none }

    /// Winograd's where oneDNN has it and thinks it fast. It is not for few channels (a picture's 3), which oneDNN
    /// fills up to a vector's 16: plain sums take a quarter of that time.
    private var fastAlgorithm: dnnl_alg_kind_t { source[1] < 16 ? dnnl_convolution_direct : dnnl_convolution_auto }

    /// - Parameter isPlain: the sum of products as they are, rather than Winograd's where that pays.
    func forward(
        _ propagation: dnnl_prop_kind_t, postOps: PostOps?, isPlain: Bool
    ) throws -> PrimitiveDescription {
        if !isPlain {
            let fast = try forward(propagation, fastAlgorithm, postOps: postOps)
            if fast.weights.raw.format_kind == dnnl_blocked { return fast }
        }
        return try forward(propagation, dnnl_convolution_direct, postOps: postOps)
    }

    private func forward(_ propagation: dnnl_prop_kind_t, _ algorithm: dnnl_alg_kind_t, postOps: PostOps?) throws
        -> PrimitiveDescription
    {
        var operation = dnnl_convolution_desc_t()
        var (source, filter, bias) = (Layout.any(source), Layout.any(filter), bias)
        var destination = Layout.any(destination)
        try check(
            dnnl_dilated_convolution_forward_desc_init(
                &operation, propagation, algorithm, &source.raw, &filter.raw, &bias.raw, &destination.raw,
                window.stride, window.dilation, window.before, window.after),
            "describe layer '\(name)'")
        return try PrimitiveDescription(operation, device, postOps: postOps, "compile layer '\(name)'")
    }

    func backwardWeights(_ hint: PrimitiveDescription) throws -> PrimitiveDescription {
        var operation = dnnl_convolution_desc_t()
        var (source, filter, bias) = (Layout.any(source), Layout.any(filter), bias)
        var destination = Layout.any(destination)
        try check(
            dnnl_dilated_convolution_backward_weights_desc_init(
                &operation, fastAlgorithm, &source.raw, &filter.raw, &bias.raw, &destination.raw,
                window.stride, window.dilation, window.before, window.after),
            "describe layer '\(name)'")
        return try PrimitiveDescription(operation, device, hint: hint, "train layer '\(name)'")
    }

    func backwardData(_ hint: PrimitiveDescription) throws -> PrimitiveDescription {
        var operation = dnnl_convolution_desc_t()
        var (source, filter, destination) = (Layout.any(source), Layout.any(filter), Layout.any(destination))
        try check(
            dnnl_dilated_convolution_backward_data_desc_init(
                &operation, fastAlgorithm, &source.raw, &filter.raw, &destination.raw, window.stride,
                window.dilation, window.before, window.after),
            "describe layer '\(name)'")
        return try PrimitiveDescription(operation, device, hint: hint, "train layer '\(name)'")
    }
}
