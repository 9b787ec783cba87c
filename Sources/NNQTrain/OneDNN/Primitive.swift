// SPDX-License-Identifier: Apache-2.0
// oneDNN's operations: described, then created once, then executed many times.

import CDNNL

/// A chosen implementation of an operation.
final class PrimitiveDescription {
    let raw: dnnl_primitive_desc_t

    /// - Parameters:
    ///   - operation: One of oneDNN's operation descriptors.
    ///   - hint: The forward operation, for backward ones.
    init<Operation>(
        _ operation: Operation, _ device: Device, postOps: PostOps? = nil, hint: PrimitiveDescription? = nil,
        _ what: @autoclosure () -> String
    ) throws {
        var raw: dnnl_primitive_desc_t?
        let status = withUnsafePointer(to: operation) {
            dnnl_primitive_desc_create(&raw, UnsafeRawPointer($0), postOps?.attributes, device.engine, hint?.raw)
        }
        try check(status, what())
        self.raw = raw!
    }

    init(adopting raw: dnnl_primitive_desc_t) { self.raw = raw }

    deinit { dnnl_primitive_desc_destroy(raw) }

    /// The layout it wants for an argument; nil where it has no such argument.
    func layout(_ query: dnnl_query_t, _ index: Int = 0) -> Layout? {
        guard let found = dnnl_primitive_desc_query_md(raw, query, Int32(index)), found.pointee.ndims > 0 else {
            return nil
        }
        return Layout(found.pointee)
    }

    var source: Layout { layout(dnnl_query_src_md)! }
    var weights: Layout { layout(dnnl_query_weights_md)! }
    var destination: Layout { layout(dnnl_query_dst_md)! }
    var sourceGradient: Layout { layout(dnnl_query_diff_src_md)! }
    var weightsGradient: Layout { layout(dnnl_query_diff_weights_md)! }
    var destinationGradient: Layout { layout(dnnl_query_diff_dst_md)! }
    var workspace: Layout? { layout(dnnl_query_workspace_md) }
}

/// An operation ready to run on its arguments.
final class Primitive {
    private let raw: dnnl_primitive_t
    private let arguments: [dnnl_exec_arg_t]
    private let memories: [Memory]
    private let device: Device

    init(_ description: PrimitiveDescription, _ device: Device, _ arguments: [(Int32, Memory)]) throws {
        var raw: dnnl_primitive_t?
        try check(dnnl_primitive_create(&raw, description.raw), "create an operation")
        self.raw = raw!
        self.arguments = arguments.map { dnnl_exec_arg_t(arg: $0.0, memory: $0.1.handle) }
        self.memories = arguments.map(\.1)
        self.device = device
    }

    deinit { dnnl_primitive_destroy(raw) }

    func run() throws {
        let status = arguments.withUnsafeBufferPointer {
            dnnl_primitive_execute(raw, device.stream, Int32($0.count), $0.baseAddress)
        }
        try check(status, "run an operation")
    }
}

/// What an operation does to its result before it writes it.
final class PostOps {
    let attributes: dnnl_primitive_attr_t

    convenience init(_ function: ElementwiseFunction) throws { try self.init(factors: nil, function) }

    /// - Parameter factors: the layout of what the result is multiplied with before the function, one value a channel;
    ///   the values are the argument `DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1`.
    init(factors: Layout?, _ function: ElementwiseFunction?) throws {
        var attributes: dnnl_primitive_attr_t?
        try check(dnnl_primitive_attr_create(&attributes), "create attributes")
        self.attributes = attributes!
        var operations: dnnl_post_ops_t?
        try check(dnnl_post_ops_create(&operations), "create post-operations")
        defer { dnnl_post_ops_destroy(operations) }
        if var factors {
            try check(
                dnnl_post_ops_append_binary(operations, dnnl_binary_mul, &factors.raw), "fuse a multiplication")
        }
        if let function {
            try check(
                dnnl_post_ops_append_eltwise(operations, 1, function.kind, function.alpha, function.beta),
                "fuse a function")
        }
        try check(dnnl_primitive_attr_set_post_ops(attributes, operations), "fuse a function")
    }

    deinit { dnnl_primitive_attr_destroy(attributes) }
}

/// A function of one element in oneDNN's terms.
struct ElementwiseFunction {
    var kind: dnnl_alg_kind_t
    var alpha: Float
    var beta: Float
}
