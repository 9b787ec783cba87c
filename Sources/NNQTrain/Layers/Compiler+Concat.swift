// SPDX-License-Identifier: Apache-2.0
// Tensors joined along their channels.

import CDNNL
import NNQGraph

extension Compiler {
    func concat(_ site: Site) throws -> Compiled {
        let inputs = try zip(site.inputs, site.inputShapes).map { try plain($0, $1, site.name) }
        var destination = plainLayout(site.shape)
        let sources = inputs.map(\.layout.raw)
        var raw: dnnl_primitive_desc_t?
        try check(
            dnnl_concat_primitive_desc_create(
                &raw, &destination.raw, Int32(sources.count), 1, sources, nil, device.engine),
            "compile layer '\(site.name)'")
        let output = try memory(destination)
        let arguments = inputs.enumerated().map { (DNNL_ARG_MULTIPLE_SRC + Int32($0), $1) }
        try emit(site.name, PrimitiveDescription(adopting: raw!), arguments + [(DNNL_ARG_DST, output)])

        return Compiled(output: output) { [self] gradient in
            let gradient = try plain(gradient, site.shape, site.name)
            var channel = 0
            return try zip(inputs, site.wantsGradient).map { input, wanted in
                var offsets = Array(repeating: 0, count: input.layout.rank)
                offsets[1] = channel
                channel += input.layout.dimensions[1]
                guard wanted, let part = gradient.layout.part(input.layout.dimensions, offsets: offsets) else {
                    return nil
                }
                let result = try memory(input.layout)
                try emitReorder(site.name, try view(gradient, as: part), result)
                return result
            }
        }
    }
}
