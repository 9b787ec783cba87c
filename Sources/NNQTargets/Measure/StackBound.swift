// SPDX-License-Identifier: Apache-2.0
// The most stack that a program can use, from its machine code: every path of every function, assembly included.

import Foundation

/// Bytes; nil where something has no static bound.
public struct StackBound: Sendable {
    public var opening: Int?
    public var running: Int?
}

/// Follows the flow of control and adds up what is pushed.
package struct StackAnalysis {
    private let code: [UInt64: MachineInstruction]
    /// Functions by address, in order.
    private let functions: [UInt64]
    private let addresses: [String: UInt64]
    /// What a call through a pointer can reach, by the address of the call.
    private let targets: (UInt64) -> [UInt64]
    /// Functions that are not called, by address.
    private let unused: Set<UInt64>
    private var known: [UInt64: Int?] = [:]
    private var active: Set<UInt64> = []

    /// Deeper than any stack that is looked at.
    private static let limit = 1 << 16

    /// - Parameters:
    ///   - unused: whether a function is one that this program never calls.
    ///   - targets: what a call through a pointer can reach, by the address of the call.
    package init(
        _ program: String, of build: FirmwareBuild, unused: (String) -> Bool = { _ in false },
        targets: @escaping (UInt64) -> [UInt64] = { _ in [] }
    ) throws {
        // Without being told, objdump does not know Helium.
        let machine = build.board.core == .cortexM55 ? ["-m", "armv8.1-m.main"] : []
        let objdump = build.board.compiler.sibling("objdump")
        let text = try objdump.run(machine + ["-d", program], in: build.folder.path)
        let instructions = text.split(separator: "\n").compactMap { MachineInstruction(line: $0) }
        code = Dictionary(instructions.map { ($0.address, $0) }, uniquingKeysWith: { first, _ in first })
        let symbols = try build.symbols(of: program).filter { !MeasuredProgram.isMark($0.name) || $0.name.hasPrefix("nnq_run") }
        functions = symbols.filter { !$0.name.hasPrefix("$") }.map(\.address).sorted()
        addresses = Dictionary(symbols.map { ($0.name, $0.address) }, uniquingKeysWith: { first, _ in first })
        self.unused = Set(symbols.filter { unused($0.name) }.map(\.address))
        self.targets = targets
    }

    /// The most that a function and all that it calls push; nil where there is no bound or no such function.
    package mutating func depth(of function: String) -> Int? { addresses[function].flatMap { depth(at: $0) } }

    private mutating func depth(at entry: UInt64) -> Int? {
        if unused.contains(entry) { return 0 }
        if let depth = known[entry] { return depth }
        guard active.insert(entry).inserted else { return nil }
        defer { active.remove(entry) }
        let depth = walk(from: entry)
        known[entry] = .some(depth)
        return depth
    }

    private mutating func walk(from entry: UInt64) -> Int? {
        var seen: [UInt64: Int] = [:]
        var open = [(address: entry, depth: 0)]
        var deepest = 0
        while let (address, before) = open.popLast() {
            guard seen[address, default: -1] < before, let instruction = code[address] else { continue }
            seen[address] = before
            guard let growth = instruction.growth, before < Self.limit else { return nil }
            let after = before + growth
            deepest = max(deepest, after)
            let next = address + instruction.size
            if instruction.isConditional { open.append((next, before)) }
            switch instruction.flow {
            case .next: open.append((next, after))
            case .jump(let target): open.append((target, after))
            case .branch(let target): open += [(next, after), (target, after)]
            case .call(let target):
                guard let callee = depth(at: target) else { return nil }
                deepest = max(deepest, after + callee)
                open.append((next, after))
            case .indirect(let returns):
                let reachable = targets(address)
                if reachable.isEmpty, !returns { open += rest(of: address, after) }
                // What is running already is not what it calls through a pointer: nothing in the runtime recurs.
                for target in reachable where !active.contains(target) {
                    guard let callee = depth(at: target) else { return nil }
                    deepest = max(deepest, after + callee)
                }
                if returns { open.append((next, after)) }
            case .table: open += rest(of: address, after)
            case .end: break
            }
        }
        return deepest
    }

    /// All that follows in the same function: where a table may lead.
    private func rest(of address: UInt64, _ depth: Int) -> [(address: UInt64, depth: Int)] {
        let end = functions.first { $0 > address } ?? address
        return stride(from: address + 2, to: end, by: 2).filter { code[$0]?.isPadding == false }.map { ($0, depth) }
    }
}
