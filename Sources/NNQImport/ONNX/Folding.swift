// SPDX-License-Identifier: Apache-2.0
// Operators whose result is known while importing: on constants, and on shapes.

import Foundation
import ONNXProto

extension GraphImport {
    /// The results of an operator on constants; nil where it must be a layer.
    mutating func folded(_ node: ONNXNode) throws -> [ONNXOperand]? {
        switch node.operation {
        case "Constant": return [.constant(try Self.constant(node))]
        case "Shape": return [.constant(try shape(node))]
        case "Size":
            let count = try operand(node, 0).extents.elementCount()
            return [.constant(Constant([], integers: [Int64(count)]))]
        default: break
        }
        var inputs: [Constant?] = []
        for index in node.inputs.indices {
            switch try optionalOperand(node, index) {
            case nil: inputs.append(nil)
            case .constant(let constant): inputs.append(constant)
            case .computed: return nil
            }
        }
        guard let rule = Folding.all[node.operation] else { return nil }
        let known = inputs.compactMap { $0 }
        guard known.count >= rule.inputs else { throw ImportError("it has too few inputs") }
        let results = try rule.fold(&self, node, inputs)
        for result in results where !rule.sharesValues { _ = try mayFold(result.extents) }
        return results.map { .constant($0) }
    }

    /// Elements of a constant about to be made.
    /// - Throws: where folding has made too many.
    mutating func mayFold(_ extents: ONNXExtents) throws -> Int {
        let count = try extents.elementCount()
        guard count <= foldingBudget else {
            throw ImportError(
                "computing its constants would make many more elements than the file holds: simplify the model "
                    + "before importing")
        }
        foldingBudget -= count
        return count
    }

    private static func constant(_ node: ONNXNode) throws -> Constant {
        if let tensor = try node.tensor("value") { return tensor }
        if node.has("value_float") { return Constant(scalar: node.float("value_float", default: 0)) }
        if node.has("value_int") { return Constant([], integers: [Int64(node.integer("value_int", default: 0))]) }
        if let floats = node.floats("value_floats") { return Constant([floats.count], floats: floats) }
        if let integers = node.integers("value_ints") {
            return Constant([integers.count], integers: integers.map { Int64($0) })
        }
        throw ImportError("its value is neither a tensor nor a number")
    }

    private func shape(_ node: ONNXNode) throws -> Constant {
        let extents = try operand(node, 0).extents
        func place(_ given: Int) -> Int { min(max(given < 0 ? given + extents.count : given, 0), extents.count) }
        let start = place(max(node.integer("start", default: 0), -64))
        let end = place(max(node.integer("end", default: extents.count), -64))
        let part = start < end ? Array(extents[start..<end]) : []
        return Constant([part.count], integers: part.map { Int64($0) })
    }
}

/// A rule for constants.
struct FoldingRule: Sendable {
    /// Inputs that must be given.
    let inputs: Int
    /// Whether the result has its input's values, under other extents.
    var sharesValues = false
    let fold: @Sendable (inout GraphImport, ONNXNode, [Constant?]) throws -> [Constant]
}

enum Folding {
    static let all: [String: FoldingRule] = [arithmetic, movements, quantizers].reduce(into: [:]) {
        $0.merge($1) { first, _ in first }
    }
}
