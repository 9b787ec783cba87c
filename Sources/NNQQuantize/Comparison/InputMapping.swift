// SPDX-License-Identifier: Apache-2.0
// From raw samples to an int8 program's input.

import NNQArithmetic
import NNQBase
import NNQFormat
import NNQGraph

/// Maps raw samples (pixels 0 ... 255, or numbers in their own units) to the bytes of a program's input.
public struct InputMapping: Sendable {
    /// How the program's input is quantized.
    public let quantization: Quantization
    /// True where int8 input is `pixel - 128`, without any rounding.
    public let isExactForBytes: Bool
    /// Where the input is int16.
    private let wide: ProgramTensor?
    private let mean: [Float]
    private let std: [Float]
    /// By `channel * 256 + pixel`; one channel where all are alike.
    private let bytes: [Int8]

    /// - Parameters:
    ///   - quantization: of the program's input.
    ///   - info: the program's normalization; without one, raw values are what the network sees.
    public init(_ quantization: Quantization, info: ProgramInfo) { self.init(quantization, info: info, wide: nil) }

    private init(_ quantization: Quantization, info: ProgramInfo, wide: ProgramTensor?) {
        self.quantization = quantization
        self.wide = wide
        mean = info.normalization?.mean ?? [0]
        std = info.normalization?.std ?? [1]
        let metadata = Metadata(
            normalization: Normalization(mean: mean, std: std), hasByteInput: info.byteInput ?? false)
        isExactForBytes = wide == nil && metadata.exactInput == quantization
        if isExactForBytes {
            bytes = (0...255).map { Int8($0 - 128) }
        } else {
            bytes = zip(mean, std).flatMap { mean, std in
                (0...255).map { quantization.quantize((Float($0) - mean) / std) }
            }
        }
    }

    /// The mapping for the first input of a program.
    public init(_ program: Program) { self.init(program.tensors[0], info: program.info) }

    /// The mapping for an input of a program, int8 or int16.
    public init(_ input: ProgramTensor, info: ProgramInfo) {
        self.init(input.quantization, info: info, wide: input.type == .int8 ? nil : input)
    }

    /// One sample, or several, channels innermost; values outside of the range saturate, NaN is the lowest.
    public func map(_ raw: [Float]) -> [Int8] {
        if let wide {
            return wide.quantized(raw.indices.map { (raw[$0] - mean[$0 % mean.count]) / std[$0 % std.count] })
        }
        return raw.indices.map { index in
            let channel = index % mean.count
            if isExactForBytes, !raw[index].isNaN { return Int8(min(max(raw[index].rounded() - 128, -128), 127)) }
            return quantization.quantize((raw[index] - mean[channel]) / std[channel])
        }
    }

    /// One sample of pixels, or several, channels innermost.
    public func map(_ pixels: [UInt8]) -> [Int8] {
        if wide != nil { return map(pixels.map { Float($0) }) }
        let channels = isExactForBytes ? 1 : mean.count
        return pixels.indices.map { bytes[($0 % channels) * 256 + Int(pixels[$0])] }
    }
}
