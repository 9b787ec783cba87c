// SPDX-License-Identifier: Apache-2.0
// Functions of one element as ONNX's operators; some take several.

import NNQGraph

extension GraphExport {
    /// Appends a function's operators.
    mutating func activation(_ function: Activation, _ input: String, output: String) {
        if let (operation, attributes) = function.operation {
            append(operation, [input], attributes, output: output)
            return
        }
        switch function {
        case .relu6: clip(input, 0, 6, output)
        case .clip(let low, let high): clip(input, low, high, output)
        case .step:
            let reached = append(
                "GreaterOrEqual", [input, scalar(0, output)], output: fresh("\(output).reached"))
            append("Cast", [reached], [.integer("to", 1)], output: output)
        case .silu:
            let gate = append("Sigmoid", [input], output: fresh("\(output).gate"))
            append("Mul", [input, gate], output: output)
        case .mish:
            let soft = append("Softplus", [input], output: fresh("\(output).softplus"))
            let gate = append("Tanh", [soft], output: fresh("\(output).gate"))
            append("Mul", [input, gate], output: output)
        case .gelu:
            let scaled = append(
                "Mul", [input, scalar(Float(0.5).squareRoot(), output)], output: fresh("\(output).scaled"))
            halved(input, append("Erf", [scaled], output: fresh("\(output).erf")), output)
        case .geluTanh:
            let square = append("Mul", [input, input], output: fresh("\(output).square"))
            let cubic = append("Mul", [square, scalar(0.044715, output)], output: fresh("\(output).cubic"))
            let sum = append("Add", [cubic, scalar(1, output)], output: fresh("\(output).sum"))
            let product = append("Mul", [sum, input], output: fresh("\(output).product"))
            let scaled = append(
                "Mul", [product, scalar((2 / Float.pi).squareRoot(), output)], output: fresh("\(output).scaled"))
            halved(input, append("Tanh", [scaled], output: fresh("\(output).tanh")), output)
        default: append("Mul", [input, input], output: output)
        }
    }

    /// `input * (1 + gate) / 2`
    private mutating func halved(_ input: String, _ gate: String, _ output: String) {
        let sum = append("Add", [gate, scalar(1, output)], output: fresh("\(output).shifted"))
        let half = append("Mul", [sum, scalar(0.5, output)], output: fresh("\(output).half"))
        append("Mul", [input, half], output: output)
    }

    private mutating func clip(_ input: String, _ low: Float, _ high: Float, _ output: String) {
        append("Clip", [input, scalar(low, output), scalar(high, output)], output: output)
    }

    private mutating func scalar(_ value: Float, _ owner: String) -> String {
        initializer("\(owner).constant", [], [value])
    }
}

extension Activation {
    /// The operator that computes the function alone; nil where none does.
    fileprivate var operation: (String, [Attribute])? {
        switch self {
        case .relu: ("Relu", [])
        case .leakyReLU(let slope): ("LeakyRelu", [.float("alpha", slope)])
        case .sigmoid: ("Sigmoid", [])
        case .tanh: ("Tanh", [])
        case .thresholdedReLU(let threshold): ("ThresholdedRelu", [.float("alpha", threshold)])
        case .hardSwish: ("HardSwish", [])
        case .hardSigmoid(let slope, let offset):
            ("HardSigmoid", [.float("alpha", slope), .float("beta", offset)])
        case .elu(let alpha): ("Elu", [.float("alpha", alpha)])
        case .selu(let alpha, let gamma): ("Selu", [.float("alpha", alpha), .float("gamma", gamma)])
        case .celu(let alpha): ("Celu", [.float("alpha", alpha)])
        case .softplus: ("Softplus", [])
        case .softsign: ("Softsign", [])
        case .exp: ("Exp", [])
        case .log: ("Log", [])
        case .sqrt: ("Sqrt", [])
        case .reciprocal: ("Reciprocal", [])
        case .abs: ("Abs", [])
        case .negate: ("Neg", [])
        case .erf: ("Erf", [])
        case .sin: ("Sin", [])
        case .cos: ("Cos", [])
        case .sign: ("Sign", [])
        case .floor: ("Floor", [])
        case .ceil: ("Ceil", [])
        case .round: ("Round", [])
        case .relu6, .step, .clip, .silu, .gelu, .geluTanh, .mish, .square: nil
        }
    }
}
