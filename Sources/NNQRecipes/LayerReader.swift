// SPDX-License-Identifier: Apache-2.0
// The layers of a recipe: one word, `word: number`, or `word: {settings}` each.

import NNQGraph
import Yams

/// Reads the `layers` list of a recipe into blocks.
struct LayerReader {
    /// What the word `classes` stands for where a number of units is expected.
    let outputs: Int

    func blocks(_ list: Value) throws -> [any Block] { try list.list().map(block) }

    private func block(_ value: Value) throws -> any Block {
        if let word = value.node.scalar?.string { return try block(word, nil, value) }
        guard let mapping = value.node.mapping, mapping.count == 1, let (key, body) = mapping.first,
            let word = key.scalar?.string
        else { throw value.error("a layer is one word, or one word with its settings: '- dense: 10'") }
        let settings = Value(node: body, file: value.file, path: value.path.isEmpty ? word : "\(value.path), \(word)")
        return try block(word, settings, value)
    }

    private func block(_ word: String, _ settings: Value?, _ place: Value) throws -> any Block {
        guard let settings else {
            if let simple = Self.simple[word] { return simple }
            throw place.error(readers[word] == nil ? unknown(word) : "\(word) needs settings: '- \(word): ...'")
        }
        if let reader = readers[word] { return try reader(settings) }
        throw place.error(Self.simple[word] == nil ? unknown(word) : "\(word) takes no settings")
    }

    private func unknown(_ word: String) -> String {
        let known = Set(Self.simple.keys).union(readers.keys).sorted().joined(separator: ", ")
        return "'\(word)' is not a layer; layers are \(known)"
    }

    private static let simple: [String: any Block] = [
        "relu": ReLU(), "relu6": ReLU6(), "sigmoid": Sigmoid(), "tanh": Tanh(), "step": Step(), "softmax": Softmax(),
        "flatten": Flatten(), "global_average_pool": GlobalAveragePool(), "batch_norm": BatchNorm(),
        "leaky_relu": LeakyReLU(), "prelu": PReLU(), "hard_swish": Activate(.hardSwish), "silu": Activate(.silu),
        "gelu": Activate(.gelu), "mish": Activate(.mish), "softplus": Activate(.softplus),
        "softsign": Activate(.softsign), "elu": Activate(.elu(alpha: 1)), "l2_normalize": L2Normalize(),
        "global_max_pool": GlobalMaxPool(),
    ]

    private var readers: [String: (Value) throws -> any Block] {
        [
            "dense": dense, "conv2d": convolution, "depthwise_conv2d": depthwise,
            "max_pool": { try pool($0) { MaxPool($0, stride: $1, padding: $2) } },
            "average_pool": { try pool($0) { AveragePool($0, stride: $1, padding: $2) } },
            "leaky_relu": { LeakyReLU(slope: try $0.float(0...1)) },
            "dropout": { Dropout(try $0.float(0...0.999)) },
            "reshape": { Reshape(Shape(try $0.list().map { try $0.int(1...65535) })) },
            "batch_norm": batchNorm, "pad": pad, "residual": residual,
            "lstm": { LSTM(try units($0)) }, "gru": { GRU(try units($0)) },
            "concat": { Concat(try $0.list().map(blocks)) },
        ]
    }

    private func dense(_ value: Value) throws -> any Block {
        guard value.node.mapping != nil else { return Dense(try units(value)) }
        let members = try value.members(["units", "bias", "name"])
        guard let count = members["units"] else { throw value.error("units are missing") }
        return Dense(try units(count), bias: try members["bias"]?.bool() ?? true, name: try members["name"]?.string())
    }

    private func units(_ value: Value) throws -> Int { value.text == "classes" ? outputs : try value.int(1...65535) }

    private func convolution(_ value: Value) throws -> any Block {
        let members = try value.members([
            "filters", "kernel", "stride", "padding", "dilation", "groups", "bias", "name",
        ])
        guard let filters = members["filters"], let kernel = members["kernel"] else {
            throw value.error("filters and kernel are needed: '- conv2d: {filters: 16, kernel: 3}'")
        }
        return Conv2D(
            try filters.int(1...65535), kernel: try pair(kernel), stride: try members["stride"].map(pair) ?? 1,
            padding: try members["padding"].map(padding) ?? .valid, dilation: try members["dilation"].map(pair) ?? 1,
            groups: try members["groups"]?.int(1...65535) ?? 1, bias: try members["bias"]?.bool() ?? true,
            name: try members["name"]?.string())
    }

    private func depthwise(_ value: Value) throws -> any Block {
        let members = try value.members(["kernel", "stride", "padding", "dilation", "multiplier", "bias", "name"])
        guard let kernel = members["kernel"] else {
            throw value.error("kernel is needed: '- depthwise_conv2d: {kernel: 3}'")
        }
        return DepthwiseConv2D(
            kernel: try pair(kernel), stride: try members["stride"].map(pair) ?? 1,
            padding: try members["padding"].map(padding) ?? .valid, dilation: try members["dilation"].map(pair) ?? 1,
            multiplier: try members["multiplier"]?.int(1...255) ?? 1, bias: try members["bias"]?.bool() ?? true,
            name: try members["name"]?.string())
    }

    private func pool(_ value: Value, _ make: (Pair, Pair?, Padding) -> any Block) throws -> any Block {
        guard value.node.mapping != nil else { return make(try pair(value), nil, .valid) }
        let members = try value.members(["size", "stride", "padding"])
        guard let size = members["size"] else { throw value.error("size is missing") }
        return make(try pair(size), try members["stride"].map(pair), try members["padding"].map(padding) ?? .valid)
    }

    private func batchNorm(_ value: Value) throws -> any Block {
        let members = try value.members(["epsilon", "momentum"])
        return BatchNorm(
            epsilon: try members["epsilon"]?.float(1e-12...1) ?? 1e-3,
            momentum: try members["momentum"]?.float(0...1) ?? 0.1)
    }

    private func pad(_ value: Value) throws -> any Block {
        let sides = try value.members(["top", "bottom", "left", "right"]).mapValues { try $0.int(0...65535) }
        return Pad(
            top: sides["top"] ?? 0, bottom: sides["bottom"] ?? 0, left: sides["left"] ?? 0, right: sides["right"] ?? 0)
    }

    private func residual(_ value: Value) throws -> any Block {
        let members = try value.members(["main", "shortcut"])
        guard let main = members["main"] else {
            throw value.error("main is missing: the layers whose result is added to the input")
        }
        return Residual(main: try blocks(main), shortcut: try members["shortcut"].map(blocks) ?? [])
    }

    /// One number for both directions, or [rows, columns].
    private func pair(_ value: Value) throws -> Pair {
        let sizes = try value.listOrOne().map { try $0.int(1...65535) }
        guard (1...2).contains(sizes.count) else { throw value.error("one number, or [rows, columns]") }
        return Pair(sizes[0], sizes[sizes.count - 1])
    }

    /// `same`, `valid`, or [top, bottom, left, right].
    private func padding(_ value: Value) throws -> Padding {
        switch value.text {
        case "same": return .same
        case "valid": return .valid
        default:
            guard let sides = try? value.list().map({ try $0.int(0...255) }), sides.count == 4 else {
                throw value.error("padding is same, valid or [top, bottom, left, right]")
            }
            return .explicit(top: sides[0], bottom: sides[1], left: sides[2], right: sides[3])
        }
    }
}
