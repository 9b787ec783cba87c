// SPDX-License-Identifier: Apache-2.0
// Stack bounds from machine code: known frames, calls, assembly, recursion.

import NNQFormat
import NNQTargets
import Testing

@Suite struct StackBoundTests {
    private func depths(_ source: String, of names: [String], on core: TargetCore) throws -> [Int?] {
        let board = try #require(Board(core))
        let build = try FirmwareBuild(board)
        try build.folder.write(source, to: "main.c")
        let sources = ["main.c"] + board.sources.map { "Boards/\($0)" }
        let objects = try build.compile(sources.map { .init(path: $0, flags: ["-O2"]) })
        try build.link(objects, to: "program.elf")
        var analysis = try StackAnalysis("program.elf", of: build)
        return names.map { analysis.depth(of: $0) }
    }

    @Test(arguments: [TargetCore.cortexM0, .cortexM4, .cortexM55])
    func addsUpCallsAndAssembly(_ core: TargetCore) throws {
        let source = """
            #include "board.h"
            void inner(void);
            void outer(void);
            __attribute__((naked, noinline)) void inner(void) {
                __asm__ volatile("push {r4, r5, r6, r7}\\n\\tsub sp, #24\\n\\tadd sp, #24\\n\\tpop {r4, r5, r6, r7}\\n\\tbx lr");
            }
            __attribute__((naked, noinline)) void outer(void) {
                __asm__ volatile("push {r4, lr}\\n\\tbl inner\\n\\tcmp r0, #0\\n\\tbeq 1f\\n\\tpush {r0, r1, r2}\\n\\t"
                                 "add sp, #12\\n1:\\n\\tpop {r4, pc}");
            }
            int main(void) { outer(); return 0; }
            """
        #expect(try depths(source, of: ["inner", "outer"], on: core) == [16 + 24, 8 + 16 + 24])
    }

    @Test func readsRISCV() throws {
        let source = """
            #include "board.h"
            void outer(void);
            int leaf(volatile int *at);
            __attribute__((noinline)) int leaf(volatile int *at) { return *at + 1; }
            __attribute__((noinline)) void outer(void) { volatile int at[20]; at[3] = 1; at[4] = leaf(at + 3); }
            int main(void) { outer(); return 0; }
            """
        #expect(try depths(source, of: ["leaf", "outer"], on: .rv32imac) == [0, 96])
    }

    @Test func hasNoBoundForRecursion() throws {
        let source = """
            #include "board.h"
            int deep(volatile int *at);
            __attribute__((noinline)) int deep(volatile int *at) { return *at > 0 ? deep(at) + deep(at + 1) : 1; }
            int main(void) { int at = 0; return deep(&at); }
            """
        #expect(try depths(source, of: ["deep"], on: .cortexM4) == [nil])
    }

    @Test func readsInstructions() throws {
        func parsed(_ text: String) throws -> MachineInstruction {
            try #require(MachineInstruction(line: "    1234:\te92d 41f0 \t\(text)"[...]))
        }
        #expect(try parsed("stmdb\tsp!, {r4, r5, r6, r7, r8, lr}").growth == 24)
        #expect(try parsed("vpush\t{d8-d11}").growth == 32)
        #expect(try parsed("str.w\tr4, [sp, #-8]!").growth == 8)
        #expect(try parsed("ldr.w\tpc, [sp], #4").growth == -4)
        #expect(try parsed("ldr.w\tpc, [sp], #4").flow == .end)
        #expect(try parsed("ldmia.w\tsp, {ip, pc}").flow == .table)
        #expect(try parsed("sub.w\tsp, sp, #400\t@ 0x190").growth == 400)
        #expect(try parsed("sub\tsp, r3").growth == nil)
        #expect(try parsed("popeq\t{r4, pc}").isConditional)
        #expect(try parsed("bls.n\t1250 <loop+0x1c>").flow == .branch(0x1250))
        #expect(try parsed("cbnz\tr3, 1250 <loop+0x1c>").flow == .branch(0x1250))
        #expect(try parsed("le\tlr, 1230 <loop>").flow == .branch(0x1230))
        #expect(try parsed("bl\t2000 <inner>").flow == .call(0x2000))
        #expect(try parsed("blx\tr3").flow == .indirect(returns: true))
        #expect(try parsed("bx\tlr").flow == .end)
        #expect(try parsed("addi\tsp,sp,-32").growth == 32)
        #expect(try parsed("jalr\ta5").flow == .indirect(returns: true))
        #expect(MachineInstruction(line: "    1234:\t00000001 \t.word\t0x00000001"[...]) == nil)
    }
}
