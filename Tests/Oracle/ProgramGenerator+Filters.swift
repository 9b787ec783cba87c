// SPDX-License-Identifier: Apache-2.0
// Random filters and requantization blocks that an overflow certificate allows.

import NNQFormat

extension ProgramGenerator {
    /// Weights in -127 ... 127: uniform, only the extremes, small, or all zero.
    mutating func filter(_ count: Int) -> [Int8] {
        let style = below(8)
        return (0..<count).map { _ in
            switch style {
            case 0: below(2) == 0 ? -127 : 127
            case 1: 0
            case 2, 3: Int8(below(7) - 3)
            default: Int8(below(255) - 127)
            }
        }
    }

    /// Rounding, pre-shift and a block for channels whose `sum |w|` is given.
    mutating func requantization(sums: [Int], taps: Int) -> (rounding: Int32, preShift: Int32, Requantization) {
        let rounding = Int32(below(2))
        let largest = 128 * (sums.max() ?? 0) + 1
        let room = max(0, Int.bitWidth - 1 - (Int(Int32.max) / largest).leadingZeroBitCount)
        let preShift = rounding == 0 && below(2) == 0 ? below(min(room, 31) + 1) : 0
        var block = Requantization(bias: [], multiplier: [], shift: [])
        for sum in sums {
            let multiplier = multiplier()
            var shift = shift(multiplier, preShift: preShift, taps: taps)
            if rounding == 1 {
                let left = min(room, 30)
                shift = below(3) == 0 ? 31 - below(left + 1) : max(shift - 2, 31 - left)
            }
            let scale = rounding == 0 ? preShift : max(0, 31 - shift)
            block.multiplier.append(multiplier)
            block.shift.append(UInt8(shift))
            block.bias.append(bias(limit: (Int(Int32.max) >> scale) - 128 * sum))
        }
        return (rounding, Int32(preShift), block)
    }

    /// Half of the time the shift that brings a usual accumulator into int8, else any of 33 ... 62.
    private mutating func shift(_ multiplier: Int32, preShift: Int, taps: Int) -> Int {
        if below(3) == 0 { return 33 + below(30) }
        let magnitude = Int(multiplier) * max(1, taps)
        let bits = Int.bitWidth - magnitude.leadingZeroBitCount + preShift
        return min(max(bits + 4 + below(5), 33), 62)
    }

    /// A bias of at most this magnitude; now and then exactly as large.
    private mutating func bias(limit: Int) -> Int32 {
        switch below(6) {
        case 0: Int32(below(2) == 0 ? limit : -limit)
        case 1: Int32(truncatingIfNeeded: Int(rng.next() % UInt64(2 * limit + 1)) - limit)
        default: Int32(below(2 * min(limit, 20000) + 1) - min(limit, 20000))
        }
    }
}
