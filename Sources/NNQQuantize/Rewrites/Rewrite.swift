// SPDX-License-Identifier: Apache-2.0
// The list of rewrites, the order in which they run, and the report of what they did.

import NNQGraph

/// A change of the float graph, or of its lowering, that keeps what the network computes.
public enum Rewrite: String, Hashable, Codable, Sendable, CaseIterable {
    /// Dropout passes its input on at inference, and goes.
    case removeDropout = "remove-dropout"
    /// Pads by nothing, reshapes to the same shape and flattening before a dense layer go.
    case removeIdentities = "remove-identities"
    /// Batch norm becomes part of the weights of the convolution or dense layer before it.
    case foldBatchNorm = "fold-batch-norm"
    /// A pad before convolutions becomes their padding.
    case mergePadding = "merge-padding"
    /// ReLU and ReLU6 after a max pool, a pad or a reshape move before it, where they can be fused.
    case hoistActivations = "hoist-activations"
    /// ReLU and ReLU6 become the output limits of the layer before them.
    case fuseActivations = "fuse-activations"
}

/// What was rewritten.
public struct RewriteReport: Hashable, Codable, Sendable {
    public struct Entry: Hashable, Codable, Sendable {
        public var rewrite: Rewrite
        /// The layer that changed or went.
        public var layer: String
        /// What happened to it, as a short phrase.
        public var detail: String
    }

    public var entries: [Entry] = []

    public init() {}

    /// How often a rewrite was made.
    public func count(_ rewrite: Rewrite) -> Int { entries.count { $0.rewrite == rewrite } }

    mutating func note(_ rewrite: Rewrite, _ layer: String, _ detail: String) {
        entries.append(Entry(rewrite: rewrite, layer: layer, detail: detail))
    }
}

extension Model {
    /// The model after the chosen rewrites, batch norms that nothing absorbs as depthwise convolutions, and a report.
    ///
    /// It gives what this model gives at inference, to the rounding of float. Layers keep their names.
    /// - Throws: `GraphError` where this model is not valid.
    public func rewritten(_ rewrites: Set<Rewrite> = Set(Rewrite.allCases)) throws -> (Model, RewriteReport) {
        var draft = try ModelDraft(self)
        var report = RewriteReport()
        for rewrite in Rewrite.allCases where rewrites.contains(rewrite) {
            switch rewrite {
            case .removeDropout: draft.removeDropout(&report)
            case .removeIdentities: draft.removeIdentities(&report)
            case .foldBatchNorm: draft.foldBatchNorm(&report)
            case .mergePadding: draft.mergePadding(&report)
            case .hoistActivations: draft.hoistActivations(&report)
            case .fuseActivations: break  // Not a change of the float graph: see ActivationFusion.
            }
        }
        draft.expressBatchNorm()
        return (try draft.model(), report)
    }
}
