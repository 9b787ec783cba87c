// SPDX-License-Identifier: Apache-2.0
// One tensor of the int8 program beside the float values that it stands for.

import NNQFormat
import NNQQuantize

/// How well a tensor of 8 or 16 bits holds its values, on test samples.
public struct LayerFigures: Hashable, Codable, Sendable {
    public var name: String
    /// The op that writes it, or `input`.
    public var op: String
    /// Height, width, channels.
    public var shape: [Int]
    /// 8 or 16.
    public var bits: Int
    public var scale: Float
    public var zeroPoint: Int
    /// The real values at the ends of the range of integers.
    public var clip: Interval
    /// Signal to noise in dB; nil where nothing differs.
    public var sqnr: Double?
    public var largestError: Float
    /// Part of the float values, 0 ... 1, that lie more than a step outside of the clip.
    public var saturatedShare: Double
    /// Of the 256 or 65,536 steps, those that occur.
    public var stepsUsed: Int
    /// The same two by channel.
    public var channelSaturatedShares: [Double]
    public var channelStepsUsed: [Int]
    /// Float values.
    public var histogram: ValueHistogram

    enum CodingKeys: String, CodingKey {
        case name, op, shape, bits, scale, clip, histogram
        case zeroPoint = "zero_point"
        case sqnr = "sqnr_db"
        case largestError = "max_abs_error"
        case saturatedShare = "saturated_share"
        case stepsUsed = "steps_used"
        case channelSaturatedShares = "channel_saturated_shares"
        case channelStepsUsed = "channel_steps_used"
    }

    /// All steps there are.
    public var steps: Int { 1 << bits }
}

/// Adds up a tensor's figures, batch by batch.
struct LayerTally: Sendable {
    private let tensor: ProgramTensor
    private let op: String
    /// The lowest integer, and how many there are.
    private let (lowest, steps): (Int, Int)
    private let clip: Interval
    private var ratio = SignalToNoise()
    private var observer = HistogramObserver()
    /// By channel.
    private var saturated: [Int]
    private var count = 0
    /// By `channel * steps + q - lowest`.
    private var isUsed: [Bool]

    init(_ tensor: ProgramTensor, op: String) {
        self.tensor = tensor
        self.op = op
        saturated = Array(repeating: 0, count: tensor.channels)
        steps = 1 << (8 * tensor.type.byteCount)
        lowest = -steps / 2
        isUsed = Array(repeating: false, count: tensor.channels * steps)
        let (scale, zeroPoint) = (tensor.quantization.scale, Int(tensor.quantization.zeroPoint))
        clip = Interval(
            Double(scale * Float(lowest - zeroPoint)), Double(scale * Float(lowest + steps - 1 - zeroPoint)))
    }

    /// - Parameter samples: the bytes of each sample's tensor.
    /// - Throws: `NotFinite`.
    mutating func add(_ exact: [Float], _ samples: [[Int8]]) throws {
        // A softmax reaches 1, which is a step above its largest value.
        let step = tensor.quantization.scale
        let (low, high) = (Float(clip.low) - step, Float(clip.high) + step)
        try observer.observe(exact)
        let channels = tensor.channels
        for (place, value) in exact.enumerated() where value < low || value > high { saturated[place % channels] += 1 }
        count += exact.count
        var first = 0
        for sample in samples {
            for (place, q) in tensor.integers(sample).enumerated() {
                isUsed[place % channels * steps + q - lowest] = true
            }
            ratio.add(exact[first..<first + tensor.count], tensor.dequantized(sample))
            first += tensor.count
        }
    }

    var figures: LayerFigures {
        let used = (0..<tensor.channels).map { isUsed[$0 * steps..<($0 + 1) * steps] }
        let occurring = (0..<steps).count { step in used.contains { $0[$0.startIndex + step] } }
        let elements = Double(max(count / tensor.channels, 1))
        return LayerFigures(
            name: tensor.name, op: op, shape: [tensor.height, tensor.width, tensor.channels],
            bits: 8 * tensor.type.byteCount, scale: tensor.quantization.scale,
            zeroPoint: Int(tensor.quantization.zeroPoint), clip: clip,
            sqnr: ratio.decibels, largestError: ratio.largestError,
            saturatedShare: Double(saturated.reduce(0, +)) / Double(max(count, 1)), stepsUsed: occurring,
            channelSaturatedShares: saturated.map { Double($0) / elements },
            channelStepsUsed: used.map { steps in steps.count { $0 } }, histogram: observer.merged(bins: 64))
    }
}
