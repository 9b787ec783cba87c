// SPDX-License-Identifier: Apache-2.0
// Models with float activations become float graphs.

import NNQGraph
import NNQImport
import Testing

private func importedModel(_ bytes: [UInt8]) throws -> Model {
    guard case .float(let model) = try TFLiteImporter.read(bytes: bytes) else {
        throw ImportError("the model is an int8 one")
    }
    return model
}

struct FloatImportTests {
    private static func bytes(_ values: [Float]) -> [UInt8] {
        values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
    }

    /// A depthwise convolution of multiplier 2 with ReLU, its filter stored as int8.
    private var depthwise: SmallModel {
        SmallModel(
            tensors: [
                SmallTensor(name: "x", shape: [1, 1, 1, 2], kind: .float32),
                SmallTensor(name: "w", shape: [1, 1, 2, 4], scales: [0.5], data: [1, 2, 3, 4, 5, 6, 7, 255]),
                SmallTensor(name: "b", shape: [4], kind: .float32, data: Self.bytes([1, 2, 3, 4])),
                SmallTensor(name: "y", shape: [1, 1, 1, 4], kind: .float32),
            ],
            operators: [
                SmallOperator(code: 4, inputs: [0, 1, 2], outputs: [3], optionsType: 2, options: [
                    0: .u8(0), 1: .i32(1), 2: .i32(1), 3: .i32(2), 4: .u8(1),
                ])
            ],
            outputs: [3])
    }

    @Test func depthwiseFiltersAreReordered() throws {
        let model = try importedModel(depthwise.bytes)
        #expect(model.graph.nodes.map(\.name) == ["x", "y", "y/relu"])
        let weight = try #require(model.parameters["y.weight"])
        #expect(weight.shape == [4, 1, 2, 1])
        #expect(weight.values == [0.5, 2.5, 1, 3, 1.5, 3.5, 2, -0.5])
        #expect(model.parameters["y.bias"]?.values == [1, 2, 3, 4])
    }

    /// The same filter through DEQUANTIZE, and as float16.
    @Test func weightsOfOtherStorage() throws {
        var model = depthwise
        model.tensors.append(SmallTensor(name: "stored", shape: [1, 1, 2, 4], kind: .float32))
        model.operators.insert(SmallOperator(code: 6, inputs: [1], outputs: [4]), at: 0)
        model.operators[1].inputs[1] = 4
        let plain = try importedModel(depthwise.bytes)
        #expect(try importedModel(model.bytes) == plain)
        model.tensors[1].kind = .float16
        // 0.5, 1, 1.5, 2, 2.5, 3, 3.5, -0.5
        model.tensors[1].data = [0x3800, 0x3C00, 0x3E00, 0x4000, 0x4100, 0x4200, 0x4300, 0xB800].flatMap {
            [UInt8($0 & 255), UInt8($0 >> 8)]
        }
        #expect(try importedModel(model.bytes) == plain)
    }

    @Test func operandsMayBeConstants() throws {
        let model = SmallModel(
            tensors: [
                SmallTensor(name: "x", shape: [1, 2, 3], kind: .float32),
                SmallTensor(name: "k", shape: [3], kind: .float32, data: Self.bytes([1, 2, 3])),
                SmallTensor(name: "y", shape: [1, 2, 3], kind: .float32),
            ],
            operators: [SmallOperator(code: 41, inputs: [1, 0], outputs: [2])], outputs: [2])
        let imported = try importedModel(model.bytes)
        #expect(imported.graph.nodes.map(\.layer) == [.input([2, 3]), .constant([3]), .binary(.subtract)])
        #expect(imported.graph.nodes[2].inputs == [1, 0])
        #expect(imported.parameters["k.value"]?.values == [1, 2, 3])
    }

    @Test(
        .enabled(if: SharedModels.arePresent, Comment(rawValue: SharedModels.absence)),
        arguments: [
            ("mlperf-tiny/image_classification/trained_models/pretrainedResnet.tflite", "conv2d", 9),
            ("mlperf-tiny/image_classification/trained_models/pretrainedResnet_large_float.tflite", "conv2d", 9),
            ("mlperf-tiny/visual_wake_words/trained_models/vww_96_float.tflite", "depthwise_conv2d", 13),
            ("mlperf-tiny/keyword_spotting/trained_models/kws_ref_model_float32.tflite", "depthwise_conv2d", 4),
            ("mlperf-tiny/anomaly_detection/trained_models/ad01_fp32.tflite", "dense", 10),
            (
                "mlperf-tiny/anomaly_detection/trained_models/ToyCar/baseline_tf23/model/model_ToyCar_quant.tflite",
                "dense", 10
            ),
            ("tflite-micro/hello_world/hello_world_float.tflite", "dense", 3),
        ])
    func referenceModels(_ path: String, _ keyword: String, _ count: Int) throws {
        let model = try importedModel(SharedModels.bytes(path))
        #expect(model.graph.nodes.filter { $0.layer.keyword == keyword }.count == count)
        #expect(Set(model.graph.nodes.map(\.name)).count == model.graph.nodes.count)
    }
}
