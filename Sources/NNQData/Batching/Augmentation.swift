// SPDX-License-Identifier: Apache-2.0
// Augmentation of images: mirrored, cropped from a padded copy, shifted by whole pixels.

import NNQBase

/// What may be done to a training image. Pixels that come from outside the image are raw 0.
public struct Augmentation: Sendable, Equatable, Codable {
    /// Mirrors left and right with probability 1/2.
    public var flip: Bool
    /// Pads by this many pixels on each side and crops the original size anywhere, uniformly.
    public var crop: Int
    /// Shifts by -shift...shift pixels, rows and columns independently and uniformly, after the crop.
    public var shift: Int

    public init(flip: Bool = false, crop: Int = 0, shift: Int = 0) {
        precondition(crop >= 0 && shift >= 0)
        self.flip = flip
        self.crop = crop
        self.shift = shift
    }

    public static let none = Augmentation()

    /// The change drawn for one image: output (y, x) is input (y + dy, x' + dx), x' mirrored if `mirrored`.
    struct Draw: Equatable {
        var mirrored = false
        var dy = 0
        var dx = 0
        var isIdentity: Bool { !mirrored && dy == 0 && dx == 0 }
    }

    /// Draws a change; the number of random numbers used depends on the settings only.
    func draw(_ rng: inout Rng) -> Draw {
        var draw = Draw()
        if flip { draw.mirrored = rng.chance(0.5) }
        for reach in [crop, shift] where reach > 0 {
            draw.dy += rng.below(2 * reach + 1) - reach
            draw.dx += rng.below(2 * reach + 1) - reach
        }
        return draw
    }
}
