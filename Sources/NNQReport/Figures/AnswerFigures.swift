// SPDX-License-Identifier: Apache-2.0
// How well float and int8 answer the same samples.

import NNQGraph
import NNQQuantize

/// Accuracy of two classifiers, and where they differ.
public struct AnswerFigures: Hashable, Codable, Sendable {
    public var pairs: PairedAnswers
    /// Samples to which both give the same answer, right or wrong.
    public var agreement: Proportion
    public var classes: [String]
    /// `[actual][answered]`, in samples; nil where several answers are right at once.
    public var floatConfusion: [[Int]]?
    public var int8Confusion: [[Int]]?

    enum CodingKeys: String, CodingKey {
        case pairs, agreement, classes
        case floatConfusion = "float_confusion"
        case int8Confusion = "int8_confusion"
        case float, int8, difference, mcnemar
        case floatInterval = "float_interval"
        case int8Interval = "int8_interval"
        case differenceInterval = "difference_interval"
    }

    init(_ pairs: PairedAnswers, agreement: Proportion, classes: [String], confusion: (float: [[Int]], int8: [[Int]])?)
    {
        self.pairs = pairs
        self.agreement = agreement
        self.classes = classes
        floatConfusion = confusion?.float
        int8Confusion = confusion?.int8
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        pairs = try container.decode(PairedAnswers.self, forKey: .pairs)
        agreement = try container.decode(Proportion.self, forKey: .agreement)
        classes = try container.decode([String].self, forKey: .classes)
        floatConfusion = try container.decodeIfPresent([[Int]].self, forKey: .floatConfusion)
        int8Confusion = try container.decodeIfPresent([[Int]].self, forKey: .int8Confusion)
    }

    /// With what follows from the counts, for programs that read it.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(pairs, forKey: .pairs)
        try container.encode(agreement, forKey: .agreement)
        try container.encode(classes, forKey: .classes)
        try container.encodeIfPresent(floatConfusion, forKey: .floatConfusion)
        try container.encodeIfPresent(int8Confusion, forKey: .int8Confusion)
        try container.encode(pairs.float.value, forKey: .float)
        try container.encode(pairs.float.interval, forKey: .floatInterval)
        try container.encode(pairs.int8.value, forKey: .int8)
        try container.encode(pairs.int8.interval, forKey: .int8Interval)
        try container.encode(pairs.difference, forKey: .difference)
        try container.encode(pairs.differenceInterval, forKey: .differenceInterval)
        try container.encode(pairs.mcNemar, forKey: .mcnemar)
    }
}

/// Errors of two models whose outputs are numbers, over all outputs and samples.
public struct ValueFigures: Hashable, Codable, Sendable {
    /// Mean absolute error and root of the mean squared error.
    public struct Errors: Hashable, Codable, Sendable {
        public var mae: Double
        public var rmse: Double

        public init(mae: Double, rmse: Double) { (self.mae, self.rmse) = (mae, rmse) }
    }

    public var samples: Int
    /// From the targets.
    public var float: Errors
    public var int8: Errors
    /// Of int8 from float.
    public var difference: Errors

    public init(samples: Int, float: Errors, int8: Errors, difference: Errors) {
        (self.samples, self.float, self.int8, self.difference) = (samples, float, int8, difference)
    }
}

/// Adds up one of the two, sample by sample.
struct AnswerTally {
    private let task: NNQGraph.Task
    private let classes: [String]
    private(set) var samples = 0
    private var pairs = PairedAnswers()
    private var agreeing = 0
    private var confusion: (float: [[Int]], int8: [[Int]])?
    private var errors = (float: ErrorSum(), int8: ErrorSum(), difference: ErrorSum())

    /// - Parameters:
    ///   - outputs: of the model.
    ///   - classes: their names; made up where there are none.
    init(_ task: NNQGraph.Task, outputs: Int, classes: [String]) {
        self.task = task
        let count = outputs == 1 ? 2 : outputs
        self.classes = classes.count == count ? classes : (0..<count).map(String.init)
        guard task == .classification || outputs == 1 && task == .binary else { return }
        let empty = Array(repeating: Array(repeating: 0, count: count), count: count)
        confusion = (empty, empty)
    }

    mutating func add(_ float: [Float], _ int8: [Float], target: FloatBatch.Target) {
        samples += 1
        let wanted = target.values(float.count)
        if task == .regression {
            errors.float.add(float, wanted)
            errors.int8.add(int8, wanted)
            errors.difference.add(int8, float)
            return
        }
        let (right, first, second) = (task.answer(wanted), task.answer(float), task.answer(int8))
        pairs.add(float: first == right, int8: second == right)
        agreeing += first == second ? 1 : 0
        confusion?.float[right[0]][first[0]] += 1
        confusion?.int8[right[0]][second[0]] += 1
    }

    /// Nil for regression.
    var answers: AnswerFigures? {
        guard task != .regression, samples > 0 else { return nil }
        return AnswerFigures(
            pairs, agreement: Proportion(agreeing, of: samples), classes: classes, confusion: confusion)
    }

    /// Nil where outputs are answers.
    var values: ValueFigures? {
        guard task == .regression, samples > 0 else { return nil }
        return ValueFigures(
            samples: samples, float: errors.float.errors, int8: errors.int8.errors,
            difference: errors.difference.errors)
    }
}

private struct ErrorSum {
    private var count = 0
    private var absolute = 0.0
    private var squared = 0.0

    mutating func add(_ values: [Float], _ wanted: [Float]) {
        for (value, target) in zip(values, wanted) {
            let error = Double(value) - Double(target)
            absolute += abs(error)
            squared += error * error
        }
        count += values.count
    }

    var errors: ValueFigures.Errors {
        ValueFigures.Errors(mae: absolute / Double(count), rmse: (squared / Double(count)).squareRoot())
    }
}
