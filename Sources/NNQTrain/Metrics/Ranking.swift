// SPDX-License-Identifier: Apache-2.0
// How well scores rank: the area under the receiver operating characteristic, and a label's place among the scores.

/// Measures of scores that depend on their order alone.
public enum Ranking {
    /// The area under the receiver operating characteristic: the probability that a positive sample has a higher score
    /// than a negative one, equal scores counting a half. By ranks, a tie's samples sharing their mean rank (Mann and
    /// Whitney, 1947; Fawcett, "An introduction to ROC analysis", 2006), in O(n log n).
    /// - Parameters:
    ///   - scores: one a sample, higher for what looks positive; no NaN.
    ///   - isPositive: as many.
    /// - Returns: 0 to 1, or nil where no sample is positive or none is negative.
    public static func areaUnderCurve(scores: [Float], isPositive: [Bool]) -> Double? {
        precondition(scores.count == isPositive.count)
        let positives = isPositive.reduce(0) { $0 + ($1 ? 1 : 0) }
        let negatives = scores.count - positives
        guard positives > 0, negatives > 0 else { return nil }
        let order = scores.indices.sorted { scores[$0] < scores[$1] }
        var rankSum = 0.0
        var first = 0
        while first < order.count {
            var end = first + 1
            while end < order.count, scores[order[end]] == scores[order[first]] { end += 1 }
            // Ranks first + 1 ... end.
            let rank = Double(first + 1 + end) / 2
            for place in first..<end where isPositive[order[place]] { rankSum += rank }
            first = end
        }
        let least = Double(positives) * Double(positives + 1) / 2
        return (rankSum - least) / (Double(positives) * Double(negatives))
    }

    /// How many classes come before `label` when scores fall, 0 for the answer itself; of equal scores the lower class
    /// comes first, as in the answer.
    public static func place(of label: Int, in scores: [Float]) -> Int {
        var before = 0
        for (index, score) in scores.enumerated()
        where score > scores[label] || (score == scores[label] && index < label) { before += 1 }
        return before
    }
}
