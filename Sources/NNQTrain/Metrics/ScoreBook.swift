// SPDX-License-Identifier: Apache-2.0
// Every sample's scores and class, kept for metrics that need them all at once.

/// Scores of classified samples: `classes` floats each.
package struct ScoreBook: Sendable {
    private let classes: Int
    private var scores: [Float] = []
    private var labels: [Int32] = []
    /// By place of the right class among the scores (0 is a right answer): samples.
    private var places: [Int]

    /// - Parameter classes: at least 2; a single output is the score of class 1.
    init(classes: Int) {
        self.classes = classes
        places = Array(repeating: 0, count: classes)
    }

    mutating func add(_ outputs: [Float], label: Int) {
        let outputs = outputs.count == 1 ? [1 - outputs[0], outputs[0]] : outputs
        scores += outputs
        labels.append(Int32(label))
        places[Ranking.place(of: label, in: outputs)] += 1
    }

    mutating func add(_ other: ScoreBook) {
        scores += other.scores
        labels += other.labels
        for index in places.indices { places[index] += other.places[index] }
    }

    /// Each class against the rest.
    var aucs: [Double?] {
        (0..<classes).map { wanted in
            Ranking.areaUnderCurve(
                scores: labels.indices.map { scores[$0 * classes + wanted] }, isPositive: labels.map { $0 == wanted })
        }
    }

    /// `result[k]`: the part of the samples whose class is among the k + 1 highest scores.
    var topAccuracies: [Double] {
        var found = 0
        return places.map { count in
            found += count
            return Double(found) / Double(max(1, labels.count))
        }
    }
}
