// SPDX-License-Identifier: Apache-2.0
// What training makes small, and the node of a graph at which its gradient starts.

import CTrainKernels
import NNQGraph

/// A loss. Each is a mean over the batch (and over the outputs, but for cross-entropy).
public enum Loss: String, Codable, Sendable, CaseIterable {
    /// Softmax cross-entropy with one class a sample. A softmax at the graph's end is part of it; without one the
    /// outputs are taken as logits.
    case crossEntropy = "cross_entropy"
    /// Binary cross-entropy with targets of 0 to 1. The graph ends in sigmoid, which is part of it, or in step, which
    /// learns as a sigmoid and decides as a step.
    case binaryCrossEntropy = "binary_cross_entropy"
    /// `(output - target)^2`
    case squaredError = "squared_error"

    /// What a task is usually trained with.
    public static func usual(for task: Task) -> Loss {
        switch task {
        case .classification: .crossEntropy
        case .binary: .binaryCrossEntropy
        case .regression: .squaredError
        }
    }

    /// The node whose value the loss is computed from: the output, or what goes into its last activation.
    func node(in graph: Graph) throws -> Int {
        guard graph.outputs.count == 1, graph.inputs.count == 1 else {
            throw TrainError(
                "training needs a graph with one input and one output; this has \(graph.inputs.count) and "
                    + "\(graph.outputs.count)")
        }
        let output = graph.outputs[0]
        let node = graph.nodes[output]
        switch (self, node.layer) {
        case (.crossEntropy, .softmax), (.binaryCrossEntropy, .activation(.sigmoid)),
            (.binaryCrossEntropy, .activation(.step)):
            return node.inputs[0]
        case (.binaryCrossEntropy, _):
            throw TrainError(
                "binary_cross_entropy needs a graph that ends in sigmoid or step; '\(node.name)' is "
                    + node.layer.keyword)
        default: return output
        }
    }
}

/// A batch's loss.
package struct LossValue {
    package var loss: Double
    /// Samples whose answer was right.
    package var hits: Int

    init(_ result: nnq_loss_result) {
        loss = result.loss
        hits = Int(result.hits)
    }
}

extension Loss {
    /// The loss of `rows` outputs, and its gradient where a place for it is given.
    func callAsFunction(
        outputs: UnsafePointer<Float>, _ targets: TargetBuffer, rows: Int, columns: Int,
        gradient: UnsafeMutablePointer<Float>?
    ) -> LossValue {
        switch self {
        case .crossEntropy where targets.shares != nil:
            LossValue(nnq_soft_cross_entropy(gradient, outputs, targets.shares!.baseAddress, rows, columns))
        case .crossEntropy:
            LossValue(nnq_softmax_cross_entropy(gradient, outputs, targets.labels.baseAddress, rows, columns))
        case .binaryCrossEntropy:
            LossValue(
                nnq_binary_cross_entropy(
                    gradient, outputs, targets.values.baseAddress, targets.weights?.baseAddress, rows, columns))
        case .squaredError:
            LossValue(nnq_squared_error(gradient, outputs, targets.values.baseAddress, rows, columns))
        }
    }
}
