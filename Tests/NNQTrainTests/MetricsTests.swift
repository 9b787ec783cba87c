// SPDX-License-Identifier: Apache-2.0
// Metrics against their definitions, counted pair by pair and sample by sample.

import Foundation
import NNQData
import NNQGraph
import NNQTrain
import Testing

@Suite struct MetricsTests {
    /// The part of the pairs of a positive and a negative sample that the scores put right, a tie being half.
    private func pairwise(_ scores: [Float], _ isPositive: [Bool]) -> Double? {
        var (sum, pairs) = (0.0, 0.0)
        for i in scores.indices where isPositive[i] {
            for j in scores.indices where !isPositive[j] {
                pairs += 1
                sum += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0
            }
        }
        return pairs > 0 ? sum / pairs : nil
    }

    @Test(arguments: 1...20) func aucIsThePartOfPairsPutRight(seed: Int) {
        let count = 3 + seed * 7
        let noise = Noise.values(2 * count, seed: UInt64(seed))
        // Coarse scores tie often.
        let levels = Float(seed % 3 == 0 ? 1000 : 4)
        let scores = noise[..<count].map { ($0 * levels).rounded() / levels }
        let isPositive = zip(noise[count...], scores).map { $0 + 0.3 * $1 > 0 }
        let expected = pairwise(scores, isPositive)
        let auc = Ranking.areaUnderCurve(scores: scores, isPositive: isPositive)
        #expect((auc == nil) == (expected == nil), "seed \(seed)")
        if let auc, let expected { #expect(abs(auc - expected) < 1e-12, "seed \(seed)") }
    }

    @Test func aucOfKnownRankings() {
        let labels = [false, false, true, true]
        #expect(Ranking.areaUnderCurve(scores: [1, 2, 3, 4], isPositive: labels) == 1)
        #expect(Ranking.areaUnderCurve(scores: [4, 3, 2, 1], isPositive: labels) == 0)
        #expect(Ranking.areaUnderCurve(scores: [1, 1, 1, 1], isPositive: labels) == 0.5)
        #expect(Ranking.areaUnderCurve(scores: [0.1, 0.4, 0.35, 0.8], isPositive: labels) == 0.75)
        #expect(Ranking.areaUnderCurve(scores: [1, 2], isPositive: [true, true]) == nil)
    }

    @Test func placesAmongScores() {
        #expect((0..<4).map { Ranking.place(of: $0, in: [2, 5, 2, 7]) } == [2, 1, 3, 0])
    }

    @Test func classesOfAConfusionMatrix() {
        // The fourth class does not occur; the third is answered but has no samples.
        let metrics = ClassificationMetrics(
            confusion: [[6, 2, 0, 0], [1, 3, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]], aucs: [0.5, nil, 1, nil])
        let first = metrics.classes[0]
        let precision = 6.0 / 7
        #expect(first.samples == 8 && first.answers == 7)
        #expect(first.precision == precision && first.recall == 0.75)
        #expect(abs(first.f1 - 2 * precision * 0.75 / (precision + 0.75)) < 1e-12)
        #expect(metrics.classes[1].precision == 0.6 && metrics.classes[1].recall == 0.6)
        #expect(metrics.classes[2].precision == 0 && metrics.classes[2].recall == 0 && metrics.classes[2].f1 == 0)
        #expect(metrics.classes.map(\.occurs) == [true, true, true, false])
        #expect(abs(metrics.macroRecall - (0.75 + 0.6) / 3) < 1e-12)
        #expect(abs(metrics.macroPrecision - (precision + 0.6) / 3) < 1e-12)
        #expect(metrics.macroAUC == 0.75)
    }

    /// A network with random weights: every figure of its evaluation, from its outputs.
    @Test func anEvaluationCountsItsOutputs() throws {
        let values = Noise.values(90 * 4, seed: 8)
        let labels = (0..<90).map { Int32($0 % 7 % 3) }
        let data = try FloatDataset(
            name: "noise", shape: [4], values: values, classes: ["a", "b", "c"], labels: labels)
        let model = try Model(input: [4], seed: 4) { Dense(3); Softmax() }
        let outputs = try FloatEngine(model, batch: 16, threads: 1).run(values)
        let rows = stride(from: 0, to: outputs.count, by: 3).map { Array(outputs[$0..<$0 + 3]) }
        let evaluation = try model.evaluate(on: data, batch: 16, threads: 1, detailed: true)
        let metrics = try #require(evaluation.classification)
        for index in 0..<3 {
            let answered = rows.indices.filter { rows[$0].firstIndex(of: rows[$0].max()!) == index }
            let actual = rows.indices.filter { Int(labels[$0]) == index }
            let right = Set(answered).intersection(actual).count
            #expect(metrics.classes[index].precision == (answered.isEmpty ? 0 : Double(right) / Double(answered.count)))
            #expect(metrics.classes[index].recall == Double(right) / Double(actual.count))
            let auc = try #require(pairwise(rows.map { $0[index] }, labels.map { Int($0) == index }))
            #expect(abs(try #require(metrics.classes[index].auc) - auc) < 1e-12)
        }
        for k in 1...3 {
            let found = rows.indices.filter { row in
                rows[row].indices.sorted { rows[row][$0] > rows[row][$1] }.prefix(k).contains(Int(labels[row]))
            }
            #expect(evaluation.topAccuracies![k - 1] == Double(found.count) / 90)
        }
        #expect(evaluation.topAccuracies![0] == evaluation.accuracy)
        #expect(try model.evaluate(on: data, threads: 1).classification == nil)
    }

    @Test func oneOutputIsTheScoreOfTheSecondClass() throws {
        let data = try FloatDataset(
            name: "line", shape: [1], values: [-2, -1, 1, 2, 3], classes: ["no", "yes"], labels: [0, 1, 0, 1, 1])
        var model = try Model(input: [1], metadata: Metadata(task: .binary)) { Dense(1, name: "d"); Sigmoid() }
        model.parameters["d.weight"]!.values = [1]
        let metrics = try #require(try model.evaluate(on: data, threads: 1, detailed: true).classification)
        // Of six pairs, (-1, 1) is wrong.
        for one in metrics.classes { #expect(abs(try #require(one.auc) - 5.0 / 6) < 1e-12) }
        let (no, yes) = (metrics.classes[0], metrics.classes[1])
        #expect(abs(yes.precision - 2.0 / 3) < 1e-12)
        #expect(abs(yes.recall - 2.0 / 3) < 1e-12)
        #expect(no.precision == 0.5 && no.recall == 0.5)
    }
}
