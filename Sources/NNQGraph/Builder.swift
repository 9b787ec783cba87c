// SPDX-License-Identifier: Apache-2.0
// Models as Swift code: a result builder whose elements append layers to a graph.

/// A piece of a model: one layer, or several with branches.
public protocol Block: Sendable {
    /// Appends the piece to the graph after node `input`, and returns the node that holds its result.
    func append(to graph: inout Graph, after input: Int) -> Int
}

/// Collects the blocks of a `Model { ... }` closure in order; `if` and `for` work.
@resultBuilder
public enum BlockBuilder {
    public static func buildExpression(_ block: any Block) -> [any Block] { [block] }
    public static func buildExpression(_ blocks: [any Block]) -> [any Block] { blocks }
    public static func buildBlock(_ parts: [any Block]...) -> [any Block] { parts.flatMap { $0 } }
    public static func buildArray(_ parts: [[any Block]]) -> [any Block] { parts.flatMap { $0 } }
    public static func buildOptional(_ part: [any Block]?) -> [any Block] { part ?? [] }
    public static func buildEither(first: [any Block]) -> [any Block] { first }
    public static func buildEither(second: [any Block]) -> [any Block] { second }
}

extension [any Block] {
    func append(to graph: inout Graph, after input: Int) -> Int {
        reduce(input) { node, block in block.append(to: &graph, after: node) }
    }
}

extension Graph {
    /// A graph with one input and one output.
    public init(input: Shape, blocks: [any Block]) {
        self.init()
        let start = append(.input(input), inputs: [], name: "input")
        outputs = [blocks.append(to: &self, after: start)]
    }
}

extension Model {
    /// A model with fresh parameters, described layer by layer:
    ///
    ///     let model = try Model(input: [28, 28, 1]) {
    ///         Conv2D(6, kernel: 5, padding: .same)
    ///         ReLU()
    ///         MaxPool(2)
    ///         Flatten()
    ///         Dense(10)
    ///         Softmax()
    ///     }
    ///
    /// - Throws: `GraphError` that names the first layer whose input does not fit.
    public init(
        input: Shape, seed: UInt64 = 1, initializer: Initializer = .he, metadata: Metadata = Metadata(),
        @BlockBuilder _ blocks: () -> [any Block]
    ) throws {
        try self.init(
            graph: Graph(input: input, blocks: blocks()), seed: seed, initializer: initializer, metadata: metadata)
    }
}
