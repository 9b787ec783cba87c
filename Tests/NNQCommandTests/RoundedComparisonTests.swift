// SPDX-License-Identifier: Apache-2.0
// nnq compare of a model trained for int8 with its int8 model: the integers are what was trained.

import Foundation
import Testing

@Suite("what was trained for int8 and what runs")
struct RoundedComparisonTests {
    /// Residual and depthwise layers, joined and pooled.
    private static let recipe = """
        name: small
        summary: a residual and depthwise network
        data: shapes
        task: classification
        normalization: {mean: 128, std: 64}
        layers:
          - conv2d: {filters: 16, kernel: 3, stride: 2, padding: same}
          - batch_norm
          - relu6
          - residual:
              main:
                - depthwise_conv2d: {kernel: 3, padding: same}
                - batch_norm
                - relu6
                - conv2d: {filters: 16, kernel: 1}
                - batch_norm
          - relu
          - max_pool: 2
          - concat:
              - [conv2d: {filters: 24, kernel: 1}, relu]
              - [conv2d: {filters: 24, kernel: 3, padding: same}, tanh]
          - global_average_pool
          - dense: classes
          - softmax
        training:
          epochs: 2
          batch_size: 32
          loss: cross_entropy
          optimizer: {kind: adam, learning_rate: 0.01}
        """

    /// One case of training.
    struct Case: Sendable {
        let recipe, data: String
        let samples, epochs: Int
        /// Of a network that learnt little, many answers are close.
        let agreement: Double
        /// What a concat alone reads is shown as it is before the concat rounds it.
        var joined: Set<String> = []
    }

    @Test(arguments: [
        Case(recipe: "lenet5", data: "digits", samples: 4000, epochs: 6, agreement: 0.99),
        Case(
            recipe: "small.yaml", data: "shapes", samples: 6000, epochs: 10, agreement: 0.97,
            joined: ["conv2d_3", "tanh_1"]),
    ])
    func agrees(_ network: Case) throws {
        let (recipe, data) = (network.recipe, network.data)
        let folder = try Scratch()
        try Self.recipe.write(toFile: folder.path("small.yaml"), atomically: true, encoding: .utf8)
        func run(_ arguments: [String]) throws -> Call {
            let call = try Command.run(arguments, in: folder.url)
            #expect(call.status == 0, "\(arguments[0]): \(call.errors)")
            return call
        }
        let common = ["--data", data, "--samples", "\(network.samples)", "--threads", "1"]
        _ = try run(["train", recipe, "--epochs", "\(network.epochs)", "-o", "f.safetensors"] + common)
        _ = try run(
            ["train", recipe, "--from", "f.safetensors", "--qat", "--epochs", "1", "-o", "q.safetensors"] + common)
        _ = try run(["quantize", "q.safetensors", "-o", "q.nnq"])
        let rounded = try run(
            ["compare", "q.safetensors", "q.nnq", "--data", data, "--samples", "1000", "--json"]
        ).json()
        let agreement = try #require(rounded["agreement"] as? Double)
        #expect(agreement > network.agreement, "\(agreement)")
        // All but softmax, which training leaves to the loss, give the same integers.
        let layers = try #require(rounded["layers"] as? [[String: Any]])
        let errors = layers.map { ($0["name"] as? String ?? "", $0["max_abs_error"] as? Double ?? .nan) }
        let differing = errors.dropLast().filter { $0.1 != 0 && !network.joined.contains($0.0) }
        #expect(errors.count >= 5 && differing.isEmpty, "\(errors)")
        // The model that training started from is of the same layers, without rounding.
        let start = try run(["compare", "f.safetensors", "q.nnq", "--data", data, "--samples", "1000"])
        #expect(!start.output.contains("rounded float"), "\(start.output)")
        let evaluated = try run(["eval", "q.safetensors", "--data", data, "--samples", "1000", "--json"]).json()
        let side = try #require(rounded["float"] as? [String: Any])
        // Softmax is of floats, and answers that are close may change with the order of its sum.
        let accuracies = (try #require(side["accuracy"] as? Double), try #require(evaluated["accuracy"] as? Double))
        #expect(abs(accuracies.0 - accuracies.1) < 0.005, "\(accuracies)")
        // Batch norms by the batches' statistics first.
        if recipe == "small.yaml" {
            let live = ["--qat", "--epochs", "2", "--freeze-batch-norm", "1", "-o", "l.safetensors"]
            _ = try run(["train", recipe, "--from", "f.safetensors"] + live + common)
            _ = try run(["quantize", "l.safetensors", "-o", "l.nnq"])
            let late = try Command.run(
                ["train", recipe, "--from", "f.safetensors", "--qat", "--epochs", "2", "--freeze-batch-norm", "2"]
                    + common, in: folder.url)
            #expect(late.status == 1 && late.errors.contains("freeze earlier"), "\(late.errors)")
        }
        let words = try run(["compare", "q.safetensors", "q.nnq", "--data", data, "--samples", "100"])
        #expect(words.output.contains("rounded float"), "\(words.output)")
    }
}
