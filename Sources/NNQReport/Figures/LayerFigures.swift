// SPDX-License-Identifier: Apache-2.0
// One tensor of the int8 program beside the float values that it stands for.

import NNQFormat
import NNQQuantize

/// How well an int8 tensor holds its values, on test samples.
public struct LayerFigures: Hashable, Codable, Sendable {
    public var name: String
    /// The op that writes it, or `input`.
    public var op: String
    /// Height, width, channels.
    public var shape: [Int]
    public var scale: Float
    public var zeroPoint: Int
    /// The real values at the ends of the int8 range.
    public var clip: Interval
    /// Signal to noise in dB; nil where nothing differs.
    public var sqnr: Double?
    public var largestError: Float
    /// Part of the float values, 0 ... 1, that lie more than a step outside of the clip.
    public var saturatedShare: Double
    /// Of the 256 steps, those that occur.
    public var stepsUsed: Int
    /// The same two by channel.
    public var channelSaturatedShares: [Double]
    public var channelStepsUsed: [Int]
    /// Float values.
    public var histogram: ValueHistogram

    enum CodingKeys: String, CodingKey {
        case name, op, shape, scale, clip, histogram
        case zeroPoint = "zero_point"
        case sqnr = "sqnr_db"
        case largestError = "max_abs_error"
        case saturatedShare = "saturated_share"
        case stepsUsed = "steps_used"
        case channelSaturatedShares = "channel_saturated_shares"
        case channelStepsUsed = "channel_steps_used"
    }

    /// Part of the 256 steps, 0 ... 1, that occur.
    public var rangeUse: Double { Double(stepsUsed) / 256 }
}

/// Adds up a tensor's figures, batch by batch.
struct LayerTally: Sendable {
    private let tensor: ProgramTensor
    private let op: String
    private let clip: Interval
    private var ratio = SignalToNoise()
    private var observer = HistogramObserver()
    /// By channel.
    private var saturated: [Int]
    private var count = 0
    /// By `channel * 256 + q + 128`.
    private var isUsed: [Bool]

    init(_ tensor: ProgramTensor, op: String) {
        self.tensor = tensor
        self.op = op
        saturated = Array(repeating: 0, count: tensor.channels)
        isUsed = Array(repeating: false, count: tensor.channels * 256)
        let quantization = tensor.quantization
        clip = Interval(Double(quantization.dequantize(-128)), Double(quantization.dequantize(127)))
    }

    /// - Throws: `NotFinite`.
    mutating func add(_ exact: [Float], _ int8: [[Int8]]) throws {
        // A softmax reaches 1, which is a step above its largest value.
        let step = tensor.quantization.scale
        let (low, high) = (Float(clip.low) - step, Float(clip.high) + step)
        try observer.observe(exact)
        let channels = tensor.channels
        for (place, value) in exact.enumerated() where value < low || value > high { saturated[place % channels] += 1 }
        count += exact.count
        var first = 0
        for sample in int8 {
            for (place, q) in sample.enumerated() { isUsed[place % channels * 256 + Int(q) + 128] = true }
            ratio.add(exact[first..<first + sample.count], tensor.dequantized(sample))
            first += sample.count
        }
    }

    var figures: LayerFigures {
        let used = (0..<tensor.channels).map { isUsed[$0 * 256..<($0 + 1) * 256] }
        let occurring = (0..<256).count { step in used.contains { $0[$0.startIndex + step] } }
        let elements = Double(max(count / tensor.channels, 1))
        return LayerFigures(
            name: tensor.name, op: op, shape: [tensor.height, tensor.width, tensor.channels],
            scale: tensor.quantization.scale, zeroPoint: Int(tensor.quantization.zeroPoint), clip: clip,
            sqnr: ratio.decibels, largestError: ratio.largestError,
            saturatedShare: Double(saturated.reduce(0, +)) / Double(max(count, 1)), stepsUsed: occurring,
            channelSaturatedShares: saturated.map { Double($0) / elements },
            channelStepsUsed: used.map { steps in steps.count { $0 } }, histogram: observer.merged(bins: 64))
    }
}
