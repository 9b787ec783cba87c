// SPDX-License-Identifier: Apache-2.0
// A .tflite file as a TFLiteModel: the schema's tables, with limits on all that a file may claim.

/// More than any model that fits here has; they bound the time and the memory that a file can cost.
private enum Limit {
    static let tensors = 65535
    static let operators = 16384
    static let operands = 256
    static let extents = 8
    static let nameBytes = 4096
    static let buffers = 1 << 20
}

extension TFLiteModel {
    /// - Parameter bytes: of a whole file.
    /// - Throws: `ImportError`.
    init(bytes: [UInt8]) throws {
        let root = try Self.root(FlatBuffer(bytes: bytes))
        let graphs = try root.vector(2, "the subgraphs", elementSize: 4)
        guard let graphs, graphs.count > 0 else { throw ImportError("the model has no graph: export it again") }
        guard graphs.count == 1 else {
            throw ImportError(
                "the model has \(graphs.count) subgraphs, and one can be imported: convert it without control flow "
                    + "(IF, WHILE, CALL), or only its main signature")
        }
        let graph = try graphs.table(0, "subgraph")
        let buffers = try BufferTable(root)
        let codes = try OperatorCodes(root)
        self.init(bytes: bytes, tensors: [], operators: [], inputs: [], outputs: [])
        tensors = try Self.tables(graph, 0, "the tensors", "tensor", limit: Limit.tensors) { index, table in
            try TFLiteTensor(table, index, buffers)
        }
        operators = try Self.tables(graph, 3, "the operators", "operator", limit: Limit.operators) { index, table in
            try TFLiteOperator(table, index, codes)
        }
        inputs = try indices(graph, 1, "the graph's inputs")
        outputs = try indices(graph, 2, "the graph's outputs")
        try checkOrder()
    }

    private static func root(_ buffer: FlatBuffer) throws -> FlatTable {
        guard buffer.bytes.count >= 8 else {
            throw ImportError(
                "the file has \(buffer.bytes.count) bytes, too few for a TensorFlow Lite model: download or export it "
                    + "again")
        }
        guard Array(buffer.bytes[4..<8]) == Array("TFL3".utf8) else {
            throw ImportError(
                "the file is not a TensorFlow Lite model, which has \"TFL3\" at bytes 4 to 7: give a .tflite file")
        }
        return try buffer.root("the model")
    }

    private static func tables<Element>(
        _ graph: FlatTable, _ slot: Int, _ field: String, _ kind: String, limit: Int,
        _ decode: (Int, FlatTable) throws -> Element
    ) throws -> [Element] {
        guard let vector = try graph.vector(slot, field, elementSize: 4) else { return [] }
        guard vector.count <= limit else {
            throw ImportError("the model has \(vector.count) of \(field), and \(limit) can be imported: split it")
        }
        return try (0..<vector.count).map { try decode($0, try vector.table($0, kind)) }
    }

    private func indices(_ graph: FlatTable, _ slot: Int, _ field: String) throws -> [Int] {
        let found = try graph.indices(slot, field)
        guard let wrong = found.first(where: { !tensors.indices.contains($0) }) else { return found }
        throw ImportError("the model is damaged: \(field) name tensor \(wrong), and there are \(tensors.count)")
    }
}

extension FlatTable {
    /// A vector of tensor indices.
    fileprivate func indices(_ slot: Int, _ field: String) throws -> [Int] {
        guard let vector = try vector(slot, field, elementSize: 4) else { return [] }
        guard vector.count <= Limit.operands else {
            throw ImportError("\(name) has \(vector.count) of \(field), and \(Limit.operands) can be imported: "
                + "split it")
        }
        return try vector.integers(Int32.self).map { Int($0) }
    }
}

/// Where the values of constants lie.
private struct BufferTable {
    private let vector: FlatVector?

    init(_ root: FlatTable) throws {
        vector = try root.vector(4, "the buffers", elementSize: 4)
        if let vector, vector.count > Limit.buffers {
            throw ImportError("the model has \(vector.count) buffers, and \(Limit.buffers) can be imported: split it")
        }
    }

    /// The bytes of a buffer, in the FlatBuffer or, in models above 2 GB, after it. Nil where it holds nothing.
    func contents(_ index: Int, of tensor: String) throws -> Range<Int>? {
        if index == 0 { return nil }
        guard let vector, index < vector.count else {
            throw ImportError("\(tensor) names buffer \(index), which the model does not have: export it again")
        }
        let buffer = try vector.table(index, "buffer")
        let offset: UInt64 = try buffer.integer(1, "the offset")
        if offset > 1 {
            let size: UInt64 = try buffer.integer(2, "the size")
            let total = UInt64(buffer.buffer.bytes.count)
            guard offset <= total, size <= total - offset else {
                throw ImportError(
                    "\(tensor) has \(size) bytes of values at byte \(offset), after the end of the file: "
                        + "keep the whole file, \(total) bytes are there")
            }
            return size == 0 ? nil : Int(offset)..<Int(offset + size)
        }
        guard let data = try buffer.vector(0, "the data", elementSize: 1), data.count > 0 else { return nil }
        return data.start..<data.start + data.count
    }
}

/// The kinds of operators that the model lists.
private struct OperatorCodes {
    private let kinds: [(code: Int, custom: String)]

    init(_ root: FlatTable) throws {
        guard let vector = try root.vector(1, "the operator codes", elementSize: 4) else {
            kinds = []
            return
        }
        guard vector.count <= Limit.operators else {
            throw ImportError("the model lists \(vector.count) kinds of operators: export it again")
        }
        kinds = try (0..<vector.count).map { index in
            let table = try vector.table(index, "operator code")
            // Codes below 127 are in the old field of one byte, and in old files only there.
            let old: Int8 = try table.integer(0, "the deprecated code")
            let new: Int32 = try table.integer(3, "the code")
            return (max(Int(old), Int(new)), try table.text(1, "the custom code", limit: Limit.nameBytes))
        }
    }

    func kind(_ index: Int, of operation: Int) throws -> (code: Int, name: String) {
        guard kinds.indices.contains(index) else {
            throw ImportError("operator \(operation) is of kind \(index), and the model lists \(kinds.count) kinds")
        }
        let (code, custom) = kinds[index]
        if custom.isEmpty { return (code, TFLiteOperatorName.of(code)) }
        return (code, "\(TFLiteOperatorName.of(code)) \(custom)")
    }
}

extension TFLiteTensor {
    fileprivate init(_ table: FlatTable, _ index: Int, _ buffers: BufferTable) throws {
        name = try table.text(3, "the name", limit: Limit.nameBytes)
        let place = "tensor \(index) (\"\(name)\")"
        let number: UInt8 = try table.integer(1, "the type")
        guard let type = TFLiteType(rawValue: number) else {
            throw ImportError("\(place) has elements of type \(number), which is unknown: convert the model to int8")
        }
        self.type = type
        shape = try Self.extents(table, 0, "the shape", place)
        guard shape.allSatisfy({ $0 >= 1 }), shape.reduce(1.0, { $0 * Double($1) }) < 0x1p31 else {
            throw ImportError(
                "\(place) has the shape \(shape.shapeText): every extent must be at least 1 and all together below "
                    + "2^31: fix the input's shape when converting")
        }
        isDynamic = try Self.extents(table, 7, "the shape signature", place).dropFirst().contains { $0 < 0 }
        isVariable = try table.bool(5, "the variable flag")
        let external: UInt32 = try table.integer(10, "the external buffer")
        guard external == 0 else {
            throw ImportError("\(place) has its values in another file: export the model as one file")
        }
        guard try table.table(6, "the sparsity") == nil else {
            throw ImportError("\(place) is stored sparsely: export the model with dense weights")
        }
        let buffer: UInt32 = try table.integer(2, "the buffer")
        constant = try buffers.contents(Int(buffer), of: place)
        quantization = try table.table(4, "the quantization")
        try checkConstant(place)
    }

    private static func extents(_ table: FlatTable, _ slot: Int, _ field: String, _ place: String) throws -> [Int] {
        guard let vector = try table.vector(slot, field, elementSize: 4) else { return [] }
        guard vector.count <= Limit.extents else {
            throw ImportError("\(place) has \(vector.count) extents, and \(Limit.extents) can be imported: reshape it")
        }
        return try vector.integers(Int32.self).map { Int($0) }
    }

    private func checkConstant(_ place: String) throws {
        guard let constant, let size = type.size, constant.count != count * size else { return }
        throw ImportError(
            "\(place) has \(constant.count) bytes of values, and its shape \(shape.shapeText) needs \(count * size): "
                + "export the model again")
    }
}

extension TFLiteOperator {
    fileprivate init(_ table: FlatTable, _ index: Int, _ codes: OperatorCodes) throws {
        self.index = index
        let kind: UInt32 = try table.integer(0, "the kind")
        (code, self.kind) = try codes.kind(Int(kind), of: index)
        inputs = try table.indices(1, "the inputs")
        outputs = try table.indices(2, "the outputs")
        intermediates = try table.indices(8, "the intermediates")
        optionsType = try table.integer(3, "the type of options")
        options = try table.table(4, "the options")
    }
}
