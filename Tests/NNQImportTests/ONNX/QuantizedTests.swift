// SPDX-License-Identifier: Apache-2.0
// Models that ONNX Runtime quantized (quantize_onnxruntime.py) give its outputs, to a step of their last scale.

import NNQFormat
import NNQImport
import NNQRuntime
import Testing

@Suite struct QuantizedTests {
    @Test(arguments: ["qdq_int8", "qdq_uint8", "qlinear_uint8"])
    func givesTheOutputsToAStep(name: String) throws {
        let stored = try StoredModel(name, samples: 4, outputCount: 10)
        guard case .int8(let program) = try ONNXImporter.read(bytes: stored.bytes) else {
            Issue.record("\(name) was not imported as an int8 program")
            return
        }
        let model = try Int8Model(copying: ProgramFile(program).encoded())
        var session = Session(model)
        let input = program.tensors[0].quantization
        let output = program.tensors[program.outputs[0]].quantization
        let tensor = try ONNXImporter.readFloat(bytes: stored.bytes).inputs[0]
        var differences: [Int] = []
        for (values, expected) in zip(stored.inputs, stored.outputs) {
            var quantized = Array(repeating: Int8(0), count: values.count)
            for (place, value) in zip(ONNXRun.places(tensor), values) { quantized[place] = input.quantize(value) }
            let result = try session.run(quantized)
            differences += zip(result, expected).map { abs(Int($0) - Int(output.quantize($1))) }
        }
        let same = differences.count { $0 <= 1 }
        #expect(same * 100 >= differences.count * 95, "\(same) of \(differences.count) are within a step")
        #expect(differences.max()! <= 2)
    }
}
