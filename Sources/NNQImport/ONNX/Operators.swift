// SPDX-License-Identifier: Apache-2.0
// ONNX's operators by name, each with the rule that makes layers of it.

import NNQGraph

/// Rules of operators whose inputs are not all constants.
enum Operators {
    typealias Rule = @Sendable (inout GraphImport, ONNXNode) throws -> [ONNXOperand]

    static let all: [String: Rule] = [
        activations, arithmetic, linear, windows, normalizations, movements, parts, reductions, recurrences, quantizers,
    ].reduce(into: [:]) { $0.merge($1) { first, _ in first } }
}
