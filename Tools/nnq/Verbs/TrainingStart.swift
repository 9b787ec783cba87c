// SPDX-License-Identifier: Apache-2.0
// What a training begins with: a recipe's fresh network, or the network and weights of a model file.

import ArgumentParser
import Foundation
import NNQData
import NNQGraph
import NNQRecipes
import NNQTrain

/// The network, the settings and the data set of one call of `nnq train`.
struct TrainingStart {
    /// What messages and files are called after.
    let name: String
    let training: TrainingOptions
    /// The data set that is learnt unless another is given; nil where one must be.
    let data: String?
    private let recipe: Recipe?
    private let file: (path: String, model: Model)?

    /// - Parameters:
    ///   - subject: a recipe, or a model file as `from` is.
    ///   - from: a model file, whose network is taken; a recipe beside it then gives settings and data.
    init(_ subject: String?, from: String?) throws {
        let path = from ?? subject.flatMap { Self.isModel($0) ? $0 : nil }
        recipe = try subject.flatMap { Self.isModel($0) ? nil : try RecipeBook.recipe($0) }
        file = try path.map { ($0, try Model(contentsOf: $0)) }
        name = recipe?.name ?? Self.stem(path ?? "model")
        training = recipe?.training ?? TrainingOptions()
        data = recipe?.data
    }

    /// Whether the word names a model file rather than a recipe.
    static func isModel(_ subject: String) -> Bool { subject.hasSuffix(".safetensors") }

    /// Where the result goes unless the call says so; never over the file that training starts from.
    static func output(_ subject: String?, from: String?, name: String) -> String {
        let output = "\(name).safetensors"
        guard let path = from ?? subject, stem(path) == name, isModel(path) else { return output }
        return "\(name)-trained.safetensors"
    }

    private static func stem(_ path: String) -> String {
        URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    }

    /// Whether training starts from weights that exist.
    var hasWeights: Bool { file != nil }

    /// The model to train on this data.
    func model(for dataset: any Dataset, seed: UInt64) throws -> Model {
        guard let file else { return try recipe!.model(for: dataset, seed: seed) }
        var model = file.model
        model.metadata.notes["data"] = dataset.name
        model.metadata.notes["seed"] = String(seed)
        guard model.metadata.classes.isEmpty else { return model }
        // An imported model knows neither.
        switch dataset.target {
        case .classes(let names): model.metadata.classes = names
        case .values(let names):
            model.metadata.classes = names
            if model.metadata.task == .classification { model.metadata.task = .regression }
        }
        return model
    }
}
