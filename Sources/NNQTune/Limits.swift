// SPDX-License-Identifier: Apache-2.0
// What a model may cost and lose.

import Foundation

/// Upper limits; nil where there is none.
public struct Limits: Hashable, Codable, Sendable {
    /// As `Drop.value`.
    public var drop: Double?
    /// Bytes, as `Cost.ram` and `Cost.flash`.
    public var ram: Int?
    public var flash: Int?
    public var instructions: Int?

    public init(drop: Double? = nil, ram: Int? = nil, flash: Int? = nil, instructions: Int? = nil) {
        (self.drop, self.ram, self.flash, self.instructions) = (drop, ram, flash, instructions)
    }

    func allowsDrop(_ outcome: Outcome) -> Bool { drop.map { outcome.drop.value <= $0 } ?? true }

    func allowsRAM(_ outcome: Outcome) -> Bool { ram.map { outcome.cost.ram <= $0 } ?? true }

    func allowsFlash(_ outcome: Outcome) -> Bool { flash.map { outcome.cost.flash <= $0 } ?? true }

    func allowsInstructions(_ outcome: Outcome) -> Bool {
        instructions.map { (outcome.cost.instructions ?? 0) <= $0 } ?? true
    }

    public func allows(_ outcome: Outcome) -> Bool { violations(outcome).isEmpty }

    /// What an outcome exceeds, in words; empty where nothing.
    public func violations(_ outcome: Outcome) -> [String] {
        var words: [String] = []
        if let drop, !allowsDrop(outcome) {
            words.append(String(format: "drops %.2f, not %.2f", outcome.drop.value, drop))
        }
        if let ram, !allowsRAM(outcome) { words.append("\(outcome.cost.ram) bytes of RAM, not \(ram)") }
        if let flash, !allowsFlash(outcome) { words.append("\(outcome.cost.flash) bytes of flash, not \(flash)") }
        if let instructions, !allowsInstructions(outcome) {
            words.append("\(outcome.cost.instructions ?? 0) instructions, not \(instructions)")
        }
        return words
    }
}
