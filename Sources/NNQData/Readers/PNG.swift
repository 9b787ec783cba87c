// SPDX-License-Identifier: Apache-2.0
// PNG in memory through libpng's simplified interface.

import CPNG

enum PNG {
    static func decode(_ bytes: [UInt8], channels: Int?, path: String) throws(DataError) -> Picture {
        var image = png_image()
        image.version = png_uint_32(PNG_IMAGE_VERSION)
        guard png_image_begin_read_from_memory(&image, bytes, bytes.count) != 0 else { throw failure(image, path) }
        defer { png_image_free(&image) }
        let (width, height) = (Int(image.width), Int(image.height))
        try ImageFile.checkSize(width, height, path)
        let colour = image.format & png_uint_32(PNG_FORMAT_FLAG_COLOR) != 0
        let depth = channels ?? (colour ? 3 : 1)
        image.format = png_uint_32(depth == 3 ? PNG_FORMAT_FLAG_COLOR : 0)
        var black = png_color(red: 0, green: 0, blue: 0)
        var pixels = [UInt8](repeating: 0, count: height * width * depth)
        guard png_image_finish_read(&image, &black, &pixels, png_int_32(width * depth), nil) != 0 else {
            throw failure(image, path)
        }
        return Picture(height: height, width: width, channels: depth, pixels: pixels)
    }

    static func encode(_ picture: Picture, path: String) throws(DataError) -> [UInt8] {
        precondition(picture.channels == 1 || picture.channels == 3)
        var image = png_image()
        image.version = png_uint_32(PNG_IMAGE_VERSION)
        image.width = png_uint_32(picture.width)
        image.height = png_uint_32(picture.height)
        image.format = png_uint_32(picture.channels == 3 ? PNG_FORMAT_FLAG_COLOR : 0)
        let stride = png_int_32(picture.width * picture.channels)
        var size = 0
        guard png_image_write_to_memory(&image, nil, &size, 0, picture.pixels, stride, nil) != 0 else {
            throw failure(image, path)
        }
        var bytes = [UInt8](repeating: 0, count: size)
        guard png_image_write_to_memory(&image, &bytes, &size, 0, picture.pixels, stride, nil) != 0 else {
            throw failure(image, path)
        }
        return Array(bytes[..<size])
    }

    private static func failure(_ image: png_image, _ path: String) -> DataError {
        let message = withUnsafeBytes(of: image.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return DataError("the PNG picture cannot be decoded (\(message))", path: path, remedy: "Save it again as PNG")
    }
}
