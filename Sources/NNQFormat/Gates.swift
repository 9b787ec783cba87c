// SPDX-License-Identifier: Apache-2.0
// The constants of lstm and gru: the weights of their gates, and how each gate's two sums are scaled.

/// What the gates of a recurrent op multiply and add (SPEC.md, section 5): each gate of each unit has a sum over the
/// input and a sum over the hidden state, scaled apart to 1/4096.
public struct Gates: Hashable, Sendable {
    /// `[units, gates, inputs + units]`: in each row the weights of the input, then those of the hidden state.
    public var filter: [Int8]
    /// `[gates, 2]`, 0 ... 2^31 - 1: of the sum over the input, of the sum over the hidden state.
    public var multiplier: [Int32]
    /// `[units, gates, 2]`.
    public var bias: [Int32]
    /// `[gates, 2]`, 1 ... 62.
    public var shift: [UInt8]

    public init(filter: [Int8], multiplier: [Int32], bias: [Int32], shift: [UInt8]) {
        self.filter = filter
        self.multiplier = multiplier
        self.bias = bias
        self.shift = shift
    }
}

extension Gates {
    /// As they lie in the data section.
    var bytes: [UInt8] {
        var bytes = filter.map { UInt8(bitPattern: $0) }
        bytes.pad(toMultipleOf: 4)
        bytes.append(littleEndian: multiplier)
        bytes.append(littleEndian: bias)
        return bytes + shift
    }

    /// Reads the gates of an op from its DATA field.
    init(_ bytes: [UInt8], at offset: Int32, gates: Int, inputs: Int, units: Int) {
        let rows = units * gates
        let block = Int(offset) + (rows * (inputs + units) + 3) / 4 * 4
        self.init(
            filter: bytes.numbers(at: Int(offset), count: rows * (inputs + units)),
            multiplier: bytes.numbers(at: block, count: 2 * gates),
            bias: bytes.numbers(at: block + 8 * gates, count: 2 * rows),
            shift: bytes.numbers(at: block + 8 * gates + 8 * rows, count: 2 * gates))
    }

    /// What there is of each constant, and what an op with these shapes needs.
    func lengths(gates: Int, inputs: Int, units: Int) -> [(String, Int, Int)] {
        [
            ("weights", filter.count, units * gates * (inputs + units)), ("multipliers", multiplier.count, 2 * gates),
            ("biases", bias.count, units * gates * 2), ("shifts", shift.count, 2 * gates),
        ]
    }

    /// The largest accumulator of each sum, with the shift to the left that scaling begins with.
    /// - Precondition: the lengths are those that the op needs.
    func bounds(inputs: Int, units: Int) -> [(bound: Int, left: Int)] {
        bias.indices.map { index in
            let isHidden = index % 2 == 1
            let first = index / 2 * (inputs + units) + (isHidden ? inputs : 0)
            let sum = filter[first..<first + (isHidden ? units : inputs)].reduce(0) { $0 + Int($1.magnitude) }
            return (Int(bias[index].magnitude) + 128 * sum, max(0, 31 - Int(shift[index % shift.count])))
        }
    }
}
