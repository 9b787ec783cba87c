// SPDX-License-Identifier: Apache-2.0
// Constant channels that stay take requantization constants that pack as well as their neighbours'.

import NNQFormat

extension Program {
    mutating func normalizeConstantChannels(_ note: Note) {
        for index in operations.indices {
            guard var linear = LinearOperation(self, index) else { continue }
            let count = linear.normalizeConstants()
            if count == 0 { continue }
            note(name(of: index), "\(count) of \(linear.channels) channels took their neighbours' shift")
            operations[index].operation = linear.rebuilt
        }
    }
}

extension LinearOperation {
    /// 2^30, the smallest multiplier that packs in four bytes.
    private static let multiplier: Int32 = 1 << 30

    /// Gives channels without weights a shift that others of the op have too.
    /// - Returns: how many changed.
    fileprivate mutating func normalizeConstants() -> Int {
        let isConstant = (0..<channels).map { inputChannels(of: $0).isEmpty }
        let shifts = (0..<channels).filter { !isConstant[$0] }.map { block.shift[$0] }
        let least = shifts.min() ?? (requantizer.roundsTwice ? 31 : 40)
        // Records pack in four bytes where shifts differ by three at most.
        let allowed = least...max(shifts.max() ?? least, min(least + 3, 62))
        var count = 0
        for channel in 0..<channels where isConstant[channel] {
            let isLikeOthers = allowed.contains(block.shift[channel])
            if isLikeOthers && block.multiplier[channel] >= Self.multiplier { continue }
            if setConstant(channel, shifts: allowed) { count += 1 }
        }
        return count
    }

    /// Looks for a bias and a shift with which a channel without weights gives what it gives now.
    private mutating func setConstant(_ channel: Int, shifts: ClosedRange<UInt8>) -> Bool {
        let value = output(channel, Int(block.bias[channel]))
        for shift in shifts {
            // acc * 2^pre_shift * 2^30 / 2^shift = value - zero_point
            let power = Int(shift) - 30 - requantizer.preShift
            let difference = value - requantizer.zeroPoint
            let bias = power >= 0 ? difference << min(power, 40) : difference >> -power
            let left = requantizer.roundsTwice ? max(0, 31 - Int(shift)) : requantizer.preShift
            let isSafe = bias.magnitude <= UInt(Int32.max) >> left
            if isSafe, requantizer(bias, multiplier: Self.multiplier, shift: shift) == value {
                (block.bias[channel], block.multiplier[channel], block.shift[channel]) =
                    (Int32(bias), Self.multiplier, shift)
                return true
            }
        }
        return false
    }
}
