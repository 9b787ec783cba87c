// SPDX-License-Identifier: Apache-2.0
// Finds a learning rate by trying rising ones.

import Foundation
import NNQData
import NNQGraph

/// The learning-rate range test (Smith, "Cyclical Learning Rates for Training Neural Networks", 2017): the rate rises
/// exponentially from step to step while the model learns, until the loss grows.
public struct LearningRateFinder: Sendable {
    /// How the model would be trained; the rate and its schedule play no part.
    public var options: TrainingOptions
    /// The rates of the first and the last step, the first above 0 and below the last.
    public var rates: ClosedRange<Double>
    /// Steps at most; at least 10.
    public var steps: Int

    public init(_ options: TrainingOptions, rates: ClosedRange<Double> = 1e-6...10, steps: Int = 200) {
        self.options = options
        self.rates = rates
        self.steps = steps
    }

    /// The steps' rates, spread evenly by their logarithms.
    var sweep: [Double] {
        (0..<steps).map { rates.lowerBound * pow(rates.upperBound / rates.lowerBound, Double($0) / Double(steps - 1)) }
    }

    /// Trains `model` on a data set with rising rates and suggests one; the model is left as it is.
    /// - Parameter progress: called after every step with its number, counted from 1; false ends the search.
    /// - Throws: `TrainError` where model, data and options do not fit, or the loss never fell.
    public func search(
        _ model: Model, on dataset: any Dataset, teacher: Model? = nil, progress: (Int) -> Bool = { _ in true }
    ) throws -> LearningRateSearch {
        guard rates.lowerBound > 0, rates.lowerBound < rates.upperBound, steps >= 10 else {
            throw TrainError("a search needs rates above 0 that rise, and at least 10 steps")
        }
        var course = try TrainingCourse(model, dataset, options: options, teacher: teacher)
        var points: [LearningRateSearch.Point] = []
        var smoother = Smoother()
        for (index, rate) in sweep.enumerated() {
            let value = try course.learn(rate: Float(rate))
            guard value.loss.isFinite else { break }
            points.append(.init(rate: rate, loss: value.loss, smoothed: smoother.add(value.loss)))
            if LearningRateSearch.isDiverging(points) || !progress(index + 1) { break }
        }
        return try LearningRateSearch(points)
    }
}

/// The mean of a series in which older values count ever less, without a bias towards 0 at its start.
private struct Smoother {
    private static let decay = 0.95
    private var sum = 0.0
    private var weight = 0.0

    mutating func add(_ value: Double) -> Double {
        sum = Self.decay * sum + (1 - Self.decay) * value
        weight = Self.decay * weight + (1 - Self.decay)
        return sum / weight
    }
}

/// What a search found.
public struct LearningRateSearch: Codable, Sendable, Equatable {
    /// One step.
    public struct Point: Codable, Sendable, Equatable {
        public var rate: Double
        /// The batch's loss before the step.
        public var loss: Double
        /// A moving mean of the losses so far.
        public var smoothed: Double
    }

    public var points: [Point]
    /// The rate at which the smoothed loss falls fastest, by the rate's logarithm.
    public var steepest: Double
    /// The rate at which the smoothed loss is least; training diverges soon above it.
    public var lowest: Double
    /// A peak rate to start with: the geometric mean of `steepest` and a tenth of `lowest`.
    public var suggestion: Double

    /// Steps on either side that a slope is measured over.
    private static let reach = 5

    /// True once the smoothed loss is four times its least value.
    static func isDiverging(_ points: [Point]) -> Bool {
        guard points.count > 2 * reach, let least = points.map(\.smoothed).min() else { return false }
        return points[points.count - 1].smoothed > 4 * least
    }

    init(_ points: [Point]) throws {
        self.points = points
        let lowestIndex = points.indices.min { points[$0].smoothed < points[$1].smoothed } ?? 0
        let slopes = points.indices.dropFirst(Self.reach).dropLast(Self.reach).filter { $0 <= lowestIndex }.map {
            (index: $0, slope: points[$0 + Self.reach].smoothed - points[$0 - Self.reach].smoothed)
        }
        guard let best = slopes.min(by: { $0.slope < $1.slope }), best.slope < 0 else {
            throw TrainError("the loss never fell at any learning rate: check the data and the network")
        }
        steepest = points[best.index].rate
        lowest = points[lowestIndex].rate
        suggestion = (steepest * lowest / 10).squareRoot()
    }
}
