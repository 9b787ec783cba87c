// SPDX-License-Identifier: Apache-2.0
// ReLU with a trained slope for each channel below zero.

import NNQGraph

extension Compiler {
    /// Its slopes do not shrink under weight decay, which would pull them towards ReLU (He et al., 2015).
    func prelu(_ site: Site) throws -> Compiled {
        let channels = site.shape.channels
        let count = site.shape.count
        let slope = try loopParameter(site, "slope", [channels])
        return try loop(
            site,
            Loop(
                parameters: [slope],
                forward: { values in
                    let (x, y, slope) = (values.inputs[0], values.output, values.parameters[0])
                    for i in 0..<count { y[i] = x[i] < 0 ? slope[i % channels] * x[i] : x[i] }
                },
                backward: { values, gradients in
                    let (x, slope) = (values.inputs[0], values.parameters[0])
                    let (gradient, slopes) = (gradients.output, gradients.parameters[0])
                    for i in 0..<count where x[i] < 0 { slopes[i % channels] += gradient[i] * x[i] }
                    guard let result = gradients.inputs[0] else { return }
                    for i in 0..<count { result[i] = x[i] < 0 ? gradient[i] * slope[i % channels] : gradient[i] }
                }))
    }
}
