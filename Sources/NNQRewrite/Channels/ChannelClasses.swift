// SPDX-License-Identifier: Apache-2.0
// Which channels stay and go together, and which of them something needs: liveness from the outputs to the inputs.

import NNQFormat

/// The channels of all tensors of a program in classes; a class stays whole or goes whole.
struct ChannelClasses {
    /// By tensor, the number of its first channel among all channels.
    private let first: [Int]
    private let counts: [Int]
    /// A forest: each channel's parent, itself at a root.
    private var parents: [Int]
    private var isNeeded: [Bool]

    init(_ program: Program) {
        counts = program.tensors.map(\.channels)
        first = counts.indices.map { [counts] in counts.prefix($0).reduce(0, +) }
        parents = Array(0..<counts.reduce(0, +))
        isNeeded = Array(repeating: false, count: parents.count)
        for tensor in Array(0..<program.inputCount) + program.outputs { needAll(tensor) }
        for index in program.operations.indices.reversed() { visit(index, of: program) }
        spreadNeeds()
    }

    /// By tensor, the channels that stay: those of classes of which something needs a member.
    var kept: [[Int]] {
        mutating get { counts.indices.map { kept(of: $0) } }
    }

    private mutating func kept(of tensor: Int) -> [Int] {
        (0..<counts[tensor]).filter { isNeeded[root(first[tensor] + $0)] }
    }

    private mutating func visit(_ index: Int, of program: Program) {
        let inputs = program.operations[index].inputs
        let output = program.output(of: index)
        if let linear = LinearOperation(program, index) {
            for channel in 0..<linear.channels where isNeeded[first[output] + channel] {
                for input in linear.inputChannels(of: channel) { isNeeded[first[inputs[0]] + input] = true }
            }
            for (input, channel) in linear.tiedChannels { unite(first[inputs[0]] + input, first[output] + channel) }
        } else if let links = program.links(of: index) {
            for link in links {
                let (input, channel) = (first[inputs[link.operand]] + link.input, first[output] + link.output)
                if isNeeded[channel] { isNeeded[input] = true }
                unite(input, channel)
            }
            let linked = Set(links.map(\.operand))
            for operand in inputs.indices where !linked.contains(operand) { needAll(inputs[operand]) }
        } else {
            for tensor in inputs + [output] { needAll(tensor) }
        }
    }

    private mutating func needAll(_ tensor: Int) {
        for channel in 0..<counts[tensor] { isNeeded[first[tensor] + channel] = true }
    }

    /// Makes a class needed where a member is, and the first channel of tensors that would lose all of them.
    private mutating func spreadNeeds() {
        for channel in isNeeded.indices where isNeeded[channel] { isNeeded[root(channel)] = true }
        for tensor in counts.indices where kept(of: tensor).isEmpty { isNeeded[root(first[tensor])] = true }
    }

    private mutating func unite(_ a: Int, _ b: Int) { parents[root(a)] = root(b) }

    private mutating func root(_ channel: Int) -> Int {
        var channel = channel
        while parents[channel] != channel {
            parents[channel] = parents[parents[channel]]
            channel = parents[channel]
        }
        return channel
    }
}
