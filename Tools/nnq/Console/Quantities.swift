// SPDX-License-Identifier: Apache-2.0
// Amounts with the letters that people write.

import ArgumentParser

/// Bytes: 49152, 48K (of 1,024), 1.5M.
struct ByteCount: ExpressibleByArgument {
    let bytes: Int

    init?(argument: String) {
        guard let value = Quantity.value(argument, thousand: 1024) else { return nil }
        bytes = value
    }
}

/// A number of things: 2500000, 2500K (of 1,000), 2.5M.
struct Amount: ExpressibleByArgument {
    let count: Int

    init?(argument: String) {
        guard let value = Quantity.value(argument, thousand: 1000) else { return nil }
        count = value
    }
}

private enum Quantity {
    /// Above 0, with k or K, m or M at the end; nil for anything else.
    static func value(_ text: String, thousand: Double) -> Int? {
        let factor: Double =
            switch text.last {
            case "k", "K": thousand
            case "m", "M": thousand * thousand
            default: 1
            }
        guard let number = Double(factor == 1 ? text[...] : text.dropLast()), number > 0, number * factor < 1e15,
            text.allSatisfy({ $0.isNumber || $0 == "." || "kKmM".contains($0) })
        else { return nil }
        let value = Int((number * factor).rounded())
        return value > 0 ? value : nil
    }
}
