// swift-tools-version: 6.1
// SPDX-License-Identifier: Apache-2.0
// A package that depends on nnq as any other one would, on its runtime alone.
import PackageDescription

let package = Package(
    name: "RuntimeClient",
    dependencies: [.package(name: "nnq", path: "../../..")],
    targets: [
        .executableTarget(name: "RuntimeClient", dependencies: [.product(name: "NNQRuntime", package: "nnq")])
    ]
)
