// SPDX-License-Identifier: Apache-2.0
// A search as lines while it goes on, and its end as a table, a picture and one JSON object.

import Foundation
import NNQBase
import NNQReport
import NNQTune

struct TuneReport {
    let limits: Limits
    let output: String
    let picture: String
    /// Whether instructions are known.
    let isMeasured: Bool
    let isRegression: Bool

    private struct Result: Encodable {
        let output: String?
        let picture: String
        let limits: Limits
        let chosen: Named?
        let front: [Named]
        let tried: [Named]
    }

    private struct Named: Encodable {
        let name: String
        let outcome: Outcome

        init(_ outcome: Outcome) { (name, self.outcome) = (outcome.candidate.name, outcome) }
    }

    func tell(_ event: TuneEvent) {
        switch event {
        case .reason(let text): Console.say("- \(text)")
        case .tried(let outcome):
            let cost = outcome.cost
            let counted = cost.instructions.map { ", \(grouped($0)) instructions" } ?? ""
            Console.say(
                "\(outcome.candidate.name): drops \(Self.text(outcome.drop)), flash \(grouped(cost.flash)), "
                    + "RAM \(grouped(cost.ram))\(counted)")
        }
    }

    /// - Parameter choice: one of `outcomes`.
    func end(_ outcomes: [Outcome], _ choice: Outcome?, title: String, json: Bool) throws {
        let front = outcomes.front
        try WholeFile.write(Array(chart(outcomes, front, choice, title).svg.utf8), to: picture)
        guard !json else {
            return try Console.emit(
                Result(
                    output: choice.map { _ in output }, picture: picture, limits: limits,
                    chosen: choice.map(Named.init), front: front.map(Named.init), tried: outcomes.map(Named.init)))
        }
        table(front + (choice.map { front.contains($0) ? [] : [$0] } ?? []), choice).forEach(Console.print)
        Console.print("\(picture): the picture")
        if let choice { Console.print("\(output): \(choice.candidate.name)") }
    }

    private func table(_ rows: [Outcome], _ choice: Outcome?) -> [String] {
        let counts = isMeasured ? ["instructions"] : []
        var table = Table(
            ["", "drop", "check", "flash", "RAM"] + counts + [""], rightAligned: Set(1...4 + counts.count))
        for row in rows {
            let cost = row.cost
            let verdict = row == choice ? "chosen" : limits.violations(row).joined(separator: ", ")
            table.add(
                [
                    row.candidate.name, Self.text(row.drop), row.check.map(Self.text) ?? "", grouped(cost.flash),
                    grouped(cost.ram),
                ] + (isMeasured ? [cost.instructions.map(grouped) ?? ""] : []) + [verdict])
        }
        return [""] + table.lines + [""]
    }

    /// The picture's costs are instructions where these are limited, else flash.
    private func chart(_ outcomes: [Outcome], _ front: [Outcome], _ choice: Outcome?, _ title: String) -> FrontChart {
        let counts = limits.instructions != nil
        let points = outcomes.map { outcome in
            FrontChart.Point(
                name: outcome.candidate.name,
                cost: Double(counts ? outcome.cost.instructions ?? 0 : outcome.cost.flash), drop: outcome.drop.value,
                error: outcome.drop.standardError, isOnFront: front.contains(outcome), isChosen: outcome == choice)
        }
        return FrontChart(
            title: title, costName: counts ? "instructions" : "bytes of flash",
            dropName: isRegression ? "percent that the RMSE grows" : "points of accuracy that are lost", points: points,
            costLimit: (counts ? limits.instructions : limits.flash).map(Double.init), dropLimit: limits.drop)
    }

    /// What the nearest misses lack.
    func shortfall(_ outcomes: [Outcome]) -> String {
        let nearest = outcomes.min { limits.violations($0).count < limits.violations($1).count }
        guard let nearest else { return "nothing was tried" }
        return "nothing is within the limits. Nearest, \(nearest.candidate.name): "
            + limits.violations(nearest).joined(separator: ", ") + ". Loosen a limit, or make the network smaller"
    }

    /// 0.05 ± 0.03.
    private static func text(_ drop: Drop) -> String {
        let value = String(format: "%.2f", drop.value)
        return drop.standardError > 0 ? value + String(format: " ± %.2f", drop.standardError) : value
    }
}
