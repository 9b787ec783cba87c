// SPDX-License-Identifier: Apache-2.0
// main.c of a firmware project, and what it prints.

import NNQFormat

struct FirmwareMain {
    /// Elements of an output that are printed.
    private static let most = 12

    private let name: String
    private let capital: String
    private let inputs: [ProgramTensor]
    private let outputs: [ProgramTensor]
    private let classes: [String]
    private let remembers: Bool

    init(_ model: CompiledModel) {
        let program = model.file.program
        name = model.name
        capital = model.name.uppercased()
        inputs = Array(program.tensors.prefix(program.inputCount - program.stateCount))
        outputs = program.outputs.map { program.tensors[$0] }
        let names = program.info.classes ?? []
        let isVector = outputs.count == 1 && outputs[0].type == .int8 && outputs[0].count == names.count
        classes = isVector ? names : []
        remembers = program.stateCount > 0
    }

    var text: String {
        """
        /* SPDX-License-Identifier: Apache-2.0
         * Tests \(name), then runs it on each input of inputs.bin and prints the outputs.
         */
        #include "board/board.h"
        #include "\(name).h"

        \(classTable)static void write_value(int32_t value) {
            console_write(value < 0 ? " -" : " ");
            console_number(value < 0 ? 0u - (uint32_t)value : (uint32_t)value);
        }

        /* Fills the inputs; returns 0 where the file has no more. On a product, a sensor's values go here. */
        static int read_inputs(void) {
            return \(reads);
        }

        static void write_outputs(void) {
        \(writes)}

        int main(void) {
            if (\(name)_selftest() != 0) {
                console_write("\(name): the self-test fails\\n");
                return 1;
            }
            console_write("\(name): the self-test passes\\n");
            while (read_inputs()) {
                \(name)_run();
                write_outputs();
            }
            return 0;
        }

        """
    }

    /// What the firmware prints where the inputs are those of the example.
    func printed(_ example: ExampleRun) -> [String] {
        var lines = ["\(name): the self-test passes"]
        for (index, output) in example.outputs.enumerated() {
            let values = outputs[index].values(output)
            let label = CNames.end("output", index, of: outputs.count)
            lines.append("\(label):" + values.prefix(Self.most).map { " \($0)" }.joined() + (values.count > Self.most ? " ..." : ""))
        }
        if !classes.isEmpty {
            let values = example.outputs[0]
            lines.append("class: \(classes[values.indices.max { values[$0] < values[$1] }!].forConsole)")
        }
        return lines
    }

    private var reads: String {
        inputs.indices.map { index in
            let end = CNames.end("input", index, of: inputs.count)
            return "console_read(\(name)_\(end)(), \(capital)_\(end.uppercased())_SIZE)"
        }.joined(separator: " &&\n           ")
    }

    private var writes: String {
        var text = ""
        for (index, tensor) in outputs.enumerated() {
            let end = CNames.end("output", index, of: outputs.count)
            let shown = min(tensor.count, Self.most)
            text += """
                    console_write("\(end):");
                    for (int32_t i = 0; i < \(shown); i++) {
                        write_value(\(name)_\(end)()[i]);
                    }
                    console_write("\(tensor.count > shown ? " ..." : "")\\n");

                """
        }
        guard !classes.isEmpty else { return text }
        return text + """
                int32_t best = 0;
                for (int32_t i = 1; i < \(classes.count); i++) {
                    best = \(name)_output()[i] > \(name)_output()[best] ? i : best;
                }
                console_write("class: ");
                console_write(classes[best]);
                console_write("\\n");

            """
    }

    private var classTable: String {
        guard !classes.isEmpty else { return "" }
        let names = classes.map { "    \"\($0.forConsole)\",\n" }.joined()
        return "static const char *const classes[\(classes.count)] = {\n\(names)};\n\n"
    }
}

extension String {
    /// As the console prints it and a C string holds it.
    fileprivate var forConsole: String {
        String(unicodeScalars.map { $0.isASCII && $0.value >= 32 && $0.value < 127 && $0 != "\"" && $0 != "\\" ? Character($0) : "?" })
            .replacingOccurrences(of: "??", with: "__")
    }
}

extension ProgramTensor {
    /// The elements of these bytes, in this machine's order.
    fileprivate func values(_ bytes: [Int8]) -> [Int32] {
        bytes.withUnsafeBytes { raw in
            (0..<count).map { index in
                switch type {
                case .int8: Int32(bytes[index])
                case .int16: Int32(raw.loadUnaligned(fromByteOffset: 2 * index, as: Int16.self))
                case .int32: raw.loadUnaligned(fromByteOffset: 4 * index, as: Int32.self)
                }
            }
        }
    }
}
