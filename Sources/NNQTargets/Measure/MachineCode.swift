// SPDX-License-Identifier: Apache-2.0
// Instructions as objdump writes them, as far as the stack and the flow of control are concerned: Thumb and RISC-V.

/// One instruction.
package struct MachineInstruction {
    /// What happens after it.
    package enum Flow: Equatable {
        case next
        case jump(UInt64)
        case branch(UInt64)
        case call(UInt64)
        /// A call or a jump through a register; `returns` says which.
        case indirect(returns: Bool)
        /// A jump through a table in the code.
        case table
        case end
    }

    let address: UInt64
    let size: UInt64
    package let flow: Flow
    /// Whether its effect may be left out, and the next instruction follows: in an IT block.
    package let isConditional: Bool
    /// Between functions.
    let isPadding: Bool
    /// Bytes by which the stack grows; nil where that is not a number in the instruction.
    package let growth: Int?

    /// A line of `objdump -d`; nil for other lines and for data.
    package init?(line: Substring) {
        let columns = line.split(separator: "\t", omittingEmptySubsequences: false)
        guard columns.count >= 3, let address = UInt64(columns[0].trimming(" :"), radix: 16) else { return nil }
        let (name, condition) = Self.mnemonic(columns[2].trimming(" "))
        guard !name.hasPrefix("."), !name.isEmpty else { return nil }
        let operands = columns.count > 3 ? String(columns[3]) : ""
        self.address = address
        size = UInt64(columns[1].filter(\.isHexDigit).count / 2)
        flow = Self.flow(name, operands, isConditional: condition)
        isConditional = condition
        isPadding = name == "nop" || name == "unimp"
        growth = Self.growth(name, operands)
    }

    private static let conditions = [
        "eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le",
    ]
    /// Those whose conditional forms matter; `b` has its own.
    private static let conditional = ["push", "pop", "sub", "subw", "add", "addw", "str", "ldr", "ldmia", "bx", "blx", "bl", "mov"]

    /// Without width and condition.
    private static func mnemonic(_ text: String) -> (name: String, isConditional: Bool) {
        let name = text.split(separator: ".", maxSplits: 1).first.map(String.init) ?? text
        if text.hasPrefix(".") { return (text, false) }
        for base in conditional where name.count == base.count + 2 && name.hasPrefix(base) {
            if conditions.contains(String(name.suffix(2))) { return (base, true) }
        }
        return (name, false)
    }

    private static let riscvBranches: Set = [
        "beq", "bne", "blt", "bge", "bltu", "bgeu", "beqz", "bnez", "blez", "bgez", "bltz", "bgtz", "bgt", "ble", "bgtu",
        "bleu",
    ]

    private static func flow(_ name: String, _ operands: String, isConditional: Bool) -> Flow {
        switch name {
        case "b", "j": return target(operands).map { .jump($0) } ?? .end
        case "bl", "jal": return target(operands).map { .call($0) } ?? .end
        case "cbz", "cbnz", "le", "letp", "wls", "wlstp": return target(operands).map { .branch($0) } ?? .next
        case "bx": return operands.hasPrefix("lr") ? .end : .indirect(returns: false)
        case "blx": return .indirect(returns: true)
        case "jalr": return target(operands).map { .call($0) } ?? .indirect(returns: true)
        case "jr": return operands.hasPrefix("ra") ? .end : target(operands).map { .jump($0) } ?? .indirect(returns: false)
        case "ret", "mret", "udf": return .end
        case "tbb", "tbh": return .table
        case "pop": return operands.contains("pc}") ? .end : .next
        case "ldmia", "ldm": return !operands.contains("pc}") ? .next : operands.hasPrefix("sp!") ? .end : .table
        case "ldr": return operands.hasPrefix("pc, [sp]") ? .end : operands.hasPrefix("pc,") ? .table : .next
        case "mov": return operands == "pc, lr" ? .end : operands.hasPrefix("pc,") ? .table : .next
        default:
            let isBranch = riscvBranches.contains(name)
                || (name.count == 3 && name.hasPrefix("b") && conditions.contains(String(name.suffix(2))))
            return isBranch ? target(operands).map { .branch($0) } ?? .next : .next
        }
    }

    /// The address before `<symbol>`.
    private static func target(_ operands: String) -> UInt64? {
        guard let end = operands.firstIndex(of: "<") else { return nil }
        let word = operands[..<end].split { " ,#".contains($0) }.last
        return word.flatMap { UInt64($0, radix: 16) }
    }

    private static func growth(_ name: String, _ operands: String) -> Int? {
        let words = operands.split { " ,".contains($0) }.map(String.init)
        switch name {
        case "push", "vpush": return registers(operands)
        case "pop", "vpop": return -registers(operands)
        case "stmdb", "vstmdb": return operands.hasPrefix("sp!") ? registers(operands) : 0
        case "ldmia", "vldmia": return operands.hasPrefix("sp!") ? -registers(operands) : 0
        case "str", "strd", "ldr", "ldrd":
            guard operands.contains("[sp], #") || (operands.contains("[sp, #") && operands.hasSuffix("]!")) else { return 0 }
            return words.last.flatMap { number($0) }.map { -$0 }
        case "sub", "subw", "add", "addw", "addi":
            guard words.first == "sp" else { return 0 }
            guard words.count < 3 || words[1] == "sp", let value = number(words[words.count - 1]) else { return nil }
            return name.hasPrefix("sub") ? value : -value
        case "mov", "mv", "msr": return words.first == "sp" || words.first == "msp" ? nil : 0
        default: return 0
        }
    }

    /// `#-8`, `#8]!`, `-16`
    private static func number(_ text: String) -> Int? { Int(text.trimming("#]!")) }

    /// Bytes of the registers of a list such as `{r4, r5, lr}` or `{d8-d15}`.
    private static func registers(_ operands: String) -> Int {
        let list = operands.drop { $0 != "{" }.trimming("{}")
        return list.split { ", ".contains($0) }.reduce(0) { sum, item in
            let ends = item.split(separator: "-").compactMap { Int($0.dropFirst()) }
            let count = ends.count == 2 ? ends[1] - ends[0] + 1 : 1
            return sum + count * (item.hasPrefix("d") ? 8 : 4)
        }
    }
}

extension StringProtocol {
    /// Without these characters at its ends.
    func trimming(_ characters: String) -> String {
        String(drop { characters.contains($0) }.reversed().drop { characters.contains($0) }.reversed())
    }
}
