// SPDX-License-Identifier: Apache-2.0
// Ctrl-C and --resume: the same weights as a run that was never stopped.

import Foundation
import Testing

@Suite("stopping and going on")
struct ResumeTests {
    @Test func resumedRunEndsWithTheSameBytes() throws {
        let folder = try Scratch()
        let common = ["lenet5", "--samples", "4000", "--epochs", "12", "--seed", "3", "--threads", "1"]
        let whole = try Command.run(["train"] + common + ["-o", folder.path("whole.safetensors")])
        #expect(whole.status == 0, "\(whole.errors)")

        let output = folder.path("stopped.safetensors")
        let checkpoint = "\(output).checkpoint"
        // This is said right before training begins.
        let stopped = try Command.run(["train"] + common + ["-o", output], interruptAfter: "parameters")
        try #require(stopped.status == 130, "the run ended before it was stopped: \(stopped.errors)")
        #expect(stopped.errors.contains("--resume"))
        #expect(folder.contents == ["stopped.safetensors.checkpoint", "whole.safetensors"])

        let resumed = try Command.run(["train"] + common + ["-o", output, "--resume"])
        #expect(resumed.status == 0, "\(resumed.errors)")
        #expect(!FileManager.default.fileExists(atPath: checkpoint))
        let files = try ["whole", "stopped"].map {
            try Data(contentsOf: URL(fileURLWithPath: folder.path("\($0).safetensors")))
        }
        #expect(files[0] == files[1])
    }
}
