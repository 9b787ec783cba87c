// SPDX-License-Identifier: Apache-2.0
// The page: well-formed, complete, and in need of nothing else.

import Foundation
import NNQBase
import NNQData
import NNQGraph
import NNQQuantize
import NNQReport
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// What an XML parser sees of a page.
final class SeenPage: NSObject, XMLParserDelegate {
    private(set) var text = ""
    private(set) var elements: [String: Int] = [:]
    private(set) var sources: [String] = []
    private(set) var references: [String] = []
    private(set) var error: (any Error)?

    init(_ html: String) {
        super.init()
        let parser = XMLParser(data: Data(html.utf8))
        parser.delegate = self
        if !parser.parse() { error = parser.parserError ?? CocoaError(.formatting) }
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        elements[name, default: 0] += 1
        if let source = attributes["src"] { sources.append(source) }
        references += attributes.filter { $0.key == "href" || $0.value.contains("url(") }.map(\.value)
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
}

@Suite struct PageTests {
    private static func page(_ subject: Subject, _ figures: QuantizationFigures) throws -> String {
        ReportPage(figures, views: try figures.worst.map { try SampleView(subject.data, index: $0.index) }).html
    }

    @Test func isWholeAndWellFormed() throws {
        let options = QuantizationOptions(
            calibrator: .percentile(98), weightScales: .mse, absorbBias: true, adaround: true)
        let subject = try Subject(seed: 5, options: options)
        let figures = try subject.figures()
        let html = try Self.page(subject, figures)
        let seen = SeenPage(html)
        #expect(seen.error == nil, "\(seen.error.map { "\($0)" } ?? "")")
        #expect(!html.contains("http:") && !html.contains("https:") && !html.contains("<script"))
        #expect(!html.contains("@import") && !html.contains("url(") && !html.contains("nan") && seen.references.isEmpty)
        #expect(seen.sources.count == figures.worst.count)
        #expect(seen.sources.allSatisfy { $0.hasPrefix("data:image/png;base64,") })
        #expect(html.contains("prefers-color-scheme: dark") && html.contains("@media print"))
        #expect(html.contains("name=\"viewport\""))

        let answers = try #require(figures.answers)
        for share in [answers.pairs.float.value, answers.pairs.int8.value, answers.agreement.value] {
            #expect(seen.text.contains(String(format: "%.2f %%", 100 * share)))
        }
        for heading in [
            "What to do", "Accuracy", "Confusion", "Layers", "Which layer costs what", "Worst samples", "Activations",
            "Weights", "What each method changed", "Memory", "How to read this",
        ] { #expect(seen.text.contains(heading)) }
        for layer in figures.layers { #expect(seen.text.contains(layer.name)) }
        for advice in figures.advice { #expect(seen.text.contains(advice.text)) }
        for line in figures.methods.lines { #expect(seen.text.contains(line)) }
        // Names with letters that markup uses are text.
        #expect(seen.text.contains("Quantization of m<1>.safetensors") && seen.text.contains("b<&\">"))
        // Three intervals and matrices, a histogram a layer and weights, the memory map, bars and strips.
        #expect(seen.elements["svg"]! >= 6 + figures.layers.count + 3 * figures.weights.count)
    }

    /// Curves of training, where the model has a history; two of each where samples were held out.
    @Test func trainingIsDrawn() throws {
        let subject = try Subject(seed: 8, count: 30)
        var figures = try subject.figures()
        #expect(figures.training == nil)
        let without = SeenPage(try Self.page(subject, figures))
        #expect(!without.text.contains("held-out"))
        figures.training = [(2.5, 0.25), (1.25, 0.5), (0.75, 0.8125)].map {
            TrainedEpoch(loss: $0.0, accuracy: $0.1, validationLoss: $0.0 + 0.5, validationAccuracy: $0.1 / 2)
        }
        let seen = SeenPage(try Self.page(subject, figures))
        #expect(seen.error == nil && seen.elements["polyline"]! == (without.elements["polyline"] ?? 0) + 4)
        #expect(seen.text.contains("training: 2.5 to 0.75; held-out samples: 3 to 1.25"))
        #expect(seen.text.contains("training: 25.00 % to 81.25 %; held-out samples: 12.50 % to 40.62 %"))
    }

    @Test func picturesAreTheSamples() throws {
        let subject = try Subject(seed: 6, count: 40)
        guard case .picture(let bytes) = try SampleView(subject.data, index: 7) else {
            Issue.record("a sample of pixels is no picture")
            return
        }
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("nnq-\(UUID().uuidString).png")
        defer { try? FileManager.default.removeItem(at: path) }
        try Data(bytes).write(to: path)
        let picture = try ImageFile.read(path.path)
        #expect(picture.height == 8 && picture.width == 8 && picture.channels == 1)
        #expect(picture.pixels.map { Float($0) } == subject.data.sample(7))
    }

    @Test func seriesAndNumbers() throws {
        let values = (0..<120).map { Float($0) }
        let series = try FloatDataset(
            name: "series", shape: [20, 3], values: values, classes: ["a"], labels: [0, 0])
        let curves = (0..<3).map { channel in (0..<20).map { Float(60 + 3 * $0 + channel) } }
        #expect(try SampleView(series, index: 1) == .series(curves))
        let numbers = try FloatDataset(
            name: "numbers", shape: [4], values: Array(values[..<8]), targetNames: ["y"], targets: [1, 2])
        #expect(try SampleView(numbers, index: 1) == .numbers([4, 5, 6, 7]))
    }

    /// What `--json` gives can be read again.
    @Test func figuresSurviveJSON() throws {
        let figures = try Subject(seed: 7, count: 30).figures()
        let data = try JSONEncoder().encode(figures)
        #expect(try JSONDecoder().decode(QuantizationFigures.self, from: data) == figures)
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let answers = try #require(object["answers"] as? [String: Any])
        #expect(answers["mcnemar"] as? Double == figures.answers?.pairs.mcNemar)
        #expect(answers["int8"] as? Double == figures.answers?.pairs.int8.value)
        let interval = try #require(answers["difference_interval"] as? [String: Double])
        #expect(interval["low"] == figures.answers?.pairs.differenceInterval.low)
    }
}
