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

    private static let expected = """
        arena: 5880 bytes, proven optimal
        < read  > written  x in place  = kept
        op  kind      output  live   0                                     5880
         0  conv2d    t1      5488  |>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>><<<<<<   |
         1  max_pool  t2      5880  |<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<>>>>>>>>>|
         2  conv2d    t3      2776  |>>>>>>>>>>>                      <<<<<<<<<|
         3  max_pool  t4      2000  |<<<<<<<<<<<>>>                            |
         4  dense     t5       520  |>          <<<                            |
         5  dense     t6       204  |>                                         |
         6  dense     t7        94  |>                                         |
         7  softmax   t8        10  |x                                         |

        tensor  name  shape         bytes  place          alive
             0  t0    28 x 28 x 1     784  4704 ..< 5488  start to op 0
             1  t1    28 x 28 x 6    4704  0 ..< 4704     op 0 to op 1
             2  t2    14 x 14 x 6    1176  4704 ..< 5880  op 1 to op 2
             3  t3    10 x 10 x 16   1600  0 ..< 1600     op 2 to op 3
             4  t4    5 x 5 x 16      400  1600 ..< 2000  op 3 to op 4
             5  t5    1 x 1 x 120     120  0 ..< 120      op 4 to op 5
             6  t6    1 x 1 x 84       84  120 ..< 204    op 5 to op 6
             7  t7    1 x 1 x 10       10  0 ..< 10       op 6 to op 7
             8  t8    1 x 1 x 10       10  0 ..< 10       op 7 to end

        """
}
