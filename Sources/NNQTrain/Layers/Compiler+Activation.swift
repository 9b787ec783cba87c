// SPDX-License-Identifier: Apache-2.0
// Functions of one element, alone or applied by the layer before them.

import CDNNL
import CTrainKernels
import NNQGraph

extension Activation {
    /// The function as oneDNN knows it; nil for those that it lacks.
    var elementwise: ElementwiseFunction? {
        switch self {
        case .relu: ElementwiseFunction(kind: dnnl_eltwise_relu, alpha: 0, beta: 0)
        case .relu6: ElementwiseFunction(kind: dnnl_eltwise_clip_v2, alpha: 0, beta: 6)
        case .leakyReLU(let slope): ElementwiseFunction(kind: dnnl_eltwise_relu, alpha: slope, beta: 0)
        case .sigmoid: ElementwiseFunction(kind: dnnl_eltwise_logistic, alpha: 0, beta: 0)
        case .tanh: ElementwiseFunction(kind: dnnl_eltwise_tanh, alpha: 0, beta: 0)
        case .clip(let low, let high): ElementwiseFunction(kind: dnnl_eltwise_clip_v2, alpha: low, beta: high)
        case .hardSwish: ElementwiseFunction(kind: dnnl_eltwise_hardswish, alpha: 0, beta: 0)
        case .silu: ElementwiseFunction(kind: dnnl_eltwise_swish, alpha: 1, beta: 0)
        case .gelu: ElementwiseFunction(kind: dnnl_eltwise_gelu_erf, alpha: 0, beta: 0)
        case .geluTanh: ElementwiseFunction(kind: dnnl_eltwise_gelu_tanh, alpha: 0, beta: 0)
        case .mish: ElementwiseFunction(kind: dnnl_eltwise_mish, alpha: 0, beta: 0)
        case .elu(let alpha): ElementwiseFunction(kind: dnnl_eltwise_elu, alpha: alpha, beta: 0)
        case .softplus: ElementwiseFunction(kind: dnnl_eltwise_soft_relu, alpha: 0, beta: 0)
        case .exp: ElementwiseFunction(kind: dnnl_eltwise_exp, alpha: 0, beta: 0)
        case .log: ElementwiseFunction(kind: dnnl_eltwise_log, alpha: 0, beta: 0)
        case .sqrt: ElementwiseFunction(kind: dnnl_eltwise_sqrt, alpha: 0, beta: 0)
        case .square: ElementwiseFunction(kind: dnnl_eltwise_square, alpha: 0, beta: 0)
        case .abs: ElementwiseFunction(kind: dnnl_eltwise_abs, alpha: 0, beta: 0)
        case .step, .thresholdedReLU, .hardSigmoid, .selu, .celu, .softsign, .reciprocal, .negate, .erf, .sin, .cos,
            .sign, .floor, .ceil, .round:
            nil
        }
    }

    /// The derivative, as a function of the function's value.
    var derivativeFromOutput: ElementwiseFunction? {
        guard var function = elementwise else { return nil }
        switch self {
        case .relu, .leakyReLU: function.kind = dnnl_eltwise_relu_use_dst_for_bwd
        case .relu6: function.kind = dnnl_eltwise_clip_v2_use_dst_for_bwd
        case .sigmoid: function.kind = dnnl_eltwise_logistic_use_dst_for_bwd
        case .tanh: function.kind = dnnl_eltwise_tanh_use_dst_for_bwd
        default: return nil
        }
        return function
    }

    func postOps() throws -> PostOps? { try elementwise.map { try PostOps($0) } }
}

extension Compiler {
    func activation(_ site: Site, _ activation: Activation) throws -> Compiled {
        guard let function = activation.elementwise else {
            return try activation == .step ? step(site) : pointwise(site, activation)
        }
        let input = site.inputs[0]
        var operation = dnnl_eltwise_desc_t()
        var layout = input.layout
        try check(
            dnnl_eltwise_forward_desc_init(
                &operation, propagation, function.kind, &layout.raw, function.alpha, function.beta),
            "describe layer '\(site.name)'")
        let forward = try PrimitiveDescription(operation, device, "compile layer '\(site.name)'")
        let output = try memory(input.layout)
        try emit(site.name, forward, [(DNNL_ARG_SRC, input), (DNNL_ARG_DST, output)])
        return Compiled(output: output) { [self] gradient in
            guard site.wantsGradient[0] else { return [nil] }
            return [try emitBackward(site.name, function, gradient, at: input, DNNL_ARG_SRC)]
        }
    }

    private func step(_ site: Site) throws -> Compiled {
        guard !isTraining else {
            throw TrainError(
                "layer '\(site.name)' (step) has no gradient: train with sigmoid, or end the graph in step and use "
                    + "the binary_cross_entropy loss")
        }
        let input = try plain(site.inputs[0], site.shape, site.name)
        let output = try memory(input.layout)
        let count = input.storedCount
        emit(site.name, touching: [input, output]) { nnq_step(output.floats, input.floats, count) }
        return Compiled(output: output, backward: nil)
    }

    /// The gradient before the activation that a layer applied to its own output, from that output's.
    func beforeActivation(_ site: Site, _ gradient: Memory, _ output: Memory) throws -> Memory {
        let gradient = try aligned(gradient, with: output, site.name)
        guard let function = site.fused?.derivativeFromOutput else { return gradient }
        return try emitBackward(site.name, function, gradient, at: output, DNNL_ARG_DST)
    }

    private func emitBackward(
        _ name: String, _ function: ElementwiseFunction, _ gradient: Memory, at value: Memory, _ argument: Int32
    ) throws -> Memory {
        let gradient = try aligned(gradient, with: value, name)
        var layout = value.layout
        var hintOperation = dnnl_eltwise_desc_t()
        try check(
            dnnl_eltwise_forward_desc_init(
                &hintOperation, dnnl_forward_training, function.kind, &layout.raw, function.alpha, function.beta),
            "describe layer '\(name)'")
        let hint = try PrimitiveDescription(hintOperation, device, "compile layer '\(name)'")
        var operation = dnnl_eltwise_desc_t()
        try check(
            dnnl_eltwise_backward_desc_init(
                &operation, function.kind, &layout.raw, &layout.raw, function.alpha, function.beta),
            "describe layer '\(name)'")
        let backward = try PrimitiveDescription(operation, device, hint: hint, "train layer '\(name)'")
        let result = try memory(value.layout)
        try emit(
            "\(name) activation'", backward,
            [(argument, value), (DNNL_ARG_DIFF_DST, gradient), (DNNL_ARG_DIFF_SRC, result)])
        return result
    }
}
