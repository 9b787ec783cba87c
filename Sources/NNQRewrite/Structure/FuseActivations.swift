// SPDX-License-Identifier: Apache-2.0
// Tables go into the ops before them, and ops of two inputs of which one is constant become tables.

import NNQFormat

extension Program {
    mutating func fuseActivations(_ note: Note) {
        var ranges = channelRanges()
        for index in operations.indices { turnIntoTable(index, ranges, note) }
        var index = 0
        while index < operations.count {
            if !removeTable(index, &ranges, note) { index += 1 }
        }
    }

    // MARK: Ops of two inputs

    /// An op of a tensor and of something that is the same for every element is a table.
    private mutating func turnIntoTable(_ index: Int, _ ranges: [[ChannelRange]], _ note: Note) {
        guard let pair = PairArithmetic(self, index) else { return }
        let (a, b) = (operations[index].inputs[0], operations[index].inputs[1])
        let output = tensors[output(of: index)]
        let values: [Int]
        let input: Int
        if let value = ranges[b].commonValue, tensors[a].hasShape(of: output) {
            (input, values) = (a, (-128...127).map { pair($0, value) })
        } else if let value = ranges[a].commonValue, tensors[b].hasShape(of: output) {
            (input, values) = (b, (-128...127).map { pair(value, $0) })
        } else {
            return
        }
        note(name(of: index), "\(operations[index].operation.name) with a constant became a table")
        operations[index] = ProgramOperation(.table(values.map { Int8($0) }), inputs: [input])
    }

    // MARK: Tables

    /// Takes a table out that does nothing or that the op before it can do, and its place in `ranges`. False where
    /// there is none.
    private mutating func removeTable(_ index: Int, _ ranges: inout [[ChannelRange]], _ note: Note) -> Bool {
        guard case .table(let values) = operations[index].operation else { return false }
        let source = operations[index].inputs[0]
        let name = name(of: index)
        let isSameScale = tensors[source].zeroPoint == tensors[output(of: index)].zeroPoint
        let range = ranges[source].reduce(nil) { $0?.joined($1) ?? $1 }!
        if isSameScale, (range.low...range.high).allSatisfy({ Int(values[$0 + 128]) == $0 }),
            bypass(index, to: source)
        {
            ranges.remove(at: output(of: index))
            note(name, "the table changes nothing")
            return true
        }
        guard isRead(source, onlyBy: index), let producer = producer(of: source) else { return false }
        if case .table(let inner) = operations[producer].operation {
            absorb(index, into: producer, as: .table(inner.map { values[Int($0) + 128] }))
            ranges[source] = ranges.remove(at: output(of: index))
            note(name, "two tables became one")
            return true
        }
        if isSameScale, let limits = clampLimits(values, range),
            let clamped = operations[producer].operation.clamped(to: limits)
        {
            absorb(index, into: producer, as: clamped)
            ranges[source] = ranges.remove(at: output(of: index))
            note(name, "became output limits")
            return true
        }
        return false
    }

    /// The limits for which a table is a clamp wherever its input can be, or nil.
    private func clampLimits(_ values: [Int8], _ range: ChannelRange) -> ClosedRange<Int32>? {
        let (low, high) = (values[range.low + 128], values[range.high + 128])
        guard low <= high else { return nil }
        let isClamp = (range.low...range.high).allSatisfy { q in
            Int(values[q + 128]) == min(max(q, Int(low)), Int(high))
        }
        return isClamp ? Int32(low)...Int32(high) : nil
    }
}

extension [ChannelRange] {
    /// The one value of all channels, or nil.
    fileprivate var commonValue: Int? { Set(self).count == 1 ? self[0].constant : nil }
}
