// SPDX-License-Identifier: Apache-2.0
// Layers that are loops of our own over plain values: how they are compiled.

import CTrainKernels
import NNQGraph

/// Where a loop finds its tensors: row-major, of one sample or, for loops over whole batches, sample after sample.
struct LoopValues {
    let inputs: [UnsafeMutablePointer<Float>]
    let output: UnsafeMutablePointer<Float>
    let parameters: [UnsafeMutablePointer<Float>]
    /// What forward leaves for backward; nil for a loop that keeps nothing.
    let kept: UnsafeMutablePointer<Float>?
}

/// Where backward finds the output's gradient and adds to the others', which start as zeros.
struct LoopGradients {
    let output: UnsafeMutablePointer<Float>
    /// Nil where nobody asked.
    let inputs: [UnsafeMutablePointer<Float>?]
    let parameters: [UnsafeMutablePointer<Float>]
}

/// A layer as a loop.
struct Loop {
    var parameters: [Parameter] = []
    /// Floats a sample that forward leaves for backward.
    var keptCount = 0
    /// True where one call does all samples.
    var isWholeBatch = false
    var forward: (LoopValues) -> Void
    /// Nil for a layer without a gradient.
    var backward: ((LoopValues, LoopGradients) -> Void)?
}

extension Compiler {
    /// Emits a layer that is a loop.
    /// - Throws: `TrainError` where a gradient is needed that the layer does not have.
    func loop(_ site: Site, _ loop: Loop) throws -> Compiled {
        if loop.backward == nil, site.wantsGradient.contains(true) { throw noGradient(site) }
        let inputs = try zip(site.inputs, site.inputShapes).map { try plain($0, $1, site.name) }
        let output = try memory(plainLayout(site.shape))
        let kept = loop.keptCount > 0 ? try memory(Layout(rowMajor: [batch * loop.keptCount])) : nil
        let tensors = LoopTensors(
            inputs: inputs, output: output, parameters: loop.parameters.map(\.value), kept: kept,
            sizes: site.inputShapes.map(\.count), outputSize: site.shape.count, keptSize: loop.keptCount)
        let batch = loop.isWholeBatch ? 1 : batch
        emit(site.name, touching: tensors.all) {
            parallel(batch, work: site.shape.count) { loop.forward(tensors[$0]) }
        }
        guard let backward = loop.backward else { return Compiled(output: output, backward: nil) }
        return Compiled(output: output) { [self] gradient in
            let gradient = try plain(gradient, site.shape, site.name)
            let results = try zip(inputs, site.wantsGradient).map { $1 ? try memory($0.layout) : nil }
            let places = LoopGradientTensors(
                output: gradient, inputs: results, parameters: loop.parameters.compactMap(\.gradient),
                sizes: tensors.sizes, outputSize: tensors.outputSize)
            // Samples share the parameters' gradients.
            let parts = places.parameters.isEmpty ? batch : 1
            emit("\(site.name)'", touching: tensors.all + places.all) {
                places.clear()
                parallel(parts, work: site.shape.count) { part in
                    for sample in parts == 1 ? 0..<batch : part..<part + 1 { backward(tensors[sample], places[sample]) }
                }
            }
            return results
        }
    }

    /// The error of training through a layer without a gradient.
    func noGradient(_ site: Site) -> TrainError {
        TrainError(
            "layer '\(site.name)' (\(graph.nodes[site.index].layer.keyword)) has no useful gradient: nothing before it "
                + "can be trained")
    }

    /// A parameter of a loop, row-major.
    func loopParameter(
        _ site: Site, _ name: String, _ shape: [Int], decays: Bool = false, isTrained: Bool = true
    ) throws -> Parameter {
        let layout = Layout(rowMajor: [shape.reduce(1, *)])
        return try parameter(
            site, name, shape: shape, plain: layout, layout: layout, isTrained: isTrained, decays: decays)
    }
}

/// The memories of a loop and the floats of one sample in each.
private struct LoopTensors {
    let inputs: [Memory]
    let output: Memory
    let parameters: [Memory]
    let kept: Memory?
    let sizes: [Int]
    let outputSize: Int
    let keptSize: Int

    var all: [Memory] { inputs + parameters + [output] + (kept.map { [$0] } ?? []) }

    subscript(_ sample: Int) -> LoopValues {
        LoopValues(
            inputs: zip(inputs, sizes).map { $0.floats + sample * $1 }, output: output.floats + sample * outputSize,
            parameters: parameters.map(\.floats), kept: kept.map { $0.floats + sample * keptSize })
    }
}

/// The same of its gradients.
private struct LoopGradientTensors {
    let output: Memory
    let inputs: [Memory?]
    let parameters: [Memory]
    let sizes: [Int]
    let outputSize: Int

    var all: [Memory] { [output] + inputs.compactMap { $0 } + parameters }

    func clear() {
        for memory in inputs.compactMap({ $0 }) + parameters {
            memory.floats.update(repeating: 0, count: memory.storedCount)
        }
    }

    subscript(_ sample: Int) -> LoopGradients {
        LoopGradients(
            output: output.floats + sample * outputSize,
            inputs: zip(inputs, sizes).map { memory, size in memory.map { $0.floats + sample * size } },
            parameters: parameters.map(\.floats))
    }
}

/// Calls `body` with each number below `count`, on several threads where `count * work` elements are worth it.
private func parallel(_ count: Int, work: Int, _ body: (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
        var body = body
        withUnsafeMutablePointer(to: &body) { context in
            nnq_parallel_for(
                count, max(1, 16384 / work),
                { context, _, first, last in
                    let body = context!.assumingMemoryBound(to: ((Int) -> Void).self).pointee
                    for index in first..<last { body(index) }
                }, context)
        }
    }
}
