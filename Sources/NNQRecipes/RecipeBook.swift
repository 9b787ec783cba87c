// SPDX-License-Identifier: Apache-2.0
// The built-in recipes, and recipes from files.

import NNQBase

/// Where recipes come from.
public enum RecipeBook {
    /// The built-in recipes, from the simplest to the largest network.
    public static let names = [
        "perceptron", "linear-regression", "xor-mlp", "sine", "digits-mlp", "lenet5", "lenet-wide", "resnet8",
        "resnet14", "mobilenet",
    ]

    private static let files: [String: [UInt8]] = [
        "perceptron": PackageResources.perceptron_yaml, "linear-regression": PackageResources.linear_regression_yaml,
        "xor-mlp": PackageResources.xor_mlp_yaml, "sine": PackageResources.sine_yaml,
        "digits-mlp": PackageResources.digits_mlp_yaml, "lenet5": PackageResources.lenet5_yaml,
        "lenet-wide": PackageResources.lenet_wide_yaml, "resnet8": PackageResources.resnet8_yaml,
        "resnet14": PackageResources.resnet14_yaml, "mobilenet": PackageResources.mobilenet_yaml,
    ]

    /// The built-in recipe of this name, or else the recipe in the file of this name.
    /// - Throws: `RecipeError`, `FileError`.
    public static func recipe(_ name: String) throws -> Recipe {
        if let bytes = files[name] {
            return try Recipe(yaml: String(decoding: bytes, as: UTF8.self), file: "\(name).yaml")
        }
        guard name.hasSuffix(".yaml") || name.hasSuffix(".yml") else {
            throw RecipeError(
                "there is no recipe '\(name)'; built in are \(names.joined(separator: ", ")), "
                    + "and a path that ends in .yaml is read"
            )
        }
        return try Recipe(yaml: String(decoding: WholeFile.read(name), as: UTF8.self), file: name)
    }
}
