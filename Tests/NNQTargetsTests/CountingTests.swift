// SPDX-License-Identifier: Apache-2.0
// The counting plugin on loops whose instructions are known.

import NNQFormat
import NNQTargets
import Testing

@Suite struct CountingTests {
    /// Runs a function of assembly between two marks on a board and gives what was counted.
    private func count(_ assembly: String, on core: TargetCore) throws -> CountedRow {
        let board = try #require(Board(core))
        let build = try FirmwareBuild(board)
        try build.folder.writeEmbedded(under: "Counter/")
        let isRISCV = core == .rv32imac
        try build.folder.write(
            """
            \(isRISCV ? "" : ".syntax unified\n.thumb")
            .text
            .balign 4
            .global loop
            \(isRISCV ? "" : ".thumb_func")
            loop:
            \(assembly)

            """, to: "loop.S")
        try build.folder.write(
            """
            #include "measured.h"
            void loop(void);
            int main(void) {
                MEASURE_TOUCH_STACK();
                MEASURE_MARK(run);
                loop();
                MEASURE_MARK(done);
                return 0;
            }

            """, to: "main.c")
        let sources = ["loop.S", "main.c"] + board.sources.map { "Boards/\($0)" }
        let objects = try build.compile(sources.map { .init(path: $0, flags: ["-O2", "-ICounter"]) })
        try build.link(objects, to: "program.elf")
        let run = try CountedRun("program.elf", of: build, isMark: { $0.hasPrefix("measure_") })
        var row = try #require(run.rows.first { $0.mark == "measure_run" })
        // What was written below the stack pointer of main: the word of the touch is above it.
        row.stackBytes = max(0, row.stackBytes - (try #require(run.rows.first)).stackBytes + 4)
        return row
    }

    @Test(arguments: [TargetCore.cortexM0, .cortexM3, .cortexM4, .cortexM7, .cortexM23, .cortexM33, .cortexM55])
    func countsThumb(_ core: TargetCore) throws {
        let row = try count(
            """
                push {r4, r5, r6, lr}
                movs r3, #250
                lsls r3, r3, #2
                mov r4, sp
            1:  ldr r0, [r4]
                ldr r1, [r4, #4]
                str r0, [r4]
                ldmia r4!, {r0, r1, r2}
                subs r4, r4, #12
                muls r0, r0, r1
                subs r3, r3, #1
                bne 1b
                pop {r4, r5, r6, pc}
            """, on: core)
        let counts = row.counts
        // bl loop, push, movs, lsls, mov, eight a round, pop.
        #expect(counts.instructions == 1 + 4 + 8 * 1000 + 1)
        #expect(counts.loads == 5 * 1000 + 4)
        #expect(counts.stores == 4 + 1000)
        #expect(counts.singleStores == 1000)
        #expect(counts.freeLoads == 1000)
        #expect(counts.takenBranches == 1 + 999 + 1)
        #expect(counts.calls == 1)
        #expect(counts.multiplies == 1000)
        #expect(counts.vectors == 0)
        #expect(row.stackBytes == 16)
    }

    @Test func countsMultipliesOfTheM4() throws {
        let counts = try count(
            """
                mla r0, r1, r2, r3
                smlad r0, r1, r2, r3
                smuad r0, r1, r2
                mul r0, r1, r2
                smull r0, r1, r2, r3
                smlal r0, r1, r2, r3
                udiv r0, r1, r2
                cbz r0, 1f
            1:  ldrd r0, r1, [sp]
                ldrb.w r2, [sp]
                ldrsh r2, [sp]
                bx lr
            """, on: .cortexM4
        ).counts
        #expect(counts.multiplyAdds == 2)
        #expect(counts.multiplies == 2)
        #expect(counts.longMultiplies == 2)
        #expect(counts.divides == 1)
        #expect(counts.loads == 4)
        #expect(counts.freeLoads == 1)
        // bl, bx; a branch to the next instruction cannot be told from one that is not taken.
        #expect(counts.takenBranches == 2)
    }

    @Test func countsHelium() throws {
        let counts = try count(
            """
                push {r4, lr}
                movs r0, #0
                movs r1, #0
                mov r2, sp
                movs r3, #100
                dls lr, r3
            1:  vldrb.u8 q0, [r2]
                vmladava.s8 r0, q0, q0
                vldrb.u8 q1, [r2]
                vldrb.u8 q2, [r2]
                vadd.i32 q1, q1, q2
                le lr, 1b
                pop {r4, pc}
            """, on: .cortexM55
        ).counts
        #expect(counts.instructions == 1 + 6 + 6 * 100 + 1)
        #expect(counts.vectors == 5 * 100)
        #expect(counts.vectorOverlaps == 3 * 100)
        #expect(counts.loads == 3 * 100 + 2)
        #expect(counts.takenBranches == 1 + 99 + 1)
    }

    @Test func countsRISCV() throws {
        let row = try count(
            """
                addi sp, sp, -16
                sw ra, 12(sp)
                li t0, 500
            1:  lw a0, 12(sp)
                lbu a1, 0(sp)
                sw a0, 0(sp)
                mul a0, a0, a1
                mulh a2, a0, a1
                addi t0, t0, -1
                bnez t0, 1b
                li a0, 7
                divu a0, a0, a0
                lw ra, 12(sp)
                addi sp, sp, 16
                ret
            """, on: .rv32imac)
        let counts = row.counts
        #expect(counts.instructions == 1 + 3 + 7 * 500 + 5)
        #expect(counts.loads == 2 * 500 + 1)
        #expect(counts.stores == 500 + 1)
        #expect(counts.multiplies == 500)
        #expect(counts.longMultiplies == 500)
        #expect(counts.divides == 1)
        #expect(counts.takenBranches == 1 + 499 + 1)
        #expect(row.stackBytes == 16)
    }

    @Test func estimatesCyclesByTable() {
        var counts = InstructionCounts()
        counts.instructions = 100
        counts.loads = 10
        counts.freeLoads = 4
        counts.stores = 6
        counts.singleStores = 5
        counts.takenBranches = 7
        counts.multiplyAdds = 3
        #expect(CycleEstimate(.cortexM4).cycles(counts) == 100 + 6 + 1 + 14)
        #expect(CycleEstimate(.cortexM3).cycles(counts) == 100 + 6 + 1 + 14 + 3)
        #expect(CycleEstimate(.cortexM0).cycles(counts) == 100 + 10 + 6 + 14)
        #expect(CycleEstimate(.rv32imac).cycles(counts) == 100 + 7)
    }
}
