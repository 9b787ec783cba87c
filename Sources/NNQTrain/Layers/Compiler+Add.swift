// SPDX-License-Identifier: Apache-2.0
// The sum of two tensors.

import CDNNL
import NNQGraph

extension Compiler {
    func add(_ site: Site) throws -> Compiled {
        guard site.inputShapes[0] == site.inputShapes[1] else { return try broadcastAdd(site) }
        var (left, right) = (site.inputs[0], site.inputs[1])
        if left.layout.rank != right.layout.rank {
            left = try plain(left, site.shape, site.name)
            right = try plain(right, site.shape, site.name)
        }
        let output = try memory(left.layout)
        try emitAdd(site.name, left, try converted(right, to: left.layout, site.name), into: output, fused: site.fused)
        return Compiled(output: output) { [self] gradient in
            let gradient = try beforeActivation(site, gradient, output)
            return site.wantsGradient.map { $0 ? gradient : nil }
        }
    }

    /// Adds two tensors of one layout.
    func emitAdd(_ name: String, _ left: Memory, _ right: Memory, into output: Memory, fused: Activation?) throws {
        var operation = dnnl_binary_desc_t()
        var layout = output.layout
        try check(
            dnnl_binary_desc_init(&operation, dnnl_binary_add, &layout.raw, &layout.raw, &layout.raw),
            "describe layer '\(name)'")
        let description = try PrimitiveDescription(
            operation, device, postOps: try fused?.postOps(), "compile layer '\(name)'")
        try emit(
            "\(name) add", description, [(DNNL_ARG_SRC_0, left), (DNNL_ARG_SRC_1, right), (DNNL_ARG_DST, output)])
    }
}
