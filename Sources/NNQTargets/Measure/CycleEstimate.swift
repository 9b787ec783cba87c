// SPDX-License-Identifier: Apache-2.0
// Cycles from counts of instructions, by the timing tables that the cores' makers publish.

import NNQFormat

/// An estimate: memory without wait states, no waiting for operands but where a table charges for it.
public struct CycleEstimate: Sendable {
    /// The table that is used, and what it leaves open.
    public let source: String
    /// Cycles beside one for every instruction.
    private let extra: @Sendable (InstructionCounts) -> Int

    public func cycles(_ counts: InstructionCounts) -> Int { counts.instructions + extra(counts) }

    public init(_ core: TargetCore) {
        switch core {
        case .cortexM0:
            source = "Cortex-M0 TRM (DDI 0432C), table 3-1; multiplier of one cycle"
            extra = { $0.loads + $0.stores + 2 * $0.takenBranches + $0.calls }
        case .cortexM23:
            source = "Cortex-M0's table, for Arm publishes none"
            extra = { $0.loads + $0.stores + 2 * $0.takenBranches + $0.calls }
        case .cortexM3:
            source = "Cortex-M3 TRM (DDI 0337I), table 3-1; pipeline refill 2, long multiplies 4, divides 7"
            extra = { Self.armv7m($0) + $0.multiplyAdds + 3 * $0.longMultiplies }
        case .cortexM4:
            source = "Cortex-M4 TRM (100166), table 3-1; pipeline refill 2, divides 7"
            extra = Self.armv7m
        case .cortexM7:
            source = "Cortex-M4's table, for Arm publishes none: the M7 issues two instructions at once where it can"
            extra = Self.armv7m
        case .cortexM33:
            source = "Cortex-M4's table, for Arm publishes none"
            extra = Self.armv7m
        case .cortexM55:
            source = "Cortex-M4's table, and for Helium two cycles an instruction, which overlap by one where memory and "
                + "arithmetic alternate (Arm's Helium Programmer's Guide, 102102)"
            extra = { Self.armv7m($0) + $0.vectors - $0.vectorOverlaps }
        case .rv32imac, .portable:
            source = "Hazard3's table (the core of RP2350); divides 18, no load is waited for"
            extra = { $0.takenBranches + 17 * $0.divides }
        }
    }

    /// Loads take 1 + registers, one right behind another a cycle less; a store of one register takes 1, of several
    /// 1 + registers; a taken branch takes 3.
    private static func armv7m(_ counts: InstructionCounts) -> Int {
        counts.loads - counts.freeLoads + counts.stores - counts.singleStores + 2 * counts.takenBranches
            + 6 * counts.divides
    }
}
