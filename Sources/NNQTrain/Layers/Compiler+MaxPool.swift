// SPDX-License-Identifier: Apache-2.0
// Max pools, with the ReLU before them. A loop of our own: oneDNN's takes ten times as long where channels are padded.

import CTrainKernels
import NNQGraph

extension Compiler {
    func maxPool(_ site: Site, _ window: Window) throws -> Compiled {
        let margins = window.margins(for: site.inputShapes[0])
        var input = site.inputs[0]
        if input.layout.pixels == nil { input = try plain(input, site.inputShapes[0], site.name) }
        let pixels = input.layout.pixels!
        let output = try memory(pixels.layout(dimensions(site.shape)))
        var pool = nnq_pool()
        pool.planes = pixels.planes
        pool.inner = pixels.channels
        (pool.ih, pool.iw) = (Int32(site.inputShapes[0].height), Int32(site.inputShapes[0].width))
        (pool.oh, pool.ow) = (Int32(site.shape.height), Int32(site.shape.width))
        (pool.kh, pool.kw) = (Int32(window.kernel.height), Int32(window.kernel.width))
        (pool.sh, pool.sw) = (Int32(window.stride.height), Int32(window.stride.width))
        (pool.top, pool.left) = (Int32(margins.top), Int32(margins.left))
        pool.relu = site.fused == .relu ? 1 : 0
        let settings = pool
        let source = input
        emit(site.name, touching: [source, output]) {
            withUnsafePointer(to: settings) { nnq_max_pool(output.floats, source.floats, $0) }
        }

        return Compiled(output: output) { [self] gradient in
            guard site.wantsGradient[0] else { return [nil] }
            let gradient = try aligned(gradient, with: output, site.name)
            let result = try memory(source.layout)
            emit("\(site.name)'", touching: [source, output, gradient, result]) {
                withUnsafePointer(to: settings) {
                    nnq_max_pool_backward(result.floats, gradient.floats, output.floats, source.floats, $0)
                }
            }
            return [result]
        }
    }
}
