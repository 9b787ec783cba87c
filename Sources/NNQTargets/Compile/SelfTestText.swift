// SPDX-License-Identifier: Apache-2.0
// The self-test of a generated model in C.

import NNQFormat

/// Elements of more than one byte are taken and hashed least byte first, whatever the machine's order is.
struct SelfTestText {
    private let names: CNames
    private let inputs: [ProgramTensor]
    private let outputs: [ProgramTensor]

    init(_ names: CNames, inputs: [ProgramTensor], outputs: [ProgramTensor]) {
        (self.names, self.inputs, self.outputs) = (names, inputs, outputs)
    }

    func text(_ test: SelfTest, resets: Bool) -> String {
        let name = names.name
        let feeds = inputs.enumerated().map { feed($0, $1, isStored: test.inputs != nil) }
        let hashes = outputs.enumerated().map { hash($0, $1) }
        let reset = resets ? "    \(name)_reset();\n" : ""
        return stored(test) + """

            int \(name)_selftest(void) {
                uint32_t hash = 2166136261u; /* FNV-1a of all outputs */
            \(feeds.joined())\(reset)    \(name)_run();
            \(hashes.joined())\(reset)    return hash == 0x\(test.hash)u ? 0 : 1;
            }

            """
    }

    private func stored(_ test: SelfTest) -> String {
        (test.inputs ?? []).enumerated().map { index, input in
            "\n" + ConstantTable.array(of: input, as: "static const int8_t \(array(index))[\(input.count)]")
        }.joined()
    }

    private func array(_ index: Int) -> String {
        "\(names.name)_test_\(CNames.end("input", index, of: inputs.count))"
    }

    /// Fills an input.
    private func feed(_ index: Int, _ tensor: ProgramTensor, isStored: Bool) -> String {
        let function = "\(names.name)_\(CNames.end("input", index, of: inputs.count))()"
        func byte(_ position: String) -> String {
            isStored ? "\(array(index))[\(position)]" : "(31 * (\(position)) + 7 + 128)"
        }
        let width = tensor.type.byteCount
        let value =
            width == 1
            ? (isStored ? byte("i") : "(int8_t)((31 * i + 7) % 256 - 128)")
            : "(\(tensor.cType))("
                + (0..<width).map { "(uint32_t)(uint8_t)\(byte("\(width) * i + \($0)")) << \(8 * $0)" }.joined(separator: " | ")
                + ")"
        return """
                for (int32_t i = 0; i < \(tensor.count); i++) {
                    \(function)[i] = \(value);
                }

            """
    }

    private func hash(_ index: Int, _ tensor: ProgramTensor) -> String {
        let function = "\(names.name)_\(CNames.end("output", index, of: outputs.count))()"
        let bits = 8 * tensor.type.byteCount
        return """
                for (int32_t i = 0; i < \(tensor.byteCount); i++) {
                    hash = (hash ^ \(bits == 8
                        ? "(uint8_t)\(function)[i]"
                        : "(uint8_t)((uint32_t)\(function)[i / \(bits / 8)] >> (i % \(bits / 8) * 8))")) * 16777619u;
                }

            """
    }
}
