// SPDX-License-Identifier: Apache-2.0
// Answers, errors and worst samples against plain loops over single runs.

import NNQBase
import NNQData
import NNQFormat
import NNQGraph
import NNQQuantize
import NNQReport
import NNQTrain
import Testing

@Suite struct AnswerTests {
    /// Outputs of both models, sample by sample.
    private static func outputs(_ subject: Subject) throws -> (float: [[Float]], int8: [[Float]]) {
        var runner = try subject.runner()
        let output = subject.quantized.program.outputs[0]
        let int8 = try (0..<subject.data.count).map { index in
            subject.quantized.program.tensors[output].dequantized(
                try subject.int8Values(index, reading: [output], &runner)[0])
        }
        return (try Subject.floatOutputs(subject.model, subject.data), int8)
    }

    @Test(arguments: UInt64(0)..<3) func countsAnswers(_ seed: UInt64) throws {
        let subject = try Subject(seed: seed, options: QuantizationOptions(weightBits: WeightBits(all: 4)))
        let figures = try subject.figures()
        let answers = try #require(figures.answers)
        let (float, int8) = try Self.outputs(subject)
        var (both, first, second, none, agreeing) = (0, 0, 0, 0, 0)
        var confusion = Array(repeating: Array(repeating: 0, count: 4), count: 4)
        for index in 0..<subject.data.count {
            let (f, q, label) = (Subject.place(float[index]), Subject.place(int8[index]), subject.data.label(index))
            if f == label, q == label { both += 1 }
            if f == label, q != label { first += 1 }
            if f != label, q == label { second += 1 }
            if f != label, q != label { none += 1 }
            if f == q { agreeing += 1 }
            confusion[label][q] += 1
        }
        let expected = PairedAnswers(bothRight: both, onlyFloat: first, onlyInt8: second, bothWrong: none)
        #expect(answers.pairs == expected, "seed \(seed)")
        #expect(answers.agreement == Proportion(agreeing, of: subject.data.count) && agreeing < subject.data.count)
        #expect(answers.int8Confusion == confusion)
        // The verbs' own ways.
        let evaluation = try subject.model.evaluate(on: subject.data, threads: 1)
        #expect(answers.floatConfusion == evaluation.confusion && evaluation.accuracy == answers.pairs.float.value)
        let program = subject.quantized.program
        let int8Evaluation = try evaluateInt8(
            program, try ProgramFile(program).encoded(), on: subject.data, threads: 1)
        #expect(int8Evaluation.accuracy == answers.pairs.int8.value && figures.samples == 150)
    }

    @Test(arguments: UInt64(0)..<3) func findsTheWorst(_ seed: UInt64) throws {
        let subject = try Subject(seed: seed)
        let figures = try subject.figures()
        let (float, int8) = try Self.outputs(subject)
        func lead(_ output: [Float], _ label: Int) -> Float {
            output[label] - output.enumerated().filter { $0.offset != label }.map(\.element).max()!
        }
        let losses = (0..<subject.data.count).map { index in
            lead(float[index], subject.data.label(index)) - lead(int8[index], subject.data.label(index))
        }
        let order = losses.indices.sorted { losses[$0] > losses[$1] }.filter { losses[$0] > 0 }.prefix(12)
        #expect(figures.worst.count == order.count)
        for (sample, index) in zip(figures.worst, order) {
            #expect(abs(sample.loss - Double(losses[index])) < 1e-5, "seed \(seed)")
            #expect(abs(losses[sample.index] - losses[index]) < 1e-5)
            #expect(
                sample.int8 == int8[sample.index] && Subject.place(sample.target) == subject.data.label(sample.index))
        }
    }

    @Test func measuresErrorsOfNumbers() throws {
        var rng = Rng(seed: 4, stream: 1)
        let model = try NNQGraph.Model(input: [3], metadata: Metadata(task: .regression)) {
            Dense(5)
            Tanh()
            Dense(2)
        }
        let values = (0..<240).map { _ in rng.normal() }
        let targets = (0..<160).map { _ in rng.normal() }
        let data = try FloatDataset(
            name: "numbers", shape: [3], values: values, targetNames: ["x", "y"], targets: targets)
        let quantized = try Quantizer().quantize(model, calibration: DatasetSource(data, threads: 1))
        let file = try ProgramFile(quantized.program)
        let figures = try Analysis(threads: 2).figures(
            of: quantized, file: file, fileBytes: try file.encoded().count, source: DatasetSource(data, threads: 1),
            names: ("m", "numbers"))
        let found = try #require(figures.values)
        let engine = try FloatEngine(model, batch: 1, threads: 1)
        var runner = try RuntimeRunner(try file.encoded())
        let tensors = quantized.program.tensors
        var sums = [0.0, 0, 0, 0, 0, 0]
        for index in 0..<80 {
            let sample = Array(values[3 * index..<3 * index + 3])
            let float = try engine.run(sample)
            let output = quantized.program.outputs[0]
            let int8 = tensors[output].dequantized(
                try runner.run([tensors[0].quantized(sample)], reading: [output])[0])
            for place in 0..<2 {
                let target = targets[2 * index + place]
                let errors = [float[place] - target, int8[place] - target, int8[place] - float[place]]
                for (kind, error) in errors.enumerated() {
                    sums[2 * kind] += Double(abs(error)) / 160
                    sums[2 * kind + 1] += Double(error) * Double(error) / 160
                }
            }
        }
        let all = [found.float, found.int8, found.difference]
        for (kind, errors) in all.enumerated() {
            #expect(
                abs(errors.mae - sums[2 * kind]) < 1e-5 && abs(errors.rmse - sums[2 * kind + 1].squareRoot()) < 1e-5)
        }
        #expect(found.difference.rmse > 0 && figures.answers == nil && found.samples == 80)
        #expect(figures.swaps.allInt8.agreement == nil && figures.swaps.floatAccuracy == nil)
    }
}
