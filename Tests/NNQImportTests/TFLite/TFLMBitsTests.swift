// SPDX-License-Identifier: Apache-2.0
// Imported int8 models give the bits of TensorFlow Lite Micro, layer by layer.

import NNQFormat
import NNQImport
import Testing

/// A reference model and what TensorFlow Lite Micro's reference kernels give for `patternInput`.
struct KnownModel: Sendable, CustomTestStringConvertible {
    var path: String
    /// FNV-1a of each operator's output, by operator; of a model with none here, only the last one's is known.
    var layers: [String] = []
    /// FNV-1a of the output.
    var output: String

    var testDescription: String { path }

    /// The first four's layers were measured with builds of TensorFlow Lite Micro for several boards. The other outputs
    /// are those of the Python package tflite-micro (0.dev20261023182759): `runtime.Interpreter.from_bytes`, the
    /// pattern as input (for a model with float input, the pattern's real values), the output's bytes (for one with
    /// float output, quantized again, which is exact).
    static let all = [
        KnownModel(
            path: "mlperf-tiny/image_classification/trained_models/pretrainedResnet_quant.tflite",
            layers: """
                a9c5c772 1d42820a 6a37af56 ca718605 1b3fca48 97f8735b 5020b428 415941e7 6ba4a7fe d8d7c6bf 9ecacb9f
                1f1ea438 7b4c7aa2 7b4c7aa2 c1d8fa84 b48f4f6d
                """.words,
            output: "b48f4f6d"),
        KnownModel(
            path: "mlperf-tiny/keyword_spotting/trained_models/kws_ref_model.tflite",
            layers: """
                a57a32ae f292437f 3e12a303 88829d4a d9c8f57b 35b23b2b 668e8353 d9e530dc e0ceb5ab 85226bb1 85226bb1
                5d2d2419 ccc32d71
                """.words,
            output: "ccc32d71"),
        KnownModel(
            path: "mlperf-tiny/visual_wake_words/trained_models/vww_96_int8.tflite",
            layers: """
                cf1aa2e7 ccdf0622 0b27d80e 51eee8d1 6fc1acbb f68e8cad 3d905327 d4a0b251 f2e61cd0 6d12fe8a 39664ca8
                977f4a20 392be052 506bc014 921e8be7 d78f7c33 9e35374b d4b64fc2 a2cbb55b bb4c4eb1 e8319125 d279bbab
                23d13b00 7964f729 a860c19f d12bf25c c2898570 9edf121a 9edf121a 76435b69 3a5f7f09
                """.words,
            output: "3a5f7f09"),
        KnownModel(
            path: "mlperf-tiny/anomaly_detection/trained_models/ad01_int8.tflite",
            layers: """
                baab669f 238d199f b4c40f20 254736cb 3173bab0 cc5a7663 8898d39b 52d371ca 1026e76f 7cbfc427
                """.words,
            output: "7cbfc427"),
        KnownModel(
            path: "mlperf-tiny/image_classification/trained_models/pretrainedResnet_large_int8.tflite",
            output: "22ae530d"),
        KnownModel(
            path: "mlperf-tiny/anomaly_detection/trained_models/ToyCar/"
                + "baseline_tf23/model/model_ToyCar_quant_fullint.tflite",
            output: "f63dc106"),
        KnownModel(
            path: "mlperf-tiny/streaming_wakeword/trained_models/str_ww_ref_model.tflite",
            output: "bb19f336"),
        KnownModel(
            path: "tflite-micro/hello_world/hello_world_int8.tflite",
            output: "1c0c8154"),
    ]
}

extension String {
    fileprivate var words: [String] { split(whereSeparator: \.isWhitespace).map(String.init) }
}

@Suite(.enabled(if: SharedModels.arePresent, Comment(rawValue: SharedModels.absence)))
struct TFLMBitsTests {
    @Test(arguments: KnownModel.all)
    func givesTheBits(_ known: KnownModel) throws {
        let program = try importedProgram(SharedModels.bytes(known.path))
        let hashes = try layers(program, patternInput(program.tensors[0].count)).map(fnv1a)
        for (index, (hash, expected)) in zip(hashes, known.layers).enumerated() {
            #expect(hash == expected, "layer \(index), \(program.tensors[program.inputCount + index].name)")
        }
        #expect(known.layers.isEmpty || hashes.count == known.layers.count)
        #expect(hashes.last == known.output)
    }

    @Test func namesAreKept() throws {
        let program = try importedProgram(SharedModels.bytes("tflite-micro/hello_world/hello_world_int8.tflite"))
        #expect(program.tensors.first?.name == "serving_default_dense_input:0")
        #expect(program.tensors.last?.name == "StatefulPartitionedCall:0")
        #expect(program.tensors.allSatisfy { !$0.name.isEmpty })
    }
}
