// SPDX-License-Identifier: Apache-2.0
// The report of a quantization, as options.

import ArgumentParser
import Foundation
import NNQBase
import NNQData
import NNQFormat
import NNQQuantize
import NNQReport

/// What to report, and on what.
struct ReportOptions: ParsableArguments {
    @Option(help: "Write a report, one HTML file that needs no network: float beside int8, layer by layer, and advice.")
    var report: String?
    @Option(help: "Data to report on; its test part is used. (default: that of --calibrate)") var data: String?
    @Option(help: "Report on at most so many test samples. (default: all)") var testSamples: Int?
    @Option(help: "Look at single layers on at most so many test samples.") var layerSamples = Analysis().layerSamples

    func validate() throws {
        if let testSamples, testSamples < 1 {
            throw ValidationError("--test-samples is \(testSamples); at least 1 is needed")
        }
        if layerSamples < 1 { throw ValidationError("--layer-samples is \(layerSamples); at least 1 is needed") }
        if report == nil, data != nil || testSamples != nil {
            throw ValidationError("--data and --test-samples are of the report: add --report FILE.html")
        }
    }

    /// Nil where no report is wanted.
    /// - Throws: an error that names what is missing.
    func testSet(calibratedOn calibrate: String?, _ options: DataOptions) throws -> (any Dataset)? {
        guard report != nil else { return nil }
        guard let name = data ?? calibrate else {
            throw ValidationError("--report needs test samples: name a data set with --data")
        }
        var whole = options
        whole.samples = testSamples
        return try whole.load(name, .test)
    }

    /// Measures, and writes the page.
    func write(
        _ quantized: Quantized, _ file: ProgramFile, _ fileBytes: Int, _ dataset: any Dataset, model: String,
        threads: Int
    ) throws -> QuantizationFigures {
        let analysis = Analysis(layerSamples: layerSamples, swapSamples: layerSamples, threads: threads)
        var progress: (stage: Analysis.Stage, bar: Progress)?
        let figures = try analysis.figures(
            of: quantized, file: file, fileBytes: fileBytes, source: DatasetSource(dataset, threads: threads),
            names: ((model as NSString).lastPathComponent, dataset.name)
        ) { stage, done, total in
            if progress?.stage != stage {
                progress?.bar.finish()
                progress = (stage, Progress(stage.title, total: total, unit: stage.unit))
            }
            progress!.bar.update(done)
        }
        progress?.bar.finish()
        let views = try figures.worst.map { try SampleView(dataset, index: $0.index) }
        try WholeFile.write(Array(ReportPage(figures, views: views).html.utf8), to: report!)
        return figures
    }
}

extension Analysis.Stage {
    fileprivate var title: String {
        switch self {
        case .answering: "comparing answers"
        case .layers: "comparing layers"
        case .swapping: "swapping layers"
        }
    }

    fileprivate var unit: String { self == .swapping ? "networks" : "samples" }
}
