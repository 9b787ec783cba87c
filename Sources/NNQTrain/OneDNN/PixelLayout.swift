// SPDX-License-Identifier: Apache-2.0
// Layouts that loops of our own can walk: pixel after pixel.

import CDNNL

/// A layout in which each pixel's channels, or a block of them, are neighbours, and pixels follow each other.
struct PixelLayout {
    /// Images times blocks of channels.
    let planes: Int
    /// Channels side by side.
    let channels: Int
    let isBlocked: Bool

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
