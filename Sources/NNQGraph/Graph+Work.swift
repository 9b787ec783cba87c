// SPDX-License-Identifier: Apache-2.0
// How much work each layer is.

extension Graph {
    /// For each node, its multiply-accumulates for one sample; 0 where a layer multiplies no matrices.
    /// - Throws: `GraphError` where shapes do not fit.
    public func macs() throws -> [Int] {
        let shapes = try shapes()
        return nodes.indices.map { index in
            let inputs = nodes[index].inputs
            let output = shapes[index]
            switch nodes[index].layer {
            case .dense(let units, _): return shapes[inputs[0]].count * units
            case .conv2D(_, let window, let groups, _):
                return output.count * window.kernel.height * window.kernel.width * shapes[inputs[0]].channels / groups
            case .depthwiseConv2D(_, let window, _): return output.count * window.kernel.height * window.kernel.width
            case .transposedConv2D(let filters, let window, _, let groups, _):
                return shapes[inputs[0]].count * window.kernel.height * window.kernel.width * filters / groups
            case .matmul(let transposesA, let transposesB):
                let product = MatrixProduct(shapes[inputs[0]], transposesA, shapes[inputs[1]], transposesB)
                return output.count * (product?.terms ?? 0)
            case .lstm(let units): return 4 * output.count * (shapes[inputs[0]].channels + units)
            case .gru(let units, _): return 3 * output.count * (shapes[inputs[0]].channels + units)
            default: return 0
            }
        }
    }
}
