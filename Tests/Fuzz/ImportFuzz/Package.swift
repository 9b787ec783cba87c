// swift-tools-version: 6.1
import PackageDescription

// A static library, which Tests/Fuzz/importers builds with sanitizers and links with libFuzzer.
let package = Package(
    name: "ImportFuzz",
    products: [.library(name: "ImportFuzz", type: .static, targets: ["ImportFuzz"])],
    dependencies: [.package(name: "nnq", path: "../../..")],
    targets: [
        .target(
            name: "ImportFuzz",
            dependencies: [.product(name: "NNQImport", package: "nnq"), .product(name: "NNQFormat", package: "nnq")])
    ]
)
