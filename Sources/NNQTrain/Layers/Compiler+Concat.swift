// SPDX-License-Identifier: Apache-2.0
// Tensors joined along an axis.

import CDNNL
import NNQGraph

extension Compiler {
    func concat(_ site: Site, axis: Int?) throws -> Compiled {
        let axis = site.shape.axis(axis ?? -1)!
        return axis == site.shape.rank - 1 ? try concatChannels(site) : try concat(site, axis)
    }

    /// Along an outer axis: each input's elements have their places in the output.
    private func concat(_ site: Site, _ axis: Int) throws -> Compiled {
        let strides = site.shape.strides
        var first = 0
        let tables = site.inputShapes.map { shape in
            defer { first += shape[axis] }
            return IndexTable(shape.dimensions, strides: strides, start: first * strides[axis])
        }
        return try loop(
            site,
            Loop(
                forward: { values in
                    for (table, x) in zip(tables, values.inputs) { table.forEach { values.output[$1] = x[$0] } }
                },
                backward: { _, gradients in
                    for (table, result) in zip(tables, gradients.inputs) {
                        guard let result else { continue }
                        table.forEach { result[$0] = gradients.output[$1] }
                    }
                }))
    }

    private func concatChannels(_ site: Site) throws -> Compiled {
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
