// SPDX-License-Identifier: Apache-2.0
// The filter gradient of a first layer, whose input has few channels: a loop of our own.

import CDNNL
import CTrainKernels
import NNQGraph

extension Compiler {
    /// True where the loop applies: few input channels, filters in blocks of eight, no gradient for the input.
    func isNarrow(_ site: Site, _ window: Window, groups: Int, _ forward: PrimitiveDescription) -> Bool {
        let input = site.inputShapes[0]
        guard groups == 1, input.channels <= 4, window.dilation == 1, !site.wantsGradient[0],
            site.inputs[0].layout.coincides(with: plainLayout(input))
        else { return false }
        let pixels = forward.destination.pixels
        var filter = dnnl_memory_desc_t()
        let dimensions = [site.shape.channels, input.channels, window.kernel.height, window.kernel.width]
        let status = dnnl_memory_desc_init_by_tag(&filter, 4, dimensions.map(Int64.init), dnnl_f32, dnnl_Acdb8a)
        guard status == dnnl_success else { return false }
        return pixels?.isBlocked == true && pixels?.channels == 8 && forward.weights == Layout(filter)
    }

    func narrowBackwardWeights(
        _ site: Site, _ window: Window, _ gradient: Memory, _ filter: Parameter, _ bias: Parameter?
    ) throws {
        let input = site.inputShapes[0]
        let margins = window.margins(for: input)
        var shape = nnq_narrow()
        shape.batch = batch
        shape.blocks = (site.shape.channels + 7) / 8
        (shape.ih, shape.iw, shape.ic) = (Int32(input.height), Int32(input.width), Int32(input.channels))
        (shape.oh, shape.ow) = (Int32(site.shape.height), Int32(site.shape.width))
        (shape.kh, shape.kw) = (Int32(window.kernel.height), Int32(window.kernel.width))
        (shape.sh, shape.sw) = (Int32(window.stride.height), Int32(window.stride.width))
        (shape.top, shape.left) = (Int32(margins.top), Int32(margins.left))
        (shape.bottom, shape.right) = (Int32(margins.bottom), Int32(margins.right))
        device.useThreads()
        let scratch = try memory(Layout(rowMajor: [nnq_narrow_scratch(&shape)]))
        // The bias's own storage ends with its last filter, the loop writes whole blocks.
        let wholeBias = try memory(Layout(rowMajor: [shape.blocks * 8]))
        let settings = shape
        let source = site.inputs[0]
        let filterGradient = filter.gradient!
        let filters = site.shape.channels
        emit("\(site.name) weights'", touching: [source, gradient, scratch, wholeBias]) {
            withUnsafePointer(to: settings) {
                nnq_narrow_gradient(
                    filterGradient.floats, wholeBias.floats, source.floats, gradient.floats, scratch.floats, $0)
            }
            if let bias { bias.gradient!.floats.update(from: wholeBias.floats, count: filters) }
        }
    }
}
