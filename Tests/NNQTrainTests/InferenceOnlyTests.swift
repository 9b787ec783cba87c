// SPDX-License-Identifier: Apache-2.0
// Layers without a gradient: their values, and the sentence of training through them.

import NNQData
import NNQGraph
import NNQTrain
import Testing

@Suite struct InferenceOnlyTests {
    static let layers: [any LayerBlock] = [
        Step(), Activate(.sign), Activate(.floor), Activate(.ceil), Activate(.round), ArgMax(),
    ]

    @Test(arguments: layers.indices)
    func valuesAndSentence(_ index: Int) throws {
        let layer = Self.layers[index]
        let inputs = Noise.values(30, seed: 8).map { ($0 * 12).rounded() / 4 }
        let model = try Model(input: [2, 5]) { layer }
        let outputs = try FloatEngine(model, batch: 2, threads: 1).run(inputs)
        let expected = try Reference(model, isTraining: false).values(inputs.map(Double.init).split(into: 3))
        #expect(outputs.map(Double.init) == expected.last!.flatMap { $0 })

        let trained = try Model(input: [4]) {
            Dense(6, name: "before")
            layer
            Dense(2)
        }
        let name = trained.graph.nodes[2].name
        let error = #expect(throws: TrainError.self) {
            try TrainingEngine(trained, batch: 2, loss: .squaredError, options: TrainingOptions(threads: 1))
        }
        #expect(error?.description.hasPrefix("layer '\(name)' (\(layer.layer.keyword)) has no") == true)
    }

    /// Where nothing before it is trained, such a layer is only a feature.
    @Test func featuresNeedNoGradient() throws {
        let model = try Model(input: [4]) {
            Activate(.floor)
            Dense(2)
        }
        _ = try TrainingEngine(model, batch: 2, loss: .squaredError, options: TrainingOptions(threads: 1))
    }

    /// Indices outside of the table are taken into it, and so is what is not a number.
    @Test func embeddingOfAnyInput() throws {
        let model = try Model(input: [6], seed: 4) { Embedding(3, channels: 2, name: "table") }
        let rows = model.parameters["table.weight"]!.values.split(into: 3)
        let outputs = try FloatEngine(model, batch: 1).run([-4, 0, 1.9, 2, 1e30, .nan])
        #expect(outputs == [rows[0], rows[0], rows[1], rows[2], rows[2], rows[0]].flatMap { $0 })
    }
}
