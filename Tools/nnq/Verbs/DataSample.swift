// SPDX-License-Identifier: Apache-2.0
// nnq data sample: one sample of a set as a file, to look at or to run.

import ArgumentParser
import NNQData

struct DataSample: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sample", abstract: "Write one sample as .png or .npy.",
        discussion: "Example: nnq data sample digits --index 7 -o digit.png")

    @Argument(help: "A set's name, or a path.") var data: String
    @Option(help: "Which sample, from 0.") var index: Int = 0
    @Option(help: "train or test.") var split = Split.test
    @Option(name: .shortAndLong, help: "The file to write.") var output: String
    @OptionGroup var options: DataOptions
    @OptionGroup var json: JSONOption

    private struct Result: Encodable {
        let output: String
        let label: Int?
        let name: String?
    }

    func validate() throws {
        guard output.hasSuffix(".png") || output.hasSuffix(".npy") else {
            throw ValidationError("'\(output)' ends in neither .png nor .npy")
        }
    }

    func run() throws {
        let dataset = try options.load(data, split)
        guard dataset.indices.contains(index) else {
            throw DataError(
                "\(dataset.name) has samples 0 to \(dataset.count - 1) in its \(split.rawValue) part; "
                    + "\(index) is none of them"
            )
        }
        try write(dataset)
        let label = dataset.classNames.map { ($0[dataset.label(index)], dataset.label(index)) }
        guard !json.isOn else { return try Console.emit(Result(output: output, label: label?.1, name: label?.0)) }
        Console.print(label.map { "\(output): \($0.0)" } ?? output)
    }

    private func write(_ dataset: any Dataset) throws {
        let values = dataset.sample(index)
        let shape = dataset.sampleShape
        guard output.hasSuffix(".png") else {
            let array = dataset.isByteImage ? NPYArray.Values.uint8(values.map { UInt8($0) }) : .float32(values)
            return try NPYArray(shape: shape, values: array).write(to: output)
        }
        guard dataset.isByteImage, shape.count == 3, shape[2] == 1 || shape[2] == 3 else {
            throw DataError("samples of \(dataset.name) are no pictures", remedy: "Write a .npy file")
        }
        let picture = Picture(height: shape[0], width: shape[1], channels: shape[2], pixels: values.map { UInt8($0) })
        try ImageFile.writePNG(picture, to: output)
    }
}

extension Split: ExpressibleByArgument {}

extension Dataset {
    var indices: Range<Int> { 0..<count }
}
