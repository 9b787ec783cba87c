// SPDX-License-Identifier: Apache-2.0
// Softmax over the channels, wherever it is not fused with the loss.

import CDNNL
import NNQGraph

extension Compiler {
    func softmax(_ site: Site) throws -> Compiled {
        let input = try plain(site.inputs[0], site.shape, site.name)
        var operation = dnnl_softmax_v2_desc_t()
        var layout = input.layout
        try check(
            dnnl_softmax_v2_forward_desc_init(
                &operation, propagation, dnnl_softmax_accurate, &layout.raw, &layout.raw, 1),
            "describe layer '\(site.name)'")
        let forward = try PrimitiveDescription(operation, device, "compile layer '\(site.name)'")
        let output = try memory(layout)
        try emit(site.name, forward, [(DNNL_ARG_SRC, input), (DNNL_ARG_DST, output)])

        return Compiled(output: output) { [self] gradient in
            guard site.wantsGradient[0] else { return [nil] }
            let gradient = try plain(gradient, site.shape, site.name)
            var operation = dnnl_softmax_v2_desc_t()
            try check(
                dnnl_softmax_v2_backward_desc_init(
                    &operation, dnnl_softmax_accurate, &layout.raw, &layout.raw, &layout.raw, 1),
                "describe layer '\(site.name)'")
            let backward = try PrimitiveDescription(operation, device, hint: forward, "train layer '\(site.name)'")
            let result = try memory(layout)
            try emit(
                "\(site.name)'", backward,
                [(DNNL_ARG_DST, output), (DNNL_ARG_DIFF_DST, gradient), (DNNL_ARG_DIFF_SRC, result)])
            return [result]
        }
    }
}
