// SPDX-License-Identifier: Apache-2.0
// Arithmetic on constants.

import Foundation

extension Folding {
    static let arithmetic: [String: FoldingRule] = [
        "Add": two({ $0 + $1 }, { $0.addingReportingOverflow($1) }),
        "Sub": two({ $0 - $1 }, { $0.subtractingReportingOverflow($1) }),
        "Mul": two({ $0 * $1 }, { $0.multipliedReportingOverflow(by: $1) }),
        "Div": two({ $0 / $1 }, { $1 == 0 ? ($0, true) : $0.dividedReportingOverflow(by: $1) }),
        "Mod": two(
            { fmodf($0, $1) },
            { left, right in
                guard right != 0, right != -1 else { return (0, right == 0) }
                let rest = left % right
                return (rest != 0 && (rest < 0) != (right < 0) ? rest + right : rest, false)
            }),
        "Min": two({ min($0, $1) }, { (min($0, $1), false) }),
        "Max": two({ max($0, $1) }, { (max($0, $1), false) }),
        "Pow": two({ powf($0, $1) }, { _, _ in (0, true) }),
        "Equal": two({ $0 == $1 ? 1 : 0 }, { ($0 == $1 ? 1 : 0, false) }),
        "Greater": two({ $0 > $1 ? 1 : 0 }, { ($0 > $1 ? 1 : 0, false) }),
        "Less": two({ $0 < $1 ? 1 : 0 }, { ($0 < $1 ? 1 : 0, false) }),
        "Neg": one({ -$0 }), "Abs": one({ abs($0) }), "Sqrt": one({ $0.squareRoot() }), "Exp": one({ expf($0) }),
        "Floor": one({ $0.rounded(.down) }), "Ceil": one({ $0.rounded(.up) }), "Reciprocal": one({ 1 / $0 }),
        "Relu": one({ max($0, 0) }),
        "ReduceProd": FoldingRule(inputs: 1) { _, _, inputs in
            let product = try inputs[0]!.integers().reduce(1) { product, next -> Int in
                let (result, overflows) = product.multipliedReportingOverflow(by: next)
                guard !overflows else { throw ImportError("its product overflows") }
                return result
            }
            return [Constant([1], integers: [Int64(product)])]
        },
        "Cast": FoldingRule(inputs: 1) { _, node, inputs in
            [try cast(inputs[0]!, to: node.integer("to", default: 1))]
        },
    ]

    private static func cast(_ constant: Constant, to type: Int) throws -> Constant {
        if ONNXElementType.isFloat(type) { return Constant(constant.extents, floats: constant.floats) }
        guard ONNXElementType.isInteger(type) else { throw ImportError("casts to \(ONNXElementType.words(type))") }
        guard case .floats(let values) = constant.values else { return constant }
        return Constant(
            constant.extents,
            integers: try values.map { value in
                guard let whole = Int64(exactly: value.rounded(.towardZero)) else {
                    throw ImportError("casts \(value) to an integer")
                }
                return type == 9 && value != 0 ? 1 : whole
            })
    }

    private static func one(_ function: @escaping @Sendable (Float) -> Float) -> FoldingRule {
        FoldingRule(inputs: 1) { graph, node, inputs in
            let input = inputs[0]!
            _ = try graph.mayFold(input.extents)
            guard case .integers(let values) = input.values else {
                return [Constant(input.extents, floats: input.floats.map(function))]
            }
            // Of integers, only those functions are asked for that stay whole.
            let results = values.map { function(Float($0)) }
            guard values.allSatisfy({ $0.magnitude < 1 << 24 }),
                results.allSatisfy({ $0 == $0.rounded() && abs($0) < 0x1p62 })
            else {
                throw ImportError("its integers are too large")
            }
            return [Constant(input.extents, integers: results.map { Int64($0) })]
        }
    }

    private static func two(
        _ floats: @escaping @Sendable (Float, Float) -> Float,
        _ integers: @escaping @Sendable (Int64, Int64) -> (partialValue: Int64, overflow: Bool)
    ) -> FoldingRule {
        FoldingRule(inputs: 1) { graph, node, inputs in
            var result = inputs[0]!
            for case let next? in inputs.dropFirst() {
                let extents = try result.extents.broadcast(with: next.extents)
                _ = try graph.mayFold(extents)
                let (left, right) = (result.broadcast(to: extents), next.broadcast(to: extents))
                if case .integers(let a) = left.values, case .integers(let b) = right.values {
                    result = Constant(
                        extents,
                        integers: try zip(a, b).map { left, right in
                            let (value, overflows) = integers(left, right)
                            guard !overflows else {
                                throw ImportError("computes with \(left) and \(right): it overflows")
                            }
                            return value
                        })
                } else {
                    result = Constant(extents, floats: zip(left.floats, right.floats).map(floats))
                }
            }
            return [result]
        }
    }
}
