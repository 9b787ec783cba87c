// SPDX-License-Identifier: Apache-2.0
// Which float layers the tensors of a program stand for, found again from a file and the float model.

import NNQFormat
import NNQGraph

extension Program {
    /// The float model after the rewrites that this program was made with, and by tensor the node whose values it
    /// holds (nil for steps in between). `Quantized` has the same right after quantization. The program may have lost
    /// ops and channels since then, as long as its tensors kept their names. A model that rounds as int8 does is its
    /// own counterpart, rounding included.
    /// - Throws: `QuantizeError` where the program was not made from this model.
    public func floatCounterpart(of model: Model) throws -> (model: Model, nodeOfTensor: [String?]) {
        if model.metadata.fakeQuantization != nil {
            let model = try model.freezingBatchNorms()
            let rounding = model.metadata.fakeQuantization!
            return (model, try floatCounterpart(of: model.withoutRounding(rounding).model).nodeOfTensor)
        }
        var remnant: (model: Model, nodeOfTensor: [String?])?
        for rewrites in Self.rewriteSets {
            let (rewritten, _) = try model.rewritten(rewrites)
            let folded = try rewritten.equalized(by: info.equalization ?? [:]).absorbing(info.absorbedBias ?? [:])
            var report = RewriteReport()
            let fusion = ActivationFusion(
                folded.graph, isEnabled: rewrites.contains(.fuseActivations), report: &report)
            // Any ranges will do: only the structure is compared.
            let needed = OutputRanges.needed(folded.graph, fusion, metadata: folded.metadata)
            let ranges = Dictionary(needed.map { (folded.graph.nodes[$0].name, ValueRange(-1, 1)) }) { first, _ in first
            }
            // Without some rewrite, a model may not be lowered at all.
            let lowering = try? Lowering(
                folded, fusion,
                OutputRanges(folded.graph, calibrated: ranges, LayerWidths(of: self, in: folded.graph)))
            if let lowering, hasStructure(of: lowering, fusion) { return (folded, lowering.nodeOfTensor) }
            if remnant == nil, let nodes = lowering.flatMap({ nodesLeft(of: $0) }) { remnant = (folded, nodes) }
        }
        if let remnant { return remnant }
        throw QuantizeError(
            "the int8 model was not made from this float model: its layers differ. Quantize the float model again")
    }

    /// All choices of rewrites, the complete one first, then those that leave few out.
    private static var rewriteSets: [Set<Rewrite>] {
        let all = Rewrite.allCases
        let choices = (0..<1 << all.count).map { bits in
            Set(all.indices.filter { bits >> $0 & 1 == 0 }.map { all[$0] })
        }
        return choices.sorted { $0.count > $1.count }
    }

    /// By tensor, the node of the tensor of the same name in a lowering; nil where this program cannot be what is left
    /// of it when ops and channels are removed and tables fused.
    private func nodesLeft(of lowering: Lowering) -> [String?]? {
        let other = lowering.program
        let places = tensors.compactMap { tensor in other.tensors.firstIndex { $0.name == tensor.name } }
        guard places.count == tensors.count, zip(places, places.dropFirst()).allSatisfy(<),
            inputCount == other.inputCount, places.starts(with: 0..<inputCount),
            outputs.map({ places[$0] }) == other.outputs
        else { return nil }
        let fits = tensors.indices.allSatisfy { index in
            let (tensor, whole) = (tensors[index], other.tensors[places[index]])
            let isEnd = index < inputCount || outputs.contains(index)
            return tensor.height == whole.height && tensor.width == whole.width
                && (isEnd ? tensor.channels == whole.channels : tensor.channels <= whole.channels)
        }
        let areOps = operations.indices.allSatisfy { index in
            let (mine, theirs) = (operations[index], other.operations[places[inputCount + index] - inputCount])
            // An op that took over a table has the table's name.
            if case .table = theirs.operation { return true }
            if case .table = mine.operation { return true }
            return mine.operation.opcode == theirs.operation.opcode
        }
        return fits && areOps ? places.map { lowering.nodeOfTensor[$0] } : nil
    }

    /// Whether tensors and ops are those of a lowering, whatever their numbers.
    private func hasStructure(of lowering: Lowering, _ fusion: ActivationFusion) -> Bool {
        let other = lowering.program
        guard tensors.map(\.name) == other.tensors.map(\.name), outputs == other.outputs,
            operations.count == other.operations.count
        else { return false }
        let fused = Set(fusion.fused.map { lowering.graph.nodes[$0].name })
        return operations.indices.allSatisfy { index in
            let (mine, theirs) = (operations[index], other.operations[index])
            let (tensor, otherTensor) = (tensors[inputCount + index], other.tensors[inputCount + index])
            guard mine.inputs == theirs.inputs, mine.operation.opcode == theirs.operation.opcode,
                (tensor.height, tensor.width, tensor.channels)
                    == (otherTensor.height, otherTensor.width, otherTensor.channels)
            else { return false }
            // With a fused ReLU, zero is the least output.
            guard let node = lowering.nodeOfTensor[inputCount + index], fused.contains(node) else { return true }
            return mine.operation.leastOutput == Int32(tensor.quantization.zeroPoint)
        }
    }
}

extension Operation {
    /// `act_min` of ops that have it.
    fileprivate var leastOutput: Int32? {
        switch self {
        case .conv2D(let parameters, _, _): parameters.act_min
        case .depthwiseConv2D(let parameters, _, _): parameters.act_min
        case .dense(let parameters, _, _): parameters.act_min
        case .maxPool(let parameters): parameters.act_min
        case .averagePool(let parameters, _): parameters.act_min
        case .add(let parameters): parameters.act_min
        case .tfliteAdd(let parameters): parameters.act_min
        case .mul(let parameters): parameters.act_min
        case .transposeConv2D(let parameters, _, _): parameters.act_min
        case .batchMatmul(let parameters): parameters.act_min
        case .concat, .pad, .table, .softmax, .reshape: nil
        case .slice, .transpose, .resizeNearest, .resizeBilinear, .gather, .argMax: nil
        case .constant, .minimum, .maximum, .prelu, .tfliteSoftmax, .l2Normalize, .reduce: nil
        case .lstm, .gru, .svdf: nil
        case .int16(let operation): operation.leastOutput
        case .packed(let operation): operation.parameters.act_min
        }
    }
}
