// SPDX-License-Identifier: Apache-2.0
// The ops that remember, straight from section 5 of SPEC.md.

import CNNQ
import NNQFormat

extension Oracle {
    /// What a recurrent op writes and leaves behind.
    struct Recollection {
        let output: Map
        /// Inputs from the second on, as they are after the op.
        let updated: [Map]
    }

    /// - Returns: nil for ops that update nothing.
    static func remember(_ operation: Operation, _ inputs: [Map], _ shape: ProgramTensor) throws -> Recollection? {
        switch operation {
        case .lstm(let p, let gates):
            let sums = try GateSums(gates, count: 4, inputs, shape)
            return try sequence(inputs, shape) { x, hidden, cell in
                try lstmStep(p, sums, x, hidden, cell, zeroPoint: Int(shape.quantization.zeroPoint))
            }
        case .gru(let resetAfter, let gates):
            guard shape.quantization == Quantization(scale: 0x1p-7, zeroPoint: 0) else { throw OracleError("scale") }
            let sums = try GateSums(gates, count: 3, inputs, shape)
            return try sequence(inputs, shape) { x, hidden, memory in
                try gruStep(sums, x, hidden, memory, resetAfter: resetAfter)
            }
        case .svdf(let p, let filters): return try svdf(inputs, shape, p, filters)
        default: return nil
        }
    }

    /// The state between two steps: int8 columns, and int16.
    private typealias Memory = (hidden: [Int], memory: [Int])

    private static func sequence(
        _ inputs: [Map], _ shape: ProgramTensor, _ step: (_ x: [Int], _ hidden: [Int], _ memory: [Int]) throws -> Memory
    ) throws -> Recollection {
        let width = inputs[0].shape.channels
        var state: Memory = (inputs[1].values, inputs[2].values)
        var output: [Int] = []
        for t in 0..<shape.width {
            state = try step(Array(inputs[0].values[t * width..<(t + 1) * width]), state.hidden, state.memory)
            output += state.hidden.prefix(shape.channels)
        }
        return Recollection(
            output: try Map(shape, values: output),
            updated: [
                try Map(inputs[1].shape, values: state.hidden), try Map(inputs[2].shape, values: state.memory),
            ])
    }

    private static func lstmStep(
        _ p: nnq_lstm_params, _ sums: GateSums, _ x: [Int], _ hidden: [Int], _ cell: [Int], zeroPoint: Int
    ) throws -> Memory {
        let input = try sums.both(0, x, hidden).map(sigmoid)
        let forget = try sums.both(1, x, hidden).map(sigmoid)
        let candidate = try sums.both(2, x, hidden).map(hyperbolicTangent)
        let output = try sums.both(3, x, hidden).map(sigmoid)
        let next = try cell.indices.map { unit in
            let kept = try int16(forget[unit] * cell[unit], multiplier: 1 << 30, shift: 45)
            let added = try int16(
                input[unit] * candidate[unit], multiplier: Int(p.cell_multiplier), shift: Int(p.cell_shift))
            return min(max(saturate16(kept + added), -Int(p.cell_clip)), Int(p.cell_clip))
        }
        return try (
            next.indices.map { unit in
                let left = Int(p.cell_exponent) + 12
                // In 1/12288, half up.
                let argument = left >= 0 ? 3 * next[unit] << left : floorShift(6 * next[unit] + 1 << -left, 1 - left)
                let product = hyperbolicTangent(try checked32(argument)) * output[unit]
                let scaled = try scaleTwice(product, multiplier: Int(p.hidden_multiplier), shift: Int(p.hidden_shift))
                return min(max(zeroPoint + scaled, -128), 127)
            }, next
        )
    }

    private static func gruStep(
        _ sums: GateSums, _ x: [Int], _ hidden: [Int], _ memory: [Int], resetAfter: Bool
    ) throws -> Memory {
        let units = memory.indices
        let previous = Array(hidden.prefix(units.count))
        let update = try sums.both(0, x, previous).map(sigmoid)
        let reset = try sums.both(1, x, previous).map(sigmoid)
        var workings: [Int] = []
        var past: [Int]
        if resetAfter {
            past = try sums.part(2, 1, previous)
            past = units.map { floorShift(reset[$0] * past[$0] + 1 << 14, 15) }
        } else {
            workings = units.map { min(floorShift(reset[$0] * memory[$0] + 1 << 22, 23), 127) }
            past = try sums.part(2, 1, workings)
        }
        let fresh = try sums.part(2, 0, x)
        let next = try units.map { unit in
            let value = hyperbolicTangent(3 * saturate16(fresh[unit] + past[unit]))
            let sum = try checked32((32768 - update[unit]) * value + update[unit] * memory[unit] + 1 << 14)
            return floorShift(sum, 15)
        }
        return (next.map { min(floorShift($0 + 128, 8), 127) } + workings, next)
    }

    private static func svdf(
        _ inputs: [Map], _ shape: ProgramTensor, _ p: nnq_svdf_params, _ filters: TimeFilters
    ) throws -> Recollection {
        let state = inputs[1]
        let (memory, rank) = (state.shape.channels, Int(p.rank))
        guard state.shape.width == rank * shape.channels else { throw OracleError("the state does not fit") }
        let limit = 1 << (8 * state.shape.type.byteCount - 1)
        var history = state.values
        for filter in 0..<state.shape.width {
            let weights = filters.filter[filter * inputs[0].shape.count..<(filter + 1) * inputs[0].shape.count]
            let products = zip(weights, inputs[0].values).reduce(0) { $0 + Int($1.0) * $1.1 }
            let acc = Int(filters.stateBias[filter]) + products
            let scaled = try scaleTwice(acc, multiplier: Int(p.state_multiplier), shift: Int(p.state_shift))
            let place = filter * memory
            history.remove(at: place)
            history.insert(min(max(state.zeroPoint + scaled, -limit), limit - 1), at: place + memory - 1)
        }
        let output = try (0..<shape.channels).map { unit in
            let range = unit * rank * memory..<(unit + 1) * rank * memory
            let sum = range.reduce(Int(filters.bias[unit])) { $0 + Int(filters.time[$1]) * history[$1] }
            let acc = min(max(sum, -Int(Int32.max)), Int(Int32.max))
            let scaled = try scaleTwice(acc, multiplier: Int(p.multiplier), shift: Int(p.shift))
            return min(max(Int(shape.quantization.zeroPoint) + scaled, -128), 127)
        }
        return Recollection(
            output: try Map(shape, values: output), updated: [try Map(state.shape, values: history)])
    }
}
