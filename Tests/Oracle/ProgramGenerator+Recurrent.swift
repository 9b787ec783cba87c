// SPDX-License-Identifier: Apache-2.0
// Random ops that remember: in states, which are made before any op, or from constants on.

import CNNQ
import NNQFormat

/// States that wait for their op.
struct WaitingStates {
    let opcode: nnq_opcode
    let tensors: [Int]
}

extension ProgramGenerator {
    static let recurrent: [nnq_opcode] = [.NNQ_OP_LSTM, .NNQ_OP_GRU, .NNQ_OP_SVDF]

    /// Tensors that any op may read: what an op remembers is its own.
    var readable: [Int] {
        let updated = Set(operations.flatMap { $0.operation.updatesInputs ? $0.inputs.dropFirst() : [] })
        return tensors.indices.filter { ($0 < inputCount - stateCount || $0 >= inputCount) && !updated.contains($0) }
    }

    /// Adds the states of one op of that kind.
    mutating func addStates(of opcode: nnq_opcode) {
        let states = memories(of: opcode)
        waiting.append(WaitingStates(opcode: opcode, tensors: Array(tensors.count..<tensors.count + states.count)))
        tensors += states
        stateCount += states.count
        inputCount += states.count
    }

    /// What an op of that kind updates.
    private mutating func memories(of opcode: nnq_opcode) -> [ProgramTensor] {
        let units = 1 + below(6)
        switch opcode {
        case .NNQ_OP_LSTM:
            return [tensor([1, 1, units], zeroPoint: int8()), tensor([1, 1, units], zeroPoint: 0, .int16)]
        case .NNQ_OP_GRU:
            var hidden = tensor([1, 1 + below(2), units], zeroPoint: 0)
            var memory = tensor([1, 1, units], zeroPoint: 0, .int16)
            (hidden.quantization.scale, memory.quantization.scale) = (0x1p-7, 0x1p-15)
            return [hidden, memory]
        default:
            let type: ElementType = below(2) == 0 ? .int8 : .int16
            return [tensor([1, 1 + below(8), 1 + below(16)], zeroPoint: type == .int8 ? int8() : 0, type)]
        }
    }

    /// States that wait for an op of that kind, or constants.
    private mutating func takeMemories(of opcode: nnq_opcode) -> [Int] {
        if let place = waiting.firstIndex(where: { $0.opcode == opcode }) { return waiting.remove(at: place).tensors }
        return memories(of: opcode).map { memory in
            let bytes = (0..<memory.byteCount).map { _ in UInt8(below(256)) }
            operations.append(ProgramOperation(.constant(bytes: bytes), inputs: []))
            tensors.append(memory)
            return tensors.count - 1
        }
    }

    /// Appends an op that reads `input` and remembers.
    mutating func appendRecurrent(_ opcode: nnq_opcode, _ input: Int) -> Bool {
        let shape = shape(of: input)
        let most = opcode == .NNQ_OP_SVDF ? 1 : 100
        guard tensors[input].type == .int8, shape[0] == 1, shape[1] <= most, shape[2] <= 100 else { return false }
        let states = takeMemories(of: opcode)
        let first = tensors[states[0]]
        switch opcode {
        case .NNQ_OP_LSTM:
            let operation = Operation.lstm(lstmParameters(), gates(4, inputs: shape[2], units: first.channels))
            return push(
                operation, [input] + states, [1, shape[1], first.channels], zeroPoint: first.quantization.zeroPoint)
        case .NNQ_OP_GRU:
            let gates = gates(3, inputs: shape[2], units: first.channels)
            let operation = Operation.gru(resetAfter: first.width == 1, gates)
            guard push(operation, [input] + states, [1, shape[1], first.channels], zeroPoint: 0) else { return false }
            tensors[tensors.count - 1].quantization.scale = 0x1p-7
            return true
        default: return appendSVDF(input, states[0])
        }
    }

    private mutating func lstmParameters() -> nnq_lstm_params {
        var p = nnq_lstm_params()
        p.cell_exponent = Int32(below(4) == 0 ? below(45) - 42 : below(8) - 16)
        p.cell_clip = Int32(below(2) == 0 ? 32768 : below(32769))
        p.cell_multiplier = multiplier()
        p.cell_shift = Int32(below(8) == 0 ? 31 + below(32) : 43 + below(8))
        p.hidden_multiplier = multiplier()
        p.hidden_shift = Int32(below(8) == 0 ? 31 + below(32) : 51 + below(4))
        return p
    }

    private mutating func gates(_ count: Int, inputs: Int, units: Int) -> Gates {
        let rows = units * count
        let shifts = (0..<2 * count).map { index in shift(taps: index % 2 == 0 ? inputs : units, target: 13) }
        let biases = (0..<2 * rows).map { index in
            bias(taps: index % 2 == 0 ? inputs : units, shift: shifts[index % (2 * count)])
        }
        return Gates(
            filter: filter(rows * (inputs + units)), multiplier: (0..<2 * count).map { _ in multiplier() },
            bias: biases, shift: shifts.map(UInt8.init))
    }

    private mutating func appendSVDF(_ input: Int, _ state: Int) -> Bool {
        let (filters, inputs) = (tensors[state].width, tensors[input].channels)
        let isWide = tensors[state].type == .int16
        // Mostly of rank 1, so that there are several outputs.
        let rank = below(3) > 0 ? 1 : oneOf((1...filters).filter { filters % $0 == 0 })
        var p = nnq_svdf_params()
        p.rank = Int32(rank)
        p.state_multiplier = multiplier()
        p.state_shift = Int32(shift(taps: inputs, target: isWide ? 14 : 6))
        p.multiplier = multiplier()
        p.shift = Int32(below(8) == 0 ? 31 + below(32) : (isWide ? 52 : 37) + below(4))
        let limit = isWide ? (below(3) == 0 ? 32767 : 3000) : 127
        let constants = TimeFilters(
            filter: filter(filters * inputs),
            stateBias: (0..<filters).map { _ in bias(taps: inputs, shift: Int(p.state_shift)) },
            bias: (0..<filters / rank).map { _ in Int32(below(40001) - 20000) },
            time: (0..<tensors[state].count).map { _ in Int16(below(2 * limit + 1) - limit) },
            type: tensors[state].type)
        return push(.svdf(p, constants), [input, state], [1, 1, filters / rank], zeroPoint: int8())
    }

    /// A shift that brings a usual sum of so many products below 2^target, or any that the certificate allows.
    private mutating func shift(taps: Int, target: Int) -> Int {
        let room = Int.bitWidth - 1 - (Int(Int32.max) / (256 * 128 * taps)).leadingZeroBitCount
        let usual = 31 + 13 + (Int.bitWidth - taps.leadingZeroBitCount) / 2 - target + below(3)
        return min(max(below(8) == 0 ? 31 - room + below(32 + room) : usual, 31 - room), 62)
    }

    private mutating func bias(taps: Int, shift: Int) -> Int32 {
        let limit = (Int(Int32.max) >> max(0, 31 - shift)) - 128 * 128 * taps
        let usual = below(8) == 0 ? limit : min(limit, 20000)
        return Int32(below(2 * usual + 1) - usual)
    }
}

extension Operation {
    /// True where the op overwrites all of its inputs but the first.
    var updatesInputs: Bool {
        switch self {
        case .lstm, .gru, .svdf: true
        default: false
        }
    }
}
