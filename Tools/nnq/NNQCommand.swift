// SPDX-License-Identifier: Apache-2.0
// The command `nnq`: its verbs, and how it ends.

import ArgumentParser
import Foundation
import NNQTrain

@main
struct NNQCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nnq",
        abstract: "Trains small neural networks, quantizes them to int8 and runs them as a microcontroller would.",
        discussion: """
            From data to an int8 model, on data that nnq makes itself:

              nnq train lenet5 --data digits -o lenet5.safetensors
              nnq quantize lenet5.safetensors --calibrate digits -o lenet5.nnq
              nnq compare lenet5.safetensors lenet5.nnq --data digits

            Exit codes: 0 done, 1 the work failed, 2 the call was wrong, 130 stopped by Ctrl-C.
            """,
        version: "nnq 1.0.0",
        subcommands: [
            DataVerb.self, RecipesVerb.self, TrainVerb.self, EvalVerb.self, ImportVerb.self, ExportVerb.self,
            QuantizeVerb.self, TuneVerb.self, CompareVerb.self, RunVerb.self, InspectVerb.self, PlanVerb.self,
            VerifyVerb.self, CompileVerb.self, FirmwareVerb.self, MeasureVerb.self,
        ])

    static func main() {
        Trainer.shareProcessors()
        do {
            try checkVerb()
            let words = Array(CommandLine.arguments.dropFirst())
            var command = try parseAsRoot(ImpliedValue.written(into: words, for: MethodOptions.implied))
            try command.run()
        } catch let stop as Interrupted {
            Console.say(stop.description)
            Foundation.exit(130)
        } catch {
            end(with: error)
        }
    }

    /// A first word that is no verb is named as such, rather than as a superfluous argument.
    private static func checkVerb() throws {
        let verbs = configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
        guard let word = CommandLine.arguments.dropFirst().first, !word.hasPrefix("-"), !verbs.contains(word) else {
            return
        }
        throw ValidationError("'\(word)' is not a verb of nnq; verbs are \(verbs.joined(separator: ", "))")
    }

    /// Help and versions end well; a wrong call ends with 2 and its usage; everything else is the work's own failure.
    private static func end(with error: any Error) -> Never {
        switch exitCode(for: error) {
        case .success:
            print(fullMessage(for: error))
            Foundation.exit(0)
        case .validationFailure:
            Console.say(fullMessage(for: error))
            Foundation.exit(2)
        default:
            Console.say("nnq: \(message(for: error))")
            Foundation.exit(1)
        }
    }
}
