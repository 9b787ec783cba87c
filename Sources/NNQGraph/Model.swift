// SPDX-License-Identifier: Apache-2.0
// A float model: the graph, its parameters, and what is needed to feed and read it.

import NNQBase

/// What a model's output means.
public enum Task: String, Codable, Sendable, CaseIterable {
    /// The class is the largest of the outputs.
    case classification
    /// One output, or several independent ones: yes above 0.5.
    case binary
    /// The outputs are numbers.
    case regression
}

/// What travels with a model beside its weights.
public struct Metadata: Hashable, Codable, Sendable {
    public var task: Task
    public var normalization: Normalization
    /// Names of the classes (or of the output values), in output order; may be empty.
    public var classes: [String]
    /// True where raw inputs are bytes (pixels), so that int8 input can be `pixel - 128` exactly.
    public var hasByteInput: Bool
    /// Free notes: recipe, data set, epochs, seed.
    public var notes: [String: String]
    /// Nil for models of plain floats.
    public var fakeQuantization: FakeQuantization?
    /// All epochs of training so far, those of the model that training started from first; nil where there were none.
    public var history: [TrainedEpoch]?

    public init(
        task: Task = .classification, normalization: Normalization = .identity, classes: [String] = [],
        hasByteInput: Bool = false, notes: [String: String] = [:], fakeQuantization: FakeQuantization? = nil
    ) {
        self.task = task
        self.normalization = normalization
        self.classes = classes
        self.hasByteInput = hasByteInput
        self.notes = notes
        self.fakeQuantization = fakeQuantization
    }

    /// For pictures of bytes: `(pixel - 128) / 64`, which int8 input holds exactly as `pixel - 128`.
    public static func pixels(task: Task = .classification, classes: [String] = []) -> Metadata {
        Metadata(
            task: task, normalization: Normalization(mean: [128], std: [64]), classes: classes, hasByteInput: true)
    }
}

/// A float model.
public struct Model: Hashable, Sendable {
    public var graph: Graph
    /// By full name, `layer.weight`; exactly those that `graph.parameters()` and `metadata.fakeQuantization` list.
    public var parameters: [String: Tensor]
    public var metadata: Metadata

    /// - Throws: `GraphError` where shapes do not fit or a parameter is missing, superfluous or of another shape.
    public init(graph: Graph, parameters: [String: Tensor], metadata: Metadata = Metadata()) throws {
        self.graph = graph
        self.parameters = parameters
        self.metadata = metadata
        try validate()
    }

    /// A model with fresh parameters.
    public init(
        graph: Graph, seed: UInt64, initializer: Initializer = .he, metadata: Metadata = Metadata()
    ) throws {
        try self.init(
            graph: graph, parameters: graph.initialParameters(seed: seed, initializer: initializer), metadata: metadata)
    }

    /// Trainable parameters in all.
    public var parameterCount: Int {
        guard let specs = try? graph.parameters() else { return 0 }
        return specs.reduce(0) { $0 + ($1.spec.isTrainable ? $1.spec.shape.reduce(1, *) : 0) }
    }

    private func validate() throws {
        let wanted =
            try graph.parameters().map { ($0.name, $0.spec.shape) }
            + (metadata.fakeQuantization?.parameters(of: graph) ?? [])
        for (name, shape) in wanted {
            guard let tensor = parameters[name] else { throw GraphError("parameter '\(name)' is missing") }
            guard tensor.shape == shape else {
                throw GraphError("parameter '\(name)' has shape \(tensor.shape), the graph needs \(shape)")
            }
        }
        if parameters.count > wanted.count, let extra = Set(parameters.keys).subtracting(wanted.map(\.0)).min() {
            throw GraphError("parameter '\(extra)' belongs to no layer of the graph")
        }
        guard metadata.normalization.isValid else {
            throw GraphError("normalization: one mean and one std above 0 for each channel, or one of each")
        }
    }
}
