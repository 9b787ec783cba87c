// SPDX-License-Identifier: Apache-2.0
// The constants of svdf: filters over the input, and filters over what they gave in the past.

/// What svdf multiplies and adds (SPEC.md, section 5). Each unit has `rank` filters.
public struct TimeFilters: Hashable, Sendable {
    /// `[filters, inputs]`.
    public var filter: [Int8]
    /// One a filter, with the input's zero point folded in.
    public var stateBias: [Int32]
    /// One a unit, with the state's zero point folded in.
    public var bias: [Int32]
    /// `[filters, memory]`, the oldest first; of the state's type.
    public var time: [Int16]
    /// The type of the state, `int8` or `int16`.
    public var type: ElementType

    public init(filter: [Int8], stateBias: [Int32], bias: [Int32], time: [Int16], type: ElementType) {
        self.filter = filter
        self.stateBias = stateBias
        self.bias = bias
        self.time = time
        self.type = type
    }
}

extension TimeFilters {
    /// As they lie in the data section.
    var bytes: [UInt8] {
        var bytes = filter.map { UInt8(bitPattern: $0) }
        bytes.pad(toMultipleOf: 4)
        bytes.append(littleEndian: stateBias)
        bytes.append(littleEndian: bias)
        if type == .int16 {
            bytes.append(littleEndian: time)
        } else {
            bytes += time.map { UInt8(truncatingIfNeeded: $0) }
        }
        return bytes
    }

    /// Reads the constants of an op from its DATA field.
    /// - Parameter state: 1 x filters x memory.
    init(_ bytes: [UInt8], at offset: Int32, inputs: Int, units: Int, state: ProgramTensor) {
        let filters = state.width
        let block = Int(offset) + (filters * inputs + 3) / 4 * 4
        let time = block + 4 * (filters + units)
        self.init(
            filter: bytes.numbers(at: Int(offset), count: filters * inputs),
            stateBias: bytes.numbers(at: block, count: filters),
            bias: bytes.numbers(at: block + 4 * filters, count: units),
            time: state.type == .int16
                ? bytes.numbers(at: time, count: state.count)
                : bytes.numbers(at: time, count: state.count, as: Int8.self).map(Int16.init), type: state.type)
    }

    /// What there is of each constant, and what an op with these shapes needs.
    func lengths(inputs: Int, units: Int, state: ProgramTensor) -> [(String, Int, Int)] {
        [
            ("weights", filter.count, state.width * inputs), ("biases of filters", stateBias.count, state.width),
            ("biases", bias.count, units), ("weights of the past", time.count, state.count),
        ]
    }

    /// The largest accumulator of each filter over the input.
    /// - Precondition: the lengths are those that the op needs.
    func bounds(inputs: Int) -> [Int] {
        stateBias.indices.map { index in
            let weights = filter[index * inputs..<(index + 1) * inputs]
            return Int(stateBias[index].magnitude) + 128 * weights.reduce(0) { $0 + Int($1.magnitude) }
        }
    }
}
