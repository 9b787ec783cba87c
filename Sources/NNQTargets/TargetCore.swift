// SPDX-License-Identifier: Apache-2.0
// The cores that models are made for.

import Foundation
import NNQFormat

/// A core, or any machine with a C compiler.
public enum TargetCore: String, CaseIterable, Sendable {
    case portable
    case cortexM0 = "cortex-m0"
    case cortexM3 = "cortex-m3"
    case cortexM4 = "cortex-m4"
    case cortexM7 = "cortex-m7"
    case cortexM33 = "cortex-m33"
    case cortexM55 = "cortex-m55"
    case rv32imac

    /// - Throws: `FormatError` with the list of targets.
    public init(named name: String) throws {
        guard let core = TargetCore(rawValue: name) else {
            let known = TargetCore.allCases.map(\.rawValue).joined(separator: ", ")
            throw FormatError.program("'\(name)' is not a target; targets are \(known)")
        }
        self = core
    }

    /// Its instruction set as kernels.def and shape.h name it; nil where only portable C runs.
    public var instructionSet: String? {
        switch self {
        case .portable: nil
        case .cortexM0: "ARMV6M"
        case .cortexM3: "ARMV7M"
        case .cortexM4, .cortexM7, .cortexM33: "DSP"
        case .cortexM55: "MVE"
        case .rv32imac: "RV32"
        }
    }

    /// The compiler that is meant where none is named; nil for the machine's own.
    public var compiler: String? {
        switch self {
        case .portable: nil
        case .rv32imac: "riscv64-unknown-elf-gcc"
        default: "arm-none-eabi-gcc"
        }
    }

    /// What that compiler has to be told.
    public var flags: [String] {
        switch self {
        case .portable: []
        case .cortexM4: ["-mcpu=cortex-m4", "-mthumb"]
        case .cortexM7: ["-mcpu=cortex-m7", "-mthumb"]
        case .cortexM33: ["-mcpu=cortex-m33", "-mthumb"]
        case .cortexM55: ["-mcpu=cortex-m55", "-mthumb", "-mfloat-abi=hard"]
        case .cortexM0: ["-mcpu=cortex-m0", "-mthumb"]
        case .cortexM3: ["-mcpu=cortex-m3", "-mthumb"]
        case .rv32imac: ["-march=rv32imac", "-mabi=ilp32"]
        }
    }
}
