// swift-tools-version: 6.1
// SPDX-License-Identifier: Apache-2.0
// The README's Swift program, as a package of its own.
import PackageDescription

let package = Package(
    name: "TrainClient",
    dependencies: [.package(name: "nnq", path: "../../..")],
    targets: [
        .executableTarget(
            name: "TrainClient",
            dependencies: ["NNQData", "NNQGraph", "NNQTrain", "NNQQuantize", "NNQFormat", "NNQRuntime"].map {
                .product(name: $0, package: "nnq")
            })
    ]
)
