// SPDX-License-Identifier: Apache-2.0
// The cores that models are packed and compiled for.

/// Instruction sets that have kernels of their own.
public enum InstructionSet: String, CaseIterable, Sendable {
    /// Armv7E-M, and Armv8-M with the DSP extension.
    case dsp = "DSP"
    /// Armv8.1-M with Helium.
    case mve = "MVE"
    case armv7m = "ARMV7M"
    case armv6m = "ARMV6M"
    case rv32 = "RV32"
    /// None: C for every core, with weights of 4 bits.
    case int4 = "INT4"

    /// Whether a core runs this set's kernels.
    public func runs(on core: TargetCore) -> Bool { self == .int4 || self == core.instructionSet }
}

/// A processor core by the name that `--target` takes; `portable` stands for any that C99 can be compiled for.
public enum TargetCore: String, CaseIterable, Sendable {
    case portable
    case cortexM0 = "cortex-m0"
    case cortexM3 = "cortex-m3"
    case cortexM4 = "cortex-m4"
    case cortexM7 = "cortex-m7"
    case cortexM23 = "cortex-m23"
    case cortexM33 = "cortex-m33"
    case cortexM55 = "cortex-m55"
    case rv32imac

    /// Nil for a core that runs portable C.
    public var instructionSet: InstructionSet? {
        switch self {
        case .portable: nil
        case .cortexM0, .cortexM23: .armv6m
        case .cortexM3: .armv7m
        case .cortexM4, .cortexM7, .cortexM33: .dsp
        case .cortexM55: .mve
        case .rv32imac: .rv32
        }
    }
}
