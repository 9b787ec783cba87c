// SPDX-License-Identifier: Apache-2.0
// Options whose value may be left out.

/// An option that may stand alone, and what it then means.
///
/// The value is written in before the call is parsed, so that `--name`, `--name value` and `--name=value` are read on
/// one path, and a word that is no value ends the call with the words that are.
struct ImpliedValue {
    /// With its dashes.
    let option: String
    let value: String
    /// The words that are its values; anything else behind the option belongs to the rest of the call.
    let values: [String]

    init<Method>(_ option: String, _ method: Method) where Method: CaseIterable & RawRepresentable<String> & Sendable {
        self.option = option
        value = method.rawValue
        values = Choice<Method>.allValueStrings
    }

    /// The arguments with every value that was left out; what follows `--` stays as it is.
    static func written(into arguments: [String], for options: [ImpliedValue]) -> [String] {
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        return arguments.indices.flatMap { index -> [String] in
            guard index < end, let implied = options.first(where: { $0.option == arguments[index] }) else {
                return [arguments[index]]
            }
            let isGiven = index + 1 < end && implied.values.contains(arguments[index + 1])
            return [implied.option] + (isGiven ? [] : [implied.value])
        }
    }
}
