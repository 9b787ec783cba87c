// SPDX-License-Identifier: Apache-2.0
// What rewrites of an int8 program saved, as lines for people.

import NNQRewrite

extension ProgramRewriteReport {
    /// One line for each rewrite that changed something.
    var lines: [String] {
        ProgramRewrite.allCases.filter { count($0) > 0 }.map { rewrite in
            let saved = saved(by: rewrite)
            let figures = [
                (saved.operations, "ops"), (saved.macs, "MACs"), (saved.weightBytes, "weight bytes"),
                (saved.activationBytes, "activation bytes"),
            ]
            let gains = figures.filter { $0.0 != 0 }.map { "\(grouped($0.0)) \($0.1)" }
            let suffix = gains.isEmpty ? "" : ", saved " + gains.joined(separator: ", ")
            return "\(rewrite.rawValue): \(count(rewrite))\(suffix)"
        }
    }
}
