// SPDX-License-Identifier: Apache-2.0
// Dropout: nothing in inference; in training a mask drawn from the step's number, so that no state needs saving.

import CTrainKernels
import NNQGraph

extension Compiler {
    /// Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", 2014.
    func dropout(_ site: Site, rate: Float) throws -> Compiled {
        guard isTraining, rate > 0 else { return Compiled(output: site.inputs[0]) { [$0] } }
        let output = try emitDropout(site, site.inputs[0], rate)
        return Compiled(output: output) { [self] gradient in
            guard site.wantsGradient[0] else { return [nil] }
            return [try emitDropout(site, try aligned(gradient, with: output, site.name), rate)]
        }
    }

    private func emitDropout(_ site: Site, _ input: Memory, _ rate: Float) throws -> Memory {
        let output = try memory(input.layout)
        let count = input.storedCount
        let clock = clock
        let layer = UInt64(site.index)
        emit(site.name, touching: [input, output]) {
            nnq_dropout(output.floats, input.floats, count, rate, clock.seed, clock.step, layer)
        }
        return output
    }
}
