// SPDX-License-Identifier: Apache-2.0
// Figures of layers and weights against plain loops over single runs and over the program's own integers.

import CNNQ
import Foundation
import NNQBase
import NNQData
import NNQFormat
import NNQGraph
import NNQQuantize
import NNQReport
import NNQTrain
import Testing

@Suite struct LayerTests {
    /// Ranges that cut, so that there is something to count.
    private static let cutting = QuantizationOptions(calibrator: .percentile(97), weightScales: .mse)

    private static let widths = [
        ActivationBits(all: 8), ActivationBits(all: 16), ActivationBits(all: 8, layers: ["conv2d_2": 16]),
    ]

    @Test(arguments: UInt64(0)..<2, widths) func layers(_ seed: UInt64, _ widths: ActivationBits) throws {
        var options = Self.cutting
        options.activationBits = widths
        let subject = try Subject(seed: seed, count: 40, options: options)
        let figures = try subject.figures()
        let program = subject.quantized.program
        var runner = try subject.runner()
        var (cut, wideLayers) = (0, 0)
        for (tensor, node) in subject.quantized.nodeOfTensor.enumerated() {
            guard let node else { continue }
            let layer = try #require(figures.layers.first { $0.name == program.tensors[tensor].name })
            let quantization = program.tensors[tensor].quantization
            let isWide = program.tensors[tensor].type == .int16
            wideLayers += isWide ? 1 : 0
            #expect(layer.bits == (isWide ? 16 : 8) && layer.steps == (isWide ? 65536 : 256))
            let (lowest, highest) = isWide ? (-32768, 32767) : (-128, 127)
            let engine = try FloatEngine(subject.quantized.foldedModel, batch: 1, observing: [node], threads: 1)
            var (signal, noise, largest) = (0.0, 0.0, Float(0))
            var (outside, zeros, values) = (0, 0, [Float]())
            var steps = Set<Int>()
            var byChannel = Array(repeating: (steps: Set<Int>(), outside: 0, values: 0), count: layer.shape[2])
            for index in 0..<subject.data.count {
                _ = try engine.run(subject.data.sample(index).map { ($0 - 128) / 64 })
                let exact = Array(engine.value(of: node))
                let bytes = try subject.int8Values(index, reading: [tensor], &runner)[0]
                let integers = isWide ? Self.pairs(bytes) : bytes.map { Int($0) }
                for (element, (x, q)) in zip(exact, integers).enumerated() {
                    let channel = element % layer.shape[2]
                    byChannel[channel].steps.insert(q)
                    byChannel[channel].values += 1
                    let y = quantization.scale * Float(q - Int(quantization.zeroPoint))
                    signal += Double(x * x)
                    noise += Double((x - y) * (x - y))
                    largest = max(largest, abs(x - y))
                    steps.insert(q)
                    let place = x / quantization.scale + Float(quantization.zeroPoint)
                    if place < Float(lowest - 1) || place > Float(highest + 1) {
                        outside += 1
                        byChannel[channel].outside += 1
                    }
                    if x == 0 { zeros += 1 } else { values.append(x) }
                }
            }
            if let sqnr = layer.sqnr {
                #expect(abs(sqnr - 10 * log10(signal / noise)) < 0.01)
            } else {
                #expect(noise == 0)
            }
            #expect(abs(layer.largestError - largest) < 1e-4 && layer.stepsUsed == steps.count)
            let total = values.count + zeros
            #expect(abs(layer.saturatedShare - Double(outside) / Double(total)) < 1.5 / Double(total), "\(layer.name)")
            #expect(layer.channelStepsUsed == byChannel.map(\.steps.count))
            for (share, own) in zip(layer.channelSaturatedShares, byChannel) {
                let expected = Double(own.outside) / Double(own.values)
                #expect(abs(share - expected) < 1.5 / Double(own.values), "\(layer.name)")
            }
            #expect(layer.channelSaturatedShares.count == layer.shape[2])
            cut += outside
            check(layer.histogram, values, zeros)
            let high = Double(quantization.scale) * Double(highest - Int(quantization.zeroPoint))
            #expect(abs(layer.clip.high - high) < 1e-5)
        }
        #expect(cut > 0 && figures.layers.count == subject.quantized.nodeOfTensor.count { $0 != nil })
        #expect((wideLayers > 0) == widths.hasSixteen)
    }

    /// Little-endian numbers of two bytes.
    private static func pairs(_ bytes: [Int8]) -> [Int] {
        stride(from: 0, to: bytes.count, by: 2).map { 256 * Int(bytes[$0 + 1]) + Int(UInt8(bitPattern: bytes[$0])) }
    }

    /// Counts by bin; a value within rounding of an edge may be in either.
    private func check(_ histogram: ValueHistogram, _ values: [Float], _ zeros: Int) {
        #expect(histogram.zeros == zeros && histogram.total == values.count + zeros && histogram.counts.count <= 64)
        for (bin, count) in histogram.counts.enumerated() {
            let low = histogram.low + Double(bin) * histogram.binWidth
            let slack = histogram.binWidth * 1e-3
            let least = values.count { Double($0) >= low + slack && Double($0) < low + histogram.binWidth - slack }
            let most = values.count { Double($0) >= low - slack && Double($0) < low + histogram.binWidth + slack }
            #expect((least...most).contains(count))
        }
    }

    @Test(arguments: [8, 4]) func weights(_ bits: Int) throws {
        var options = Self.cutting
        options.weightBits = WeightBits(all: bits, layers: ["conv2d_1": 8])
        let subject = try Subject(seed: 9, count: 40, options: options)
        let figures = try subject.figures()
        let program = subject.quantized.program
        #expect(figures.weights.map(\.layer) == ["conv2d_1", "conv2d_2", "dense_1"])
        for weights in figures.weights {
            let place = try #require(program.tensors.firstIndex { $0.name == weights.layer }) - program.inputCount
            let (filter, block, preShift) = try #require(program.operations[place].operation.linear)
            let input = program.tensors[program.operations[place].inputs[0]].quantization
            let output = program.tensors[program.inputCount + place].quantization
            let exact = subject.quantized.foldedModel.parameters["\(weights.layer).weight"]!.values
            let terms = exact.count / weights.scales.count
            #expect(weights.terms == terms && weights.bits == (weights.layer == "conv2d_2" ? bits : 8))
            var (signal, noise, clipped) = (0.0, 0.0, 0)
            for channel in weights.scales.indices {
                // The program's multiplier is scale of input times scale of weights over scale of output.
                let factor = Double(block.multiplier[channel]) * pow(2, Double(preShift - Int(block.shift[channel])))
                let scale = factor * Double(output.scale) / Double(input.scale)
                #expect(abs(weights.scales[channel] / scale - 1) < 1e-6)
                let row = channel * terms..<(channel + 1) * terms
                #expect(weights.stepsUsed[channel] == Set(filter[row]).count)
                #expect(weights.largest[channel] == exact[row].map { abs($0) }.max())
                for index in row {
                    let error = Double(exact[index]) - Double(filter[index]) * scale
                    signal += Double(exact[index]) * Double(exact[index])
                    noise += error * error
                    if abs(Double(exact[index])) > (Double(weights.steps) + 0.5) * scale { clipped += 1 }
                }
            }
            #expect(abs(try #require(weights.sqnr) - 10 * log10(signal / noise)) < 1e-3)
            #expect(weights.clipped == clipped && weights.histogram.total == exact.count)
            let inSteps = exact.indices.map { Float(Double(exact[$0]) / weights.scales[$0 / terms]) }
            check(weights.histogram, inSteps.filter { $0 != 0 }, inSteps.count { $0 == 0 })
        }
    }

    /// Without corrections, biases of the program are those of the float model, to half a step.
    @Test func biases() throws {
        let options = QuantizationOptions(equalize: nil, biasCorrection: nil)
        let subject = try Subject(seed: 2, count: 40, options: options)
        for weights in subject.quantized.weights {
            let exact = subject.model.parameters["\(weights.layer).bias"]!.values
            let input = subject.quantized.program.operations[weights.operation].inputs[0]
            let scale = Double(subject.quantized.program.tensors[input].quantization.scale)
            for (channel, bias) in weights.bias.enumerated() {
                #expect(abs(bias - Double(exact[channel])) <= 0.5001 * weights.scales[channel] * scale)
            }
        }
    }
}

extension NNQFormat.Operation {
    fileprivate var linear: (filter: [Int8], block: Requantization, preShift: Int)? {
        switch self {
        case .conv2D(let parameters, let filter, let block): (filter, block, Int(parameters.pre_shift))
        case .dense(let parameters, let filter, let block): (filter, block, Int(parameters.pre_shift))
        default: nil
        }
    }
}
