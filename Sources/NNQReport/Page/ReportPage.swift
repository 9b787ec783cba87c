// SPDX-License-Identifier: Apache-2.0
// The report as one HTML file that needs nothing else.

/// A page of figures, readable without network.
public struct ReportPage {
    let figures: QuantizationFigures
    let views: [SampleView]

    /// - Parameter views: what the samples of `figures.worst` look like, in their order.
    /// - Precondition: there is one for each.
    public init(_ figures: QuantizationFigures, views: [SampleView]) {
        precondition(views.count == figures.worst.count)
        self.figures = figures
        self.views = views
    }

    /// HTML that is well-formed XML too; UTF-8.
    public var html: String {
        let title = "Quantization of \(figures.model)".escaped
        let body = [
            "<header><h1>\(title)</h1><p class=\"muted\">\(subtitle.escaped)</p>\(tiles)</header>\n", adviceSection,
            accuracySection, confusionSection, layerSection, swapSection, worstSection, activationSection,
            weightSection, methodSection, memorySection, trainingSection, rulesSection,
        ].joined()
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head><meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>
            <title>\(title)</title>
            <style>
            \(Style.text)
            </style></head>
            <body>
            \(body)</body>
            </html>

            """
    }

    private var subtitle: String {
        let widths = figures.methods.activationLine.map { " int8 here has \($0)." } ?? ""
        return "Float beside int8 on \(Words.grouped(figures.samples)) test samples of \(figures.data). int8 ran on "
            + "the C runtime.\(widths)"
    }

    private var tiles: String {
        var tiles: [String] = []
        if let answers = figures.answers {
            let pairs = answers.pairs
            tiles += [
                Markup.tile("float accuracy", Words.percent(pairs.float.value), Words.interval(pairs.float.interval)),
                Markup.tile("int8 accuracy", Words.percent(pairs.int8.value), Words.interval(pairs.int8.interval)),
                Markup.tile(
                    "difference, points", Words.points(pairs.difference), "p = \(Words.probability(pairs.mcNemar))"),
                Markup.tile("same answer", Words.percent(answers.agreement.value), "of all samples"),
            ]
        }
        if let values = figures.values {
            tiles += [
                Markup.tile("float RMSE", Words.number(values.float.rmse), "MAE \(Words.number(values.float.mae))"),
                Markup.tile("int8 RMSE", Words.number(values.int8.rmse), "MAE \(Words.number(values.int8.mae))"),
                Markup.tile("int8 from float, RMSE", Words.number(values.difference.rmse), "of all outputs"),
            ]
        }
        tiles += [
            Markup.tile("file, bytes", Words.grouped(figures.memory.fileBytes), "in flash"),
            Markup.tile("arena, bytes", Words.grouped(figures.memory.arenaBytes), "of RAM"),
        ]
        return "<div class=\"tiles\">\(tiles.joined())</div>"
    }

    private var adviceSection: String {
        let items = figures.advice.map { "<li>\($0.text.escaped)</li>" }.joined(separator: "\n")
        return Markup.section("What to do", "", "<ul class=\"advice\">\n\(items)\n</ul>")
    }

    private var rulesSection: String {
        Markup.section(
            "How to read this", "",
            """
            <p>Intervals are of 95 % confidence: Wilson's for accuracies, Newcombe's for their difference. p is of McNemar's \
            test: how often two equally good models would differ this much by chance. SQNR is the signal to noise ratio, \
            10 log10(sum x² / sum (x − y)²) with x float and y int8. A saturated value lies more than a step outside \
            of what its tensor can hold. Noise shares compare the noise that each layer makes at the output when it alone \
            is int8.</p>
            <p>Recommendations follow from rules: int8 needs work where p is below 0.05 and it loses, where under 98 % of \
            its answers are float's, or where its RMSE is over 5 % larger; a layer is named where its noise share is 20 % \
            or more; saturation where over 1 % of a tensor's values are saturated; test samples are called few where the \
            difference is known to over a point only.</p>
            """)
    }
}
