// SPDX-License-Identifier: Apache-2.0
// Batch normalization: by the batch's statistics in training, by running ones in inference.

import CDNNL
import CTrainKernels
import NNQGraph

extension Compiler {
    func batchNorm(_ site: Site, epsilon: Float, momentum: Float) throws -> Compiled {
        let channels = site.shape.channels
        let rows = site.shape.count / channels * batch
        let gamma = try channelParameter(site, "weight", channels)
        let beta = try channelParameter(site, "bias", channels)
        let runningMean = try channelParameter(site, "running_mean", channels, isTrained: false)
        let runningVariance = try channelParameter(site, "running_var", channels, isTrained: false)

        // oneDNN's fast implementations want maps; a vector is one of a single pixel.
        let map = Layout([rows, channels, 1, 1], order: [0, 2, 3, 1])
        let input = site.shape.isMap ? site.inputs[0] : try view(plain(site.inputs[0], site.shape, site.name), as: map)
        var flags = dnnl_use_scale.rawValue | dnnl_use_shift.rawValue
        if site.fused != nil { flags |= dnnl_fuse_norm_relu.rawValue }
        if !isTraining { flags |= dnnl_use_global_stats.rawValue }

        var operation = dnnl_batch_normalization_desc_t()
        var layout = input.layout
        try check(
            dnnl_batch_normalization_forward_desc_init(&operation, propagation, &layout.raw, epsilon, flags),
            "describe layer '\(site.name)'")
        let forward = try PrimitiveDescription(operation, device, "compile layer '\(site.name)'")
        let output = try memory(input.layout)
        let mean = isTraining ? try memory(Layout(rowMajor: [channels])) : runningMean.value
        let variance = isTraining ? try memory(Layout(rowMajor: [channels])) : runningVariance.value
        let workspace = try forward.workspace.map(memory)
        var common = [
            (DNNL_ARG_SRC, input), (DNNL_ARG_MEAN, mean), (DNNL_ARG_VARIANCE, variance), (DNNL_ARG_SCALE, gamma.value),
            (DNNL_ARG_SHIFT, beta.value),
        ]
        if let workspace { common.append((DNNL_ARG_WORKSPACE, workspace)) }
        try emit(site.name, forward, common + [(DNNL_ARG_DST, output)])
        if isTraining {
            emitRunning(site.name, runningMean.value, mean, momentum)
            emitRunning(site.name, runningVariance.value, variance, momentum)
        }
        let result = site.shape.isMap ? output : try view(output, as: plainLayout(site.shape))

        return Compiled(output: result) { [self] gradient in
            let gradient = try site.shape.isMap
                ? aligned(gradient, with: input, site.name)
                : view(plain(gradient, site.shape, site.name), as: map)
            var operation = dnnl_batch_normalization_desc_t()
            var (layout, gradientLayout) = (input.layout, gradient.layout)
            try check(
                dnnl_batch_normalization_backward_desc_init(
                    &operation, dnnl_backward, &gradientLayout.raw, &layout.raw, epsilon, flags),
                "describe layer '\(site.name)'")
            let backward = try PrimitiveDescription(operation, device, hint: forward, "train layer '\(site.name)'")
            let part = try memory(gradient.layout)
            try emit(
                "\(site.name)'", backward,
                common + [
                    (DNNL_ARG_DIFF_DST, gradient), (DNNL_ARG_DIFF_SRC, part),
                    (DNNL_ARG_DIFF_SCALE, gamma.gradient!), (DNNL_ARG_DIFF_SHIFT, beta.gradient!),
                ])
            return [site.shape.isMap ? part : try view(part, as: plainLayout(site.shape))]
        }
    }

    private func emitRunning(_ name: String, _ running: Memory, _ batch: Memory, _ momentum: Float) {
        let count = running.layout.count
        emit("\(name) running", touching: [running, batch]) {
            nnq_move_towards(running.floats, batch.floats, count, momentum)
        }
    }
}
