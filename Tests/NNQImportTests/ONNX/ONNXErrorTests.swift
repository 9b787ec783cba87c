// SPDX-License-Identifier: Apache-2.0
// Files that cannot be imported get one sentence that says what is wrong.

import Foundation
import NNQImport
import ONNXProto
import Testing

@Suite struct ONNXErrorTests {
    /// A graph of nodes over the input `x` of 1x4, and its bytes.
    private func file(
        _ nodes: [Onnx_NodeProto], output: String = "y", _ change: (inout Onnx_ModelProto) -> Void = { _ in }
    ) throws -> [UInt8] {
        var model = Onnx_ModelProto()
        var operators = Onnx_OperatorSetIdProto()
        operators.version = 17
        model.opsetImport = [operators]
        model.graph.input = [information("x", [1, 4])]
        model.graph.output = [information(output, [])]
        model.graph.node = nodes
        change(&model)
        return try model.serializedBytes()
    }

    private func information(_ name: String, _ extents: [Int64]) -> Onnx_ValueInfoProto {
        var information = Onnx_ValueInfoProto()
        information.name = name
        information.type.tensorType.elemType = 1
        information.type.tensorType.shape.dim = extents.map { extent in
            var dimension = Onnx_TensorShapeProto.Dimension()
            if extent < 0 { dimension.dimParam = "width" } else { dimension.dimValue = extent }
            return dimension
        }
        return information
    }

    private func node(_ operation: String, _ inputs: [String], _ output: String) -> Onnx_NodeProto {
        var node = Onnx_NodeProto()
        node.opType = operation
        node.input = inputs
        node.output = [output]
        return node
    }

    private func constant(_ name: String, _ dims: [Int64], integers: [Int64]) -> Onnx_TensorProto {
        var tensor = Onnx_TensorProto()
        tensor.name = name
        tensor.dims = dims
        tensor.dataType = 7
        tensor.int64Data = integers
        return tensor
    }

    /// The sentence that importing ends with.
    private func sentence(_ bytes: [UInt8]) -> String {
        do {
            _ = try ONNXImporter.read(bytes: bytes)
            return "imported"
        } catch let error as ImportError {
            return error.description
        } catch { return "another error: \(error)" }
    }

    @Test func refusesWhatIsNoModel() throws {
        #expect(sentence([1, 2, 3, 4, 5, 6, 7, 8]).contains("8 bytes are no ONNX model"))
        #expect(sentence([]).contains("no ONNX model"))
        #expect(sentence(Array(repeating: 0xFF, count: 100)).contains("no ONNX model"))
        let whole = try file([node("Relu", ["x"], "y")])
        for count in 9..<whole.count {
            #expect(sentence(Array(whole[..<count])) != "imported", "the first \(count) bytes")
        }
    }

    @Test func namesTheOperatorThatHasNoLayer() throws {
        let error = try sentence(file([node("Relu", ["x"], "r"), node("NonZero", ["r"], "y")]))
        #expect(error.contains("node 'y' (NonZero)") && error.contains("no layer"))
    }

    @Test func keepsToOneLine() throws {
        let error = try sentence(file([node("Non\nZero", ["x"], "y")]))
        #expect(error.contains("Non?Zero") && !error.contains("\n"))
    }

    @Test func refusesDynamicShapes() throws {
        let error = try sentence(
            file([node("Relu", ["x"], "y")]) { $0.graph.input = [information("x", [1, 3, 8, -1])] })
        #expect(error.contains("'x' has no fixed extent at axis 3 (dynamic shape)"))
    }

    @Test func refusesExternalData() throws {
        let error = try sentence(
            file([node("Add", ["x", "w"], "y")]) { model in
                var tensor = Onnx_TensorProto()
                (tensor.name, tensor.dims, tensor.dataType, tensor.dataLocation) = ("w", [4], 1, .external)
                model.graph.initializer = [tensor]
            })
        #expect(error.contains("'w' is in another file (external data)"))
    }

    @Test func refusesCycles() throws {
        let error = try sentence(file([node("Add", ["x", "b"], "a"), node("Relu", ["a"], "b")], output: "b"))
        #expect(error.contains("cyclic"))
    }

    @Test func refusesUnknownAndDoubleNames() throws {
        #expect(try sentence(file([node("Add", ["x", "w"], "y")])).contains("reads 'w', which no operator"))
        #expect(try sentence(file([node("Relu", ["x"], "z")])).contains("output 'y' is given by no operator"))
        let twice = try sentence(file([node("Relu", ["x"], "y"), node("Tanh", ["x"], "y")]))
        #expect(twice.contains("has the name of another value"))
        let inputs = try sentence(
            file([node("Relu", ["x"], "y")]) { $0.graph.input += [information("x", [1, 4])] })
        #expect(inputs.contains("two inputs are called 'x'"))
    }

    @Test func refusesSubgraphsHoweverDeep() throws {
        for depth in [1, 60, 200] {
            var inner = node("If", ["x"], "y")
            for _ in 1..<depth + 1 {
                var attribute = Onnx_AttributeProto()
                attribute.name = "then_branch"
                attribute.g.node = [inner]
                var outer = node("If", ["x"], "y")
                outer.attribute = [attribute]
                inner = outer
            }
            let error = try sentence(file([inner]))
            #expect(error.contains("subgraphs"), "\(depth): \(error)")
        }
    }

    @Test func refusesSizesThatOverflow() throws {
        let large: Int64 = 1 << 20
        let input = try sentence(
            file([node("Relu", ["x"], "y")]) { $0.graph.input = [information("x", [large, large, large, large])] })
        #expect(input.contains("too large"))
        let dims = try sentence(
            file([node("Add", ["x", "w"], "y")]) {
                $0.graph.initializer = [constant("w", [.max, .max], integers: [1])]
            })
        #expect(dims.contains("extent of"))
        let expanded = try sentence(
            file([node("Expand", ["x", "s"], "y")]) {
                $0.graph.initializer = [constant("s", [3], integers: [1 << 14, 1 << 13, 4])]
            })
        #expect(expanded.contains("many more elements") || expanded.contains("too large"), "\(expanded)")
        let emptied = try sentence(
            file([node("Expand", ["x", "s"], "y")]) {
                $0.graph.initializer = [constant("s", [4], integers: [9729, 0, 1, 4])]
            })
        #expect(emptied.contains("without elements") || emptied.contains("do not"), "\(emptied)")
        let reshaped = try sentence(
            file([node("Reshape", ["x", "s"], "y")]) {
                $0.graph.initializer = [constant("s", [2], integers: [.max, .min])]
            })
        #expect(reshaped.contains("extent of") || reshaped.contains("too large"), "\(reshaped)")
    }

    @Test func refusesDamagedTensors() throws {
        let error = try sentence(
            file([node("Reshape", ["x", "s"], "y")]) {
                $0.graph.initializer = [constant("s", [2], integers: [1])]
            })
        #expect(error.contains("has 1 values for 2 elements"))
    }
}
