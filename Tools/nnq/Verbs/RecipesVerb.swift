// SPDX-License-Identifier: Apache-2.0
// nnq recipes: the built-in recipes, and one of them to copy.

import ArgumentParser
import NNQRecipes

struct RecipesVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recipes", abstract: "List the built-in recipes, or print one to copy and edit.",
        discussion: """
            Example: nnq recipes lenet5 > mine.yaml
                     nnq train mine.yaml --data mnist -o mine.safetensors
            """)

    @Argument(help: "The recipe to print.") var name: String?
    @OptionGroup var json: JSONOption

    private struct Entry: Encodable {
        let name: String
        let summary: String
        let data: String
        let also: [String]
        let epochs: Int
    }

    private struct Result: Encodable { let recipes: [Entry] }

    private struct Source: Encodable {
        let name: String
        let yaml: String
    }

    func run() throws {
        if let name {
            let recipe = try RecipeBook.recipe(name)
            if json.isOn { return try Console.emit(Source(name: recipe.name, yaml: recipe.source)) }
            return Console.print(recipe.source)
        }
        let entries = try RecipeBook.names.map(RecipeBook.recipe).map {
            Entry(name: $0.name, summary: $0.summary, data: $0.data, also: $0.alsoSuits, epochs: $0.training.epochs)
        }
        guard !json.isOn else { return try Console.emit(Result(recipes: entries)) }
        var table = Table(["recipe", "data", "also", "what"])
        for entry in entries { table.add([entry.name, entry.data, entry.also.joined(separator: ", "), entry.summary]) }
        table.lines.forEach(Console.print)
    }
}
