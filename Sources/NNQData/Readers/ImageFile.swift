// SPDX-License-Identifier: Apache-2.0
// One picture from a PNG or JPEG file, as grey or RGB bytes, at its own size or scaled.

import Foundation

/// Bytes of a picture, `[height, width, channels]`, channels innermost; 1 channel is grey, 3 are red, green, blue.
public struct Picture: Sendable, Equatable {
    public let height: Int
    public let width: Int
    public let channels: Int
    public let pixels: [UInt8]

    /// Traps unless `pixels` holds `height * width * channels` bytes.
    public init(height: Int, width: Int, channels: Int, pixels: [UInt8]) {
        precondition(height > 0 && width > 0 && pixels.count == height * width * channels)
        self.height = height
        self.width = width
        self.channels = channels
        self.pixels = pixels
    }
}

/// Reads PNG (libpng) and JPEG (libjpeg-turbo) files, told apart by their first bytes; writes PNG.
public enum ImageFile {
    /// No picture larger than this is decoded.
    static let maximumPixels = 1 << 26

    /// Reads `path` with `channels` (1 grey, 3 RGB; nil as the file has them), scaled to `height` x `width` if given.
    ///
    /// Transparent pixels are laid over black. Scaling averages areas, so that nothing between pixels is lost.
    public static func read(_ path: String, channels: Int? = nil, height: Int? = nil, width: Int? = nil)
        throws(DataError) -> Picture
    {
        precondition(channels == nil || channels == 1 || channels == 3)
        let bytes = try contents(path)
        let picture: Picture
        if bytes.starts(with: [0x89, 0x50, 0x4e, 0x47]) {
            picture = try PNG.decode(bytes, channels: channels, path: path)
        } else if bytes.starts(with: [0xff, 0xd8]) {
            picture = try JPEG.decode(bytes, channels: channels, path: path)
        } else {
            throw DataError(
                "this is neither a PNG nor a JPEG picture", path: path, byte: 0, remedy: "Convert it to PNG")
        }
        let (wantedHeight, wantedWidth) = (height ?? picture.height, width ?? picture.width)
        if wantedHeight == picture.height && wantedWidth == picture.width { return picture }
        return picture.scaled(height: wantedHeight, width: wantedWidth)
    }

    /// Writes `picture` as PNG: whole, or not at all.
    public static func writePNG(_ picture: Picture, to path: String) throws(DataError) {
        try AtomicFile.write(try PNG.encode(picture, path: path), to: path)
    }

    /// The bytes of a PNG file of `picture`.
    public static func png(_ picture: Picture) throws(DataError) -> [UInt8] { try PNG.encode(picture, path: "") }

    private static func contents(_ path: String) throws(DataError) -> [UInt8] {
        guard let handle = FileHandle(forReadingAtPath: path) else { throw .system("open the file", path: path) }
        defer { try? handle.close() }
        do {
            return Array(try handle.readToEnd() ?? Data())
        } catch {
            throw DataError("cannot read the file: \(error.localizedDescription)", path: path)
        }
    }

    static func checkSize(_ width: Int, _ height: Int, _ path: String) throws(DataError) {
        guard let pixels = boundedProduct([width, height]), pixels <= maximumPixels else {
            throw DataError(
                "the picture claims \(width)x\(height) pixels", path: path,
                remedy: "Pictures of up to \(maximumPixels) pixels are read")
        }
    }
}
