// SPDX-License-Identifier: Apache-2.0
// One of ONNX's own tests: a model, its inputs, and the outputs that it must give.

import Foundation
import NNQFormat
import NNQImport
import NNQRuntime
import ONNXProto

/// A folder `model.onnx`, `test_data_set_*/input_*.pb`, `output_*.pb`.
struct BackendCase {
    let name: String
    let bytes: [UInt8]
    let model: Onnx_ModelProto
    private let dataSets: [URL]

    enum Outcome {
        case passed(boundInputs: Bool)
        /// The importer's sentence.
        case refused(String)
        /// Import succeeded, and the values are wrong, or the model does not run.
        case wrong(String)
    }

    init(_ folder: URL) throws {
        name = folder.lastPathComponent
        let data = try Data(contentsOf: folder.appending(path: "model.onnx"))
        bytes = Array(data)
        model = try Onnx_ModelProto(serializedBytes: data)
        dataSets = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.lastPathComponent.hasPrefix("test_data_set") }
            .sorted { $0.path < $1.path }
    }

    /// Whether its operators work on integers that stand for real numbers.
    var isQuantized: Bool {
        model.graph.node.contains { $0.opType.contains("QLinear") || $0.opType.contains("uantize") }
    }

    /// Imports and runs: with every input as an input, and where that cannot be, with all but the first as constants of
    /// the test's values (weights and shapes, which ONNX's tests feed).
    func run() -> Outcome {
        var refusal = ""
        for bindsInputs in [false, true] {
            do {
                for folder in dataSets { try check(folder, bindsInputs: bindsInputs) }
                return .passed(boundInputs: bindsInputs)
            } catch let error as ImportError {
                if refusal.isEmpty || bindsInputs { refusal = error.description }
            } catch {
                return .wrong("\(error)")
            }
        }
        return .refused(refusal)
    }

    private struct Mismatch: Error, CustomStringConvertible { let description: String }

    private func check(_ folder: URL, bindsInputs: Bool) throws {
        let tensors = try files(folder, "input")
        let names = Set(model.graph.initializer.map(\.name))
        let inputs = model.graph.input.map(\.name).filter { !names.contains($0) }
        var bound = model
        for (index, tensor) in tensors.enumerated() where bindsInputs && index > 0 && index < inputs.count {
            var constant = tensor
            constant.name = inputs[index]
            bound.graph.initializer.append(constant)
        }
        let imported = try ONNXImporter.readFloat(bytes: bindsInputs ? bound.serializedBytes() : bytes)
        var values: [Constant] = []
        for tensor in imported.inputs {
            guard let place = inputs.firstIndex(of: tensor.name), place < tensors.count else {
                throw ImportError("the test has no values for the input '\(tensor.name)'")
            }
            values.append(try Constant(tensors[place]))
        }
        if !imported.quantizations.isEmpty {
            return try checkInt8(ONNXImporter.read(bytes: bound.serializedBytes()), imported, values, folder)
        }
        let outputs = try ONNXRun.outputs(imported, values)
        for (index, tensor) in try files(folder, "output").enumerated() {
            let expected = try Constant(tensor)
            guard imported.outputs[index].extents == expected.extents else {
                throw Mismatch(
                    description: "output \(index) is \(imported.outputs[index].extents), not \(expected.extents)")
            }
            let difference = ONNXRun.difference(outputs[index], expected.floats)
            guard difference < tolerance else {
                throw Mismatch(description: "output \(index) differs by \(difference)")
            }
        }
    }

    /// Of a quantized model: outputs are integers, of which one step is left to rounding.
    private func checkInt8(_ result: Imported, _ imported: ONNXModel, _ inputs: [Constant], _ folder: URL) throws {
        guard case .int8(let program) = result else { throw Mismatch(description: "was not imported as int8") }
        var session = Session(try Int8Model(copying: ProgramFile(program).encoded()))
        let buffers = imported.inputs.enumerated().map { index, tensor in
            var values = Array(repeating: Int8(0), count: inputs[index].count)
            for (place, value) in zip(ONNXRun.places(tensor), inputs[index].floats) {
                values[place] = Int8(clamping: Int(value) - (inputs[index].isUnsigned8 ? 128 : 0))
            }
            return values
        }
        var results = Array(repeating: [Int8](), count: program.outputs.count)
        let samples = imported.inputs[0].isBatched ? imported.inputs[0].extents[0] : 1
        for sample in 0..<samples {
            for (index, values) in buffers.enumerated() {
                let size = values.count / samples
                let own = Array(values[sample * size..<(sample + 1) * size])
                try session.setInput(index, to: own.span)
            }
            session.run()
            for index in results.indices { results[index] += session.output(index) }
        }
        for (index, tensor) in try files(folder, "output").enumerated() {
            let expected = try Constant(tensor)
            let values = results[index]
            let difference =
                zip(ONNXRun.places(imported.outputs[index]), expected.floats).map { place, value in
                    abs(Int(values[place]) + (expected.isUnsigned8 ? 128 : 0) - Int(value))
                }.max() ?? 0
            guard difference <= 1 else { throw Mismatch(description: "output \(index) differs by \(difference)") }
        }
    }

    /// Halves have 11 bits.
    private var tolerance: Float {
        let types =
            model.graph.output.map { $0.type.tensorType.elemType }
            + model.graph.input.map { $0.type.tensorType.elemType }
        return types.contains(10) || types.contains(16) ? 2e-3 : 1e-4
    }

    private func files(_ folder: URL, _ kind: String) throws -> [Onnx_TensorProto] {
        var tensors: [Onnx_TensorProto] = []
        while true {
            let file = folder.appending(path: "\(kind)_\(tensors.count).pb")
            guard FileManager.default.fileExists(atPath: file.path) else { return tensors }
            do { tensors.append(try Onnx_TensorProto(serializedBytes: Data(contentsOf: file))) } catch {
                throw ImportError("the test's \(file.lastPathComponent) is no tensor")
            }
        }
    }
}
