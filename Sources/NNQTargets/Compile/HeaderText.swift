// SPDX-License-Identifier: Apache-2.0
// The header of a generated model: sizes, quantization, functions.

import NNQFormat

struct HeaderText {
    let text: String

    init(_ file: ProgramFile, _ names: CNames, _ target: TargetCore) {
        let program = file.program
        let inputs = Array(program.tensors.prefix(program.inputCount - program.stateCount))
        let outputs = program.outputs.map { program.tensors[$0] }
        let (name, capital) = (names.name, names.capital)
        var text = """
            /* \(name): made by nnq compile for \(target.rawValue); change the model, not this file.
             *
             * A tensor's elements lie row by row, in a row pixel by pixel, channels last; of an int8 element q,
             * real = SCALE * (q - ZERO_POINT).
             */
            #ifndef \(capital)_H
            #define \(capital)_H

            #include <stdint.h>

            #ifdef __cplusplus
            extern "C" {
            #endif

            /* Bytes of static RAM that the model takes: its tensors and what its kernels use beside them. */
            #define \(capital)_ARENA_SIZE \(file.plan.arenaBytes)


            """
        for (index, tensor) in inputs.enumerated() {
            text += Self.constants(of: tensor, "\(capital)_\(CNames.end("INPUT", index, of: inputs.count))")
        }
        for (index, tensor) in outputs.enumerated() {
            text += Self.constants(of: tensor, "\(capital)_\(CNames.end("OUTPUT", index, of: outputs.count))")
        }
        text += "/* Where the inputs lie. Write every input before every run, which may use its memory for something else. */\n"
        for (index, tensor) in inputs.enumerated() {
            text += "\(tensor.cType) *\(name)_\(CNames.end("input", index, of: inputs.count))(void);\n"
        }
        text += "\n/* One inference: about \(program.totalMACs) multiply-accumulates. */\nvoid \(name)_run(void);\n"
        text += "\n/* Where the outputs lie, valid until the next run or the next write to an input. */\n"
        for (index, tensor) in outputs.enumerated() {
            text += "const \(tensor.cType) *\(name)_\(CNames.end("output", index, of: outputs.count))(void);\n"
        }
        if program.stateCount > 0 {
            text += "\n/* Forgets what the model remembers from run to run. To be called before the first run. */\n"
            text += "void \(name)_reset(void);\n"
        }
        text += """

            /* Runs the model on a stored input and returns 0 where the output is the one that it must give, else 1. Inputs\
            \(program.stateCount > 0 ? " and what\n * the model remembers" : "")
             * are overwritten. */
            int \(name)_selftest(void);

            #ifdef __cplusplus
            }
            #endif

            #endif

            """
        self.text = text
    }

    private static func constants(of tensor: ProgramTensor, _ prefix: String) -> String {
        var lines = ["SIZE \(tensor.byteCount)"]
        lines += ["HEIGHT \(tensor.height)", "WIDTH \(tensor.width)", "CHANNELS \(tensor.channels)"]
        if tensor.type == .int8 {
            let zeroPoint = tensor.quantization.zeroPoint
            lines.append("SCALE \(tensor.quantization.scale.cLiteral)")
            lines.append("ZERO_POINT \(zeroPoint < 0 ? "(\(zeroPoint))" : "\(zeroPoint)")")
        }
        let title = tensor.name.isEmpty ? "" : "\"\(tensor.name.forComment)\", "
        return "/* \(title)\(tensor.type), \(tensor.byteCount) bytes. */\n"
            + lines.map { "#define \(prefix)_\($0)\n" }.joined() + "\n"
    }
}

extension ProgramTensor {
    /// The type of its elements in C.
    var cType: String { "\(type)_t" }

    /// `32 x 32 x 16`
    var extents: String { "\(height) x \(width) x \(channels)" }
}

extension Program {
    fileprivate var totalMACs: Int { operations.indices.reduce(0) { $0 + macs(of: $1) } }
}

extension String {
    /// Without what would end a comment or the line.
    var forComment: String {
        String(unicodeScalars.map { $0.isASCII && $0.value >= 32 && $0.value < 127 ? Character($0) : "?" })
            .replacingOccurrences(of: "*/", with: "* /").replacingOccurrences(of: "/*", with: "/ *")
    }
}

extension Float {
    /// A literal that reads back as the same number.
    fileprivate var cLiteral: String {
        let text = "\(self)"
        return (text.contains { ".e".contains($0) } ? text : text + ".0") + "f"
    }
}
