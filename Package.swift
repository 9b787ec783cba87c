// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "nnq",
    products: [
        .executable(name: "nnq", targets: ["nnq"]),
        .library(name: "NNQGraph", targets: ["NNQGraph"]),
        .library(name: "NNQData", targets: ["NNQData"]),
        .library(name: "NNQTrain", targets: ["NNQTrain"]),
        .library(name: "NNQQuantize", targets: ["NNQQuantize"]),
        .library(name: "NNQFormat", targets: ["NNQFormat"]),
        .library(name: "NNQImport", targets: ["NNQImport"]),
        .library(name: "NNQRewrite", targets: ["NNQRewrite"]),
        .library(name: "NNQReport", targets: ["NNQReport"]),
        .library(name: "NNQTune", targets: ["NNQTune"]),
        .library(name: "NNQRuntime", targets: ["NNQRuntime"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    ],
    targets: [
        // The C runtime: copyable alone, no dependency.
        .target(name: "CNNQ", path: "CRuntime", sources: ["src"], publicHeadersPath: "include"),

        // System libraries.
        .systemLibrary(name: "CDNNL"),
        .systemLibrary(name: "CZlib"),
        .systemLibrary(name: "CPNG"),
        .systemLibrary(name: "CTurboJPEG"),

        // The toolkit; imports run downwards only.
        .target(name: "NNQBase"),
        .target(name: "NNQGraph", dependencies: ["NNQBase"]),
        .target(name: "NNQData", dependencies: ["NNQBase", "CZlib", "CPNG", "CTurboJPEG"]),
        .target(name: "CTrainKernels"),
        .target(name: "NNQFormat", dependencies: ["NNQBase", "CNNQ"]),
        .target(name: "NNQArithmetic", dependencies: ["NNQGraph", "NNQFormat"]),
        .target(
            name: "NNQTrain",
            dependencies: ["NNQBase", "NNQGraph", "NNQData", "NNQFormat", "NNQArithmetic", "CDNNL", "CTrainKernels"]),
        .target(name: "NNQRewrite", dependencies: ["NNQFormat", "NNQRuntime", "CNNQ"]),
        .target(
            name: "NNQQuantize",
            dependencies: [
                "NNQBase", "NNQGraph", "NNQData", "NNQTrain", "NNQFormat", "NNQArithmetic", "NNQRuntime",
            ]),
        .target(
            name: "NNQReport",
            dependencies: ["NNQBase", "NNQGraph", "NNQData", "NNQFormat", "NNQQuantize"]),
        .target(
            name: "NNQTune",
            dependencies: ["NNQBase", "NNQGraph", "NNQData", "NNQTrain", "NNQFormat", "NNQQuantize"]),
        .target(
            name: "NNQRecipes",
            dependencies: ["NNQGraph", "NNQTrain", "NNQData", .product(name: "Yams", package: "Yams")],
            resources: [.embedInCode("Recipes")]),
        .target(name: "NNQRuntime", dependencies: ["CNNQ"]),
        .target(
            name: "ONNXProto", dependencies: [.product(name: "SwiftProtobuf", package: "swift-protobuf")],
            exclude: ["onnx.proto", "regenerate", "VERSIONS"]),
        .target(
            name: "NNQImport",
            dependencies: ["NNQBase", "NNQGraph", "NNQFormat", "NNQQuantize", "CNNQ", "ONNXProto"]),
        // Microcontrollers; the plugin embeds the text of C files.
        .target(
            name: "NNQTargets", dependencies: ["NNQBase", "NNQFormat", "NNQRuntime", "CNNQ"],
            exclude: ["Boards", "Counter"],
            plugins: ["EmbedText"]),
        .plugin(
            name: "EmbedText", capability: .buildTool(), dependencies: ["embed-text"], path: "Tools/EmbedText"),
        .executableTarget(name: "embed-text", path: "Tools/embed-text"),

        .executableTarget(
            name: "nnq",
            dependencies: [
                "NNQBase", "NNQGraph", "NNQData", "NNQTrain", "NNQFormat", "NNQRewrite", "NNQQuantize", "NNQImport",
                "NNQReport", "NNQTune", "NNQRecipes", "NNQRuntime", "NNQTargets",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tools/nnq"),

        // Tests, what they share, and benchmarks.
        .target(name: "Oracle", dependencies: ["NNQBase", "NNQFormat", "CNNQ"], path: "Tests/Oracle"),
        .executableTarget(name: "OracleHash", dependencies: ["NNQFormat", "Oracle"], path: "Tests/OracleHash"),
        .target(name: "LayerReference", dependencies: ["NNQGraph"], path: "Tests/LayerReference"),
        .testTarget(name: "NNQFormatTests", dependencies: ["NNQBase", "NNQFormat", "CNNQ", "Oracle"]),
        .testTarget(name: "NNQRuntimeTests", dependencies: ["NNQBase", "NNQFormat", "NNQRuntime", "CNNQ", "Oracle"]),
        .testTarget(
            name: "NNQRewriteTests",
            dependencies: ["NNQFormat", "NNQRewrite", "NNQRuntime", "CNNQ", "Oracle"]),
        .testTarget(name: "NNQTargetsTests", dependencies: ["NNQTargets", "NNQBase", "NNQFormat", "CNNQ", "Oracle"]),
        .testTarget(name: "NNQCommandTests", dependencies: ["nnq", "NNQGraph", "NNQBase"]),
        .testTarget(name: "NNQGraphTests", dependencies: ["NNQGraph", "NNQBase"]),
        .testTarget(
            name: "NNQQuantizeTests",
            dependencies: [
                "NNQQuantize", "NNQArithmetic", "NNQGraph", "NNQBase", "NNQData", "NNQTrain", "NNQFormat", "NNQRewrite",
                "NNQRuntime", "CNNQ", "Oracle", "LayerReference",
            ]),
        .testTarget(
            name: "NNQTrainTests", dependencies: ["NNQTrain", "NNQBase", "NNQGraph", "NNQData", "LayerReference"]),
        .executableTarget(name: "TrainBench", dependencies: ["NNQBase", "NNQTrain"], path: "Tests/Bench/TrainBench"),
        .testTarget(
            name: "NNQImportTests",
            dependencies: [
                "NNQImport", "NNQBase", "NNQGraph", "NNQTrain", "NNQFormat", "NNQRewrite", "NNQRuntime", "CNNQ",
                "ONNXProto",
            ],
            exclude: [
                "ONNX/Models", "ONNX/accepted_cases.txt", "ONNX/export_torch.py", "ONNX/quantize_onnxruntime.py",
            ]),
        .testTarget(
            name: "NNQReportTests",
            dependencies: [
                "NNQReport", "NNQBase", "NNQGraph", "NNQData", "NNQFormat", "NNQQuantize", "NNQTrain",
            ]),
        .testTarget(
            name: "NNQTuneTests",
            dependencies: [
                "NNQTune", "NNQBase", "NNQGraph", "NNQData", "NNQFormat", "NNQQuantize", "NNQTrain", "NNQReport",
            ]),
        .testTarget(name: "NNQDataTests", dependencies: ["NNQBase", "NNQData"]),
    ]
)
