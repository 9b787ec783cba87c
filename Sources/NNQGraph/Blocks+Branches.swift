// SPDX-License-Identifier: Apache-2.0
// Blocks with more than one path.

/// Two paths from one input, added: `main(x) + shortcut(x)`. Without a shortcut, the input itself is added.
public struct Residual: Block {
    let main: [any Block]
    let shortcut: [any Block]

    public init(@BlockBuilder _ main: () -> [any Block]) { self.init(main: main(), shortcut: []) }

    public init(@BlockBuilder _ main: () -> [any Block], @BlockBuilder shortcut: () -> [any Block]) {
        self.init(main: main(), shortcut: shortcut())
    }

    public init(main: [any Block], shortcut: [any Block]) {
        self.main = main
        self.shortcut = shortcut
    }

    public func append(to graph: inout Graph, after input: Int) -> Int {
        let left = main.append(to: &graph, after: input)
        let right = shortcut.append(to: &graph, after: input)
        return graph.append(.add, inputs: [left, right])
    }
}

/// Two paths from one input, combined element by element: `Combine(.multiply) { gate } with: { main }`.
public struct Combine: Block {
    let function: BinaryFunction
    let first: [any Block]
    let second: [any Block]

    /// An empty path passes the input on.
    public init(
        _ function: BinaryFunction, @BlockBuilder _ first: () -> [any Block],
        @BlockBuilder with second: () -> [any Block]
    ) {
        self.function = function
        self.first = first()
        self.second = second()
    }

    public func append(to graph: inout Graph, after input: Int) -> Int {
        let left = first.append(to: &graph, after: input)
        let right = second.append(to: &graph, after: input)
        return graph.append(.binary(function), inputs: [left, right])
    }
}

/// Several paths from one input, joined along the channels or another axis.
public struct Concat: Block {
    let branches: [[any Block]]
    let axis: Int?

    /// An empty branch passes the input on.
    /// - Parameter axis: nil is the channels.
    public init(_ branches: [[any Block]], axis: Int? = nil) {
        self.branches = branches
        self.axis = axis
    }

    public init(
        @BlockBuilder _ first: () -> [any Block], @BlockBuilder and second: () -> [any Block]
    ) {
        self.init([first(), second()])
    }

    public func append(to graph: inout Graph, after input: Int) -> Int {
        let ends = branches.map { $0.append(to: &graph, after: input) }
        return graph.append(.concat(axis: axis), inputs: ends)
    }
}
