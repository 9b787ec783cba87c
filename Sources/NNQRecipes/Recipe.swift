// SPDX-License-Identifier: Apache-2.0
// A recipe: data, network and training in one small YAML file.

import NNQBase
import NNQData
import NNQGraph
import NNQTrain
import Yams

/// What to train, on what, and how.
public struct Recipe {
    public let name: String
    /// One line for a list of recipes.
    public let summary: String
    /// The data set that it learns unless another is given; one that nnq makes itself.
    public let data: String
    /// Other sets that suit it.
    public let alsoSuits: [String]
    public let task: Task
    /// Nil where it is measured on the training data: every channel gets mean 0 and variance 1.
    public let normalization: Normalization?
    public let initializer: Initializer
    public let training: TrainingOptions
    /// The file as it was read.
    public let source: String
    private let layers: Value

    private static let keys = [
        "name", "summary", "data", "also", "task", "normalization", "initializer", "layers", "training",
    ]

    /// Reads a recipe.
    /// - Parameter file: what errors call it.
    /// - Throws: `RecipeError` with file and line.
    public init(yaml: String, file: String) throws {
        let root: Yams.Node?
        do { root = try Yams.compose(yaml: yaml) } catch { throw RecipeError("\(file) is not YAML: \(error)") }
        guard let root else { throw RecipeError("\(file) is empty: 'nnq recipes lenet5' prints one to start from") }
        let value = Value(node: root, file: file, path: "")
        let members = try value.members(Self.keys)
        func need(_ key: String) throws -> Value {
            guard let member = members[key] else { throw value.error("'\(key)' is missing") }
            return member
        }
        source = yaml
        name = try need("name").string()
        summary = try members["summary"]?.string() ?? ""
        data = try need("data").string()
        alsoSuits = try members["also"]?.list().map { try $0.string() } ?? []
        task = try need("task").word(Task.self)
        normalization = if let value = members["normalization"] { try Self.normalization(value) } else { .identity }
        initializer = try members["initializer"]?.word(Initializer.self) ?? .he
        layers = try need("layers")
        training = try members["training"].map(TrainingReader.options) ?? TrainingOptions()
        // The words of the layers are checked here; shapes when there is data.
        _ = try LayerReader(outputs: 1).blocks(layers)
    }

    /// `{mean: 128, std: 64}`, or the word `measured`.
    private static func normalization(_ value: Value) throws -> Normalization? {
        if value.text == "measured" { return nil }
        let members = try value.members(["mean", "std"])
        let normalization = Normalization(
            mean: try members["mean"]?.listOrOne().map { try $0.float() } ?? [0],
            std: try members["std"]?.listOrOne().map { try $0.float() } ?? [1])
        guard normalization.isValid else { throw value.error("as many means as stds are needed, stds above 0") }
        return normalization
    }

    /// A fresh model of the recipe for this data.
    /// - Throws: `GraphError` where a layer does not fit the data's shape.
    public func model(for dataset: any Dataset, seed: UInt64) throws -> Model {
        let blocks = try LayerReader(outputs: dataset.target.count).blocks(layers)
        let names: [String] =
            switch dataset.target {
            case .classes(let names), .values(let names): names
            }
        let metadata = Metadata(
            task: task, normalization: normalization ?? .measured(dataset), classes: names,
            hasByteInput: dataset.isByteImage,
            notes: ["recipe": name, "data": dataset.name, "seed": String(seed)])
        let graph = Graph(input: Shape(dataset.sampleShape), blocks: blocks)
        return try Model(graph: graph, seed: seed, initializer: initializer, metadata: metadata)
    }
}
