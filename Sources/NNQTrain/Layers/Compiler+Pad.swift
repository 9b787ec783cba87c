// SPDX-License-Identifier: Apache-2.0
// A border of zeros around a map.

import NNQGraph

extension Compiler {
    func pad(_ site: Site, _ margins: Margins) throws -> Compiled {
        let inputShape = site.inputShapes[0]
        let input = try plain(site.inputs[0], inputShape, site.name)
        let output = try memory(plainLayout(site.shape))
        let offsets = [0, 0, margins.top, margins.left]
        guard let inside = output.layout.part(dimensions(inputShape), offsets: offsets) else {
            throw TrainError("oneDNN cannot pad layer '\(site.name)'")
        }
        let count = output.storedCount
        emit(site.name, touching: [output]) { output.floats.update(repeating: 0, count: count) }
        try emitReorder(site.name, input, try view(output, as: inside))

        return Compiled(output: output) { [self] gradient in
            guard site.wantsGradient[0] else { return [nil] }
            let gradient = try plain(gradient, site.shape, site.name)
            let result = try memory(input.layout)
            try emitReorder(site.name, try view(gradient, as: inside), result)
            return [result]
        }
    }
}
