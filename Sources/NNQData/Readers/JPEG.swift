// SPDX-License-Identifier: Apache-2.0
// JPEG from memory through libjpeg-turbo.

import CTurboJPEG

enum JPEG {
    static func decode(_ bytes: [UInt8], channels: Int?, path: String) throws(DataError) -> Picture {
        guard let decoder = tjInitDecompress() else {
            throw DataError("the JPEG decoder cannot be started", path: path)
        }
        defer { tjDestroy(decoder) }
        var (width, height, subsampling, colours): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
        let length = UInt(bytes.count)
        guard tjDecompressHeader3(decoder, bytes, length, &width, &height, &subsampling, &colours) == 0 else {
            throw failure(decoder, path)
        }
        guard width > 0 && height > 0 else {
            throw DataError(
                "the JPEG picture ends inside its header", path: path, byte: bytes.count, remedy: "Copy the file again")
        }
        try ImageFile.checkSize(Int(width), Int(height), path)
        let depth = channels ?? (colours == Int32(TJCS_GRAY.rawValue) ? 1 : 3)
        let format = depth == 1 ? TJPF_GRAY : TJPF_RGB
        var pixels = [UInt8](repeating: 0, count: Int(width) * Int(height) * depth)
        let flags = TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING
        guard
            tjDecompress2(
                decoder, bytes, length, &pixels, width, width * Int32(depth), height, Int32(format.rawValue), flags)
                == 0
        else { throw failure(decoder, path) }
        return Picture(height: Int(height), width: Int(width), channels: depth, pixels: pixels)
    }

    private static func failure(_ decoder: tjhandle, _ path: String) -> DataError {
        let message = tjGetErrorStr2(decoder).map { String(cString: $0) } ?? "unknown error"
        return DataError(
            "the JPEG picture cannot be decoded (\(message))", path: path, remedy: "Save it again, as PNG or JPEG")
    }
}
