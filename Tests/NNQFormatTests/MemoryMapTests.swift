// SPDX-License-Identifier: Apache-2.0
// What `nnq plan` draws.

import NNQFormat
import Oracle
import Testing

@Suite struct MemoryMapTests {
    @Test func leNet5() throws {
        var networks = NetworkGenerator(seed: 1)
        let program = networks.leNet5()
        let text = MemoryMap.text(program, try MemoryPlanner().plan(program), width: 72)
        #expect(text == Self.expected, "\(text)")
    }

    @Test func noLineIsWiderThanTheTerminal() throws {
        var networks = NetworkGenerator(seed: 1)
        for program in [networks.resNet8(), networks.mobileNetV1()] {
            let plan = try MemoryPlanner().plan(program)
            for width in [80, 100, 132] {
                let lines = MemoryMap.text(program, plan, width: width).split(separator: "\n")
                #expect(lines.allSatisfy { $0.count <= width })
            }
        }
    }

    private static let expected = ""
}
