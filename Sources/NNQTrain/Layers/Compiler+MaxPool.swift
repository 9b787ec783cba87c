// SPDX-License-Identifier: Apache-2.0
// Max pools, with the ReLU before them. A loop of our own: oneDNN's takes ten times as long where channels are padded.

import CDNNL
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

/// A layout in which each pixel's channels, or a block of them, are neighbours, and pixels follow each other.
struct PixelLayout {
    /// Images times blocks of channels.
    let planes: Int
    /// Channels side by side.
    let channels: Int
    private let isBlocked: Bool

    init(planes: Int, channels: Int, isBlocked: Bool) {
        self.planes = planes
        self.channels = channels
        self.isBlocked = isBlocked
    }

    /// The same kind of layout for maps of another size.
    func layout(_ dimensions: [Int]) -> Layout {
        guard isBlocked else { return Layout(dimensions, order: [0, 2, 3, 1]) }
        var raw = dnnl_memory_desc_t()
        let tag = channels == 8 ? dnnl_nChw8c : dnnl_nChw16c
        let status = dnnl_memory_desc_init_by_tag(
            &raw, Int32(dimensions.count), dimensions.map(Int64.init), dnnl_f32, tag)
        precondition(status == dnnl_success, "layout of \(dimensions)")
        return Layout(raw)
    }
}

extension Layout {
    /// This layout as pixels, nil where it is no such layout.
    var pixels: PixelLayout? {
        guard rank == 4 else { return nil }
        for channels in [8, 16] {
            let blocks = (dimensions[1] + channels - 1) / channels
            let blocked = PixelLayout(planes: dimensions[0] * blocks, channels: channels, isBlocked: true)
            if self == blocked.layout(dimensions) { return blocked }
        }
        let whole = PixelLayout(planes: dimensions[0], channels: dimensions[1], isBlocked: false)
        return coincides(with: whole.layout(dimensions)) ? whole : nil
    }
}
