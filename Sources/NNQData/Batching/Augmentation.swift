// SPDX-License-Identifier: Apache-2.0
// Augmentation of images: mirrored, cropped from a padded copy, shifted by whole pixels, partly blanked.

import NNQBase

/// What may be done to a training image. Pixels that come from outside the image are raw 0.
public struct Augmentation: Sendable, Equatable, Codable {
    /// Mirrors left and right with probability 1/2.
    public var flip: Bool
    /// Pads by this many pixels on each side and crops the original size anywhere, uniformly.
    public var crop: Int
    /// Shifts by -shift...shift pixels, rows and columns independently and uniformly, after the crop.
    public var shift: Int
    /// Blanks a square of this many pixels a side, centred on any pixel, after all else (DeVries and Taylor, "Improved
    /// Regularization of Convolutional Neural Networks with Cutout", 2017). What hangs over the edge is cut off; blank
    /// is 0 after normalization.
    public var cutout: Int

    public init(flip: Bool = false, crop: Int = 0, shift: Int = 0, cutout: Int = 0) {
        precondition(crop >= 0 && shift >= 0 && cutout >= 0)
        self.cutout = cutout
        self.flip = flip
        self.crop = crop
        self.shift = shift
    }

    public static let none = Augmentation()

    private enum CodingKeys: String, CodingKey { case flip, crop, shift, cutout }

    /// What is left out is not done.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func size(_ key: CodingKeys) throws -> Int {
            let value = try container.decodeIfPresent(Int.self, forKey: key) ?? 0
            guard value >= 0 else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container, debugDescription: "\(value) pixels; use 0 or more")
            }
            return value
        }
        self.init(
            flip: try container.decodeIfPresent(Bool.self, forKey: .flip) ?? false, crop: try size(.crop),
            shift: try size(.shift), cutout: try size(.cutout))
    }

    /// The change drawn for one image: output (y, x) is input (y + dy, x' + dx), x' mirrored if `mirrored`. Where the
    /// outputs are then blanked is in `blankRows` and `blankColumns`.
    struct Draw: Equatable {
        var mirrored = false
        var dy = 0
        var dx = 0
        var blankRows = 0..<0
        var blankColumns = 0..<0
        /// Whether all pixels stay where they are.
        var isIdentity: Bool { !mirrored && dy == 0 && dx == 0 }
    }

    /// Draws a change of an image of this size; the number of random numbers used depends on the settings only.
    func draw(_ rng: inout Rng, height: Int, width: Int) -> Draw {
        var draw = Draw()
        if flip { draw.mirrored = rng.chance(0.5) }
        for reach in [crop, shift] where reach > 0 {
            draw.dy += rng.below(2 * reach + 1) - reach
            draw.dx += rng.below(2 * reach + 1) - reach
        }
        if cutout > 0 {
            draw.blankRows = Self.blank(cutout, around: rng.below(height), of: height)
            draw.blankColumns = Self.blank(cutout, around: rng.below(width), of: width)
        }
        return draw
    }

    /// `side` places around a centre, as far as there are `count` of them; an even side has one more before the centre.
    private static func blank(_ side: Int, around centre: Int, of count: Int) -> Range<Int> {
        let first = centre - side / 2
        return max(0, first)..<min(count, first + side)
    }
}
