// SPDX-License-Identifier: Apache-2.0
// Average and global average pools.

import CDNNL
import NNQGraph

extension Compiler {
    func averagePool(_ site: Site, _ window: Window) throws -> Compiled {
        try average(site, WindowArguments(window, input: site.inputShapes[0]), output: dimensions(site.shape))
    }

    /// One average over the whole map; its result keeps two axes of extent 1, which a dense layer takes as they are.
    func globalAveragePool(_ site: Site) throws -> Compiled {
        let input = site.inputShapes[0]
        let whole = WindowArguments(Window(kernel: Pair(input.height, input.width)), input: input)
        return try average(site, whole, output: [batch, input.channels, 1, 1])
    }

    private func average(_ site: Site, _ window: WindowArguments, output dimensions: [Int]) throws -> Compiled {
        let algorithm = dnnl_pooling_avg_exclude_padding
        let input = site.inputs[0]
        var operation = dnnl_pooling_desc_t()
        var (source, destination) = (input.layout, Layout.any(dimensions))
        try check(
            dnnl_pooling_forward_desc_init(
                &operation, propagation, algorithm, &source.raw, &destination.raw, window.stride, window.kernel,
                window.before, window.after),
            "describe layer '\(site.name)'")
        let forward = try PrimitiveDescription(operation, device, "compile layer '\(site.name)'")
        let output = try memory(forward.destination)
        try emit(site.name, forward, [(DNNL_ARG_SRC, input), (DNNL_ARG_DST, output)])

        return Compiled(output: output) { [self] gradient in
            guard site.wantsGradient[0] else { return [nil] }
            let gradient = try aligned(gradient, with: output, site.name)
            var operation = dnnl_pooling_desc_t()
            var (source, destination) = (input.layout, gradient.layout)
            try check(
                dnnl_pooling_backward_desc_init(
                    &operation, algorithm, &source.raw, &destination.raw, window.stride, window.kernel, window.before,
                    window.after),
                "describe layer '\(site.name)'")
            let backward = try PrimitiveDescription(operation, device, hint: forward, "train layer '\(site.name)'")
            let result = try memory(input.layout)
            try emit("\(site.name)'", backward, [(DNNL_ARG_DIFF_DST, gradient), (DNNL_ARG_DIFF_SRC, result)])
            return [result]
        }
    }
}
