// SPDX-License-Identifier: Apache-2.0
// Tables hold the exact functions.

import Foundation
import LayerReference
import NNQArithmetic
import NNQFormat
import NNQGraph
import NNQQuantize
import Testing

@Suite struct TableTests {
    static let functions: [Activation] = [.relu, .relu6, .leakyReLU(slope: 0.2), .sigmoid, .tanh, .step]

    @Test(arguments: functions)
    func holdsTheNearestValue(_ function: Activation) {
        let input = Quantization(scale: 0.07, zeroPoint: 13)
        let output = function.fixedOutput ?? Quantization(scale: 0.05, zeroPoint: -100)
        let table = Tables.values(of: function, input: input, output: output)
        #expect(table.count == 256)
        for q in -128...127 {
            let x = Double(input.scale) * Double(q - 13)
            let exact: Double =
                switch function {
                case .relu: x < 0 ? 0 : x
                case .relu6: x < 0 ? 0 : x > 6 ? 6 : x
                case .leakyReLU: x < 0 ? Double(Float(0.2)) * x : x
                case .sigmoid: 0.5 * (1 + Foundation.tanh(x / 2))
                case .tanh: (exp(2 * x) - 1) / (exp(2 * x) + 1)
                case .step: x < 0 ? 0 : 1
                default: function.reference(x)
                }
            let steps = exact / Double(output.scale) + Double(output.zeroPoint)
            let nearest = min(max(steps, -128), 127)
            #expect(abs(Double(table[q + 128]) - nearest) <= 0.5 + 1e-9, "\(function) at \(q)")
        }
    }

    @Test func functionsWithARangeOfTheirOwnUseAllOfIt() {
        #expect(Activation.sigmoid.fixedOutput == Quantization(scale: 1 / 256, zeroPoint: -128))
        #expect(Activation.tanh.fixedOutput == Quantization(scale: 1 / 128, zeroPoint: 0))
        let wide = Quantization(scale: 0.1, zeroPoint: 0)
        let sigmoid = Tables.values(of: .sigmoid, input: wide, output: Activation.sigmoid.fixedOutput!)
        #expect(sigmoid.first == -128 && sigmoid[128] == 0 && sigmoid.last == 127)
        let step = Tables.values(of: .step, input: wide, output: Activation.step.fixedOutput!)
        #expect(Set(step) == [-128, 127] && step[127] == -128 && step[128] == 127)
        #expect(Activation.step.fixedOutput!.dequantize(127) == 1)
    }

    @Test(arguments: [Float(1e-6), 0.01, 0.11, 1, 20, 1e6])
    func exponentialsEndBeforeZero(_ scale: Float) {
        let table = Tables.exponentials(scale: scale)
        #expect(table[0] == 65535 && (1...256).contains(table.count) && table.allSatisfy { $0 > 0 })
        for (d, value) in table.enumerated() {
            #expect(Double(value) == (65535 * exp(-Double(d) * Double(scale))).rounded())
        }
        if table.count < 256 { #expect((65535 * exp(-Double(table.count) * Double(scale))).rounded() == 0) }
    }
}
