// SPDX-License-Identifier: Apache-2.0
// nnq plan: where every tensor lies in the arena, and how good the plan is.

import ArgumentParser
import NNQFormat

struct PlanVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Show the memory plan of an int8 model, its lower bound and its map over time.",
        discussion: "Example: nnq plan lenet5.nnq")

    @Argument(help: "The .nnq file.") var model: String
    @OptionGroup var json: JSONOption

    private struct Result: Encodable {
        struct Tensor: Encodable {
            let name: String
            let offset: Int
            let bytes: Int
            let in_place_on: String?
        }
        let arena_bytes: Int
        let lower_bound: Int
        let optimal: Bool
        let tensors: [Tensor]
    }

    func run() throws {
        guard case .int8(let file, _) = try ModelFile(model) else {
            throw ValidationError("\(model) is a float model: 'nnq quantize' makes the int8 model that has a plan")
        }
        // The file's own plan says where things lie; whether a better one exists is searched again.
        let best = try MemoryPlanner().plan(file.program)
        let (program, plan) = (file.program, file.plan)
        let isOptimal = plan.isProvenOptimal || (best.isProvenOptimal && plan.arenaBytes <= best.arenaBytes)
        guard !json.isOn else {
            let tensors = program.tensors.indices.map { index in
                let base = plan.inPlace.first { $0.output == index }.map { program.tensors[$0.input].name }
                return Result.Tensor(
                    name: program.tensors[index].name, offset: plan.offsets[index],
                    bytes: plan.bytes(of: index, in: program), in_place_on: base)
            }
            return try Console.emit(
                Result(arena_bytes: plan.arenaBytes, lower_bound: plan.lowerBound, optimal: isOptimal, tensors: tensors)
            )
        }
        Console.print(MemoryMap.text(program, plan, width: Console.width))
        Console.print("")
        let verdict = isOptimal ? "proven optimal" : "not proven optimal: at most \(percent(plan.gap)) above the bound"
        Console.print("Arena \(grouped(plan.arenaBytes)) bytes, lower bound \(grouped(plan.lowerBound)), \(verdict)")
    }
}
