// SPDX-License-Identifier: Apache-2.0
// Functions of two tensors' elements, constants and PReLU.

import CNNQ
import NNQArithmetic
import NNQFormat
import NNQGraph

extension Lowering {
    mutating func lowerBinary(_ index: Int, _ function: BinaryFunction) throws {
        switch function {
        case .subtract: try lowerSum(index, signs: [1, -1])
        case .multiply: try lowerProduct(index, inputs(index))
        case .divide: try lowerQuotient(index)
        case .minimum: try lowerChoice(index, .minimum)
        case .maximum: try lowerChoice(index, .maximum)
        }
    }

    private mutating func lowerProduct(_ index: Int, _ inputs: [Int]) throws {
        try checkBroadcast(index)
        let quantizations = inputs.map { program.tensors[$0].quantization }
        let scale = Double(quantizations[0].scale) * Double(quantizations[1].scale)
        let bound = quantizations[0].deviation * quantizations[1].deviation
        let (by, output) = try fitted(index, calibratedOutput(index)) {
            ScaleArithmetic(scale / Double($0.scale), bound: bound)
        }
        var parameters = nnq_mul_params()
        (parameters.multiplier, parameters.shift) = (by.multiplier, by.shift)
        (parameters.act_min, parameters.act_max) = limits(index, output)
        try append(.mul(parameters), for: index, inputs: inputs, output)
    }

    /// Division by a constant is the product with its reciprocals; there is no op for others.
    private mutating func lowerQuotient(_ index: Int) throws {
        let divisor = graph.nodes[index].inputs[1]
        guard case .constant = graph.nodes[divisor].layer else {
            throw QuantizeError.at(
                graph.nodes[index], "int8 programs divide by constants only: multiply by something instead")
        }
        let reciprocals = values(ofConstant: divisor).map { 1 / $0 }
        guard reciprocals.allSatisfy(\.isFinite) else {
            throw QuantizeError.at(
                graph.nodes[index], "it divides by a number whose reciprocal is no float: scale the constant")
        }
        let range = ValueRange(reciprocals.min()!, reciprocals.max()!)
        let constant = try appendConstant(
            reciprocals, of: index, MapExtents(shapes[divisor]), range.quantization)
        try lowerProduct(index, [input(index, 0), constant])
    }

    /// Both inputs take the output's quantization first: what saturates on the way would have saturated in the end.
    private mutating func lowerChoice(_ index: Int, _ operation: Operation) throws {
        try checkBroadcast(index)
        let output = calibratedOutput(index)
        var inputs = inputs(index)
        for (position, tensor) in inputs.enumerated() where program.tensors[tensor].quantization != output {
            let table = Tables.conversion(from: program.tensors[tensor].quantization, to: output)
            inputs[position] = try appendPart(
                .table(table), of: index, inputs: [tensor], extents: MapExtents(program.tensors[tensor]),
                part: position + 1, output)
        }
        try append(operation, for: index, inputs: inputs, output)
    }

    /// A constant that only a minimum or maximum reads has that one's quantization from the start. One by which others
    /// divide exists as its reciprocals alone.
    mutating func lowerConstant(_ index: Int) throws {
        let readers = graph.consumers[index]
        let isOutput = graph.outputs.contains(index)
        let values = values(ofConstant: index)
        guard values.allSatisfy(\.isFinite) else {
            throw QuantizeError.at(graph.nodes[index], "a value is infinite or not a number: replace it")
        }
        let isDivisor = readers.allSatisfy { reader in
            let node = graph.nodes[reader]
            return node.layer == .binary(.divide) && node.inputs[0] != index
        }
        if isDivisor, !isOutput, !readers.isEmpty { return }
        var quantization = calibratedOutput(index)
        if readers.count == 1, !isOutput, graph.nodes[readers[0]].layer.isChoice {
            quantization = calibratedOutput(readers[0])
        }
        try append(.constant(values.map(quantization.quantize)), for: index, inputs: [], quantization)
    }

    /// The slopes become a constant of the program.
    mutating func lowerPrelu(_ index: Int) throws {
        let slope = model.parameters["\(graph.nodes[index].name).slope"]!
        guard slope.values.allSatisfy(\.isFinite) else {
            throw QuantizeError.at(
                graph.nodes[index], "a slope is infinite or not a number: train again with a smaller learning rate")
        }
        let slopes = ValueRange(slope.values.min()!, slope.values.max()!).quantization
        let constant = try appendConstant(slope.values, of: index, MapExtents(Shape(slope.shape)), slopes)
        let quantization = inputQuantization(index)
        let bound = quantization.deviation
        let scale = Double(quantization.scale)
        let (by, output) = try fitted(index, calibratedOutput(index)) { output -> [ScaleArithmetic]? in
            let positive = ScaleArithmetic(scale / Double(output.scale), bound: bound)
            let factor = scale * Double(slopes.scale) / Double(output.scale)
            let negative = ScaleArithmetic(factor, bound: bound * slopes.deviation)
            return positive.flatMap { positive in negative.map { [positive, $0] } }
        }
        var parameters = nnq_prelu_params()
        (parameters.multiplier_positive, parameters.shift_positive) = (by[0].multiplier, by[0].shift)
        (parameters.multiplier_negative, parameters.shift_negative) = (by[1].multiplier, by[1].shift)
        try append(.prelu(parameters), for: index, inputs: [input(index, 0), constant], output)
    }

    /// Values that belong to a node, as a tensor of their own.
    private mutating func appendConstant(
        _ values: [Float], of index: Int, _ extents: MapExtents, _ quantization: Quantization
    ) throws -> Int {
        try appendPart(
            .constant(values.map(quantization.quantize)), of: index, inputs: [], extents: extents, part: 1,
            quantization)
    }

    private func values(ofConstant index: Int) -> [Float] {
        model.parameters["\(graph.nodes[index].name).value"]!.values
    }

    /// Ops of two inputs repeat extents of 1 of maps, which is less than what shapes of more than three extents can ask
    /// for.
    func checkBroadcast(_ index: Int) throws {
        let output = MapExtents(shapes[index])
        for source in graph.nodes[index].inputs {
            let input = MapExtents(shapes[source])
            let fits = (0..<3).allSatisfy { input[$0] == output[$0] || input[$0] == 1 }
            if fits { continue }
            throw QuantizeError.at(
                graph.nodes[index],
                "int8 tensors are maps, and \(shapes[source]) cannot repeat to \(shapes[index]) as one: "
                    + "give both inputs at most three extents")
        }
    }
}

extension Layer {
    fileprivate var isChoice: Bool { self == .binary(.minimum) || self == .binary(.maximum) }
}
