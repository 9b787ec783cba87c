// SPDX-License-Identifier: Apache-2.0
// Accuracy, confusion and the worst samples.

extension ReportPage {
    var accuracySection: String {
        if let values = figures.values { return errorSection(values) }
        guard let answers = figures.answers else { return "" }
        let pairs = answers.pairs
        let accuracies = IntervalChart(
            rows: [
                .init(name: "float", value: pairs.float.value, interval: pairs.float.interval, style: "float"),
                .init(name: "int8", value: pairs.int8.value, interval: pairs.int8.interval, style: "int8"),
            ], text: { Words.percent($0) })
        let difference = IntervalChart(
            rows: [
                .init(
                    name: "int8", value: pairs.difference, interval: pairs.differenceInterval, style: "int8")
            ], reference: 0, text: { Words.points($0) })
        let table = Markup.table(
            ["", "int8 right", "int8 wrong"],
            [
                ["float right", Words.grouped(pairs.bothRight), Words.grouped(pairs.onlyFloat)],
                ["float wrong", Words.grouped(pairs.onlyInt8), Words.grouped(pairs.bothWrong)],
            ])
        let interval = pairs.differenceInterval
        return Markup.section(
            "Accuracy", "",
            Markup.grid([
                Markup.figure(
                    "Accuracy", accuracies.markup(label: "Accuracy of float and int8 with intervals"),
                    caption:
                        "float \(Words.percent(pairs.float.value)), int8 \(Words.percent(pairs.int8.value)); lines are "
                        + "intervals of 95 % confidence"),
                Markup.figure(
                    "Difference, in points", difference.markup(label: "Difference of accuracies with its interval"),
                    caption: "\(Words.points(pairs.difference)) points, between \(Words.points(interval.low)) and "
                        + "\(Words.points(interval.high)); dashes are no difference"),
                Markup.figure(
                    "The same samples", table,
                    caption:
                        "McNemar's test: p = \(Words.probability(pairs.mcNemar)); the same answer, right or wrong: "
                        + "\(Words.percent(answers.agreement.value))"),
            ]))
    }

    private func errorSection(_ values: ValueFigures) -> String {
        func row(_ name: String, _ errors: ValueFigures.Errors) -> [String] {
            [name, Words.number(errors.mae), Words.number(errors.rmse)]
        }
        return Markup.section(
            "Errors", "Over all outputs of \(Words.grouped(values.samples)) samples, in the outputs' units.",
            Markup.table(
                ["", "mean absolute error", "root mean squared error"],
                [
                    row("float from target", values.float), row("int8 from target", values.int8),
                    row("int8 from float", values.difference),
                ]))
    }

    var confusionSection: String {
        guard let answers = figures.answers, let float = answers.floatConfusion, let int8 = answers.int8Confusion,
            answers.classes.count <= 100
        else { return "" }
        let change = zip(int8, float).map { zip($0, $1).map { $0 - $1 } }
        return Markup.section(
            "Confusion", "Rows are what samples are, columns what was answered.",
            Markup.grid([
                Markup.figure(
                    "float", MatrixChart(values: float, classes: answers.classes).markup(label: "Confusion of float"),
                    caption: "samples"),
                Markup.figure(
                    "int8", MatrixChart(values: int8, classes: answers.classes).markup(label: "Confusion of int8"),
                    caption: "samples"),
                Markup.figure(
                    "int8 less float",
                    MatrixChart(values: change, classes: answers.classes, isDifference: true)
                        .markup(label: "Change of confusion from float to int8"),
                    caption: "change in samples; green is for the better, red for the worse"),
            ]))
    }

    var worstSection: String {
        guard !figures.worst.isEmpty else {
            return Markup.section("Worst samples", "int8 is on no sample worse than float.", "")
        }
        let items = zip(figures.worst, views).map { sample, view in
            Markup.figure("sample \(sample.index)", view.markup(index: sample.index), caption: caption(sample))
        }
        let measure =
            figures.answers?.floatConfusion != nil
            ? "by how much the right answer's lead over the best other shrinks" : "by how much the mean error grows"
        return Markup.section(
            "Worst samples", "Those that int8 harms most: \(measure).", Markup.grid(items, isSmall: true))
    }

    private func caption(_ sample: DegradedSample) -> String {
        guard let answers = figures.answers, answers.floatConfusion != nil else {
            func list(_ values: [Float]) -> String {
                values.prefix(4).map { Words.short(Double($0)) }.joined(separator: ", ")
                    + (values.count > 4 ? ", …" : "")
            }
            return "target \(list(sample.target)); float \(list(sample.float)); int8 \(list(sample.int8)); error +"
                + Words.short(sample.loss)
        }
        func answer(_ output: [Float]) -> String {
            let place = place(output)
            let score = output.count == 1 && place == 0 ? 1 - output[0] : output[min(place, output.count - 1)]
            return "\(answers.classes[place]) (\(Words.fixed(Double(score), 2)))"
        }
        return "is \(answers.classes[place(sample.target)]); float: \(answer(sample.float)); int8: "
            + "\(answer(sample.int8)); lead \(Words.signed(-sample.loss, 2))"
    }

    /// The class that an output names.
    private func place(_ output: [Float]) -> Int {
        output.count == 1 ? (output[0] > 0.5 ? 1 : 0) : output.indices.max { output[$0] < output[$1] }!
    }
}
