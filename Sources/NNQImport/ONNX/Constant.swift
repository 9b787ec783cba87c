// SPDX-License-Identifier: Apache-2.0
// A tensor whose values are known while importing.

/// Values of an initializer, or of what was computed from initializers.
package struct Constant: Sendable {
    package enum Values: Sendable {
        case floats([Float])
        case integers([Int64])
    }

    package var extents: [Int]
    package var values: Values
    /// ONNX's number of the element type where the file has the values; 0 else.
    var type = 0
    /// Scales of weights that were integers in the file: one, or one for each place of an axis.
    var scales: (values: [Float], axis: Int)?

    /// - Precondition: as many values as the extents say.
    package init(_ extents: [Int], _ values: Values) {
        self.extents = extents
        self.values = values
    }

    package init(_ extents: [Int], floats: [Float]) { self.init(extents, .floats(floats)) }
    init(_ extents: ONNXExtents, integers: [Int64]) { self.init(extents, .integers(integers)) }
    init(scalar: Float) { self.init([], .floats([scalar])) }

    package var count: Int {
        switch values {
        case .floats(let values): values.count
        case .integers(let values): values.count
        }
    }

    /// Whether the file has the values as unsigned bytes.
    package var isUnsigned8: Bool { type == 2 }

    package var isInteger: Bool { if case .integers = values { true } else { false } }

    /// The values as floats.
    package var floats: [Float] {
        switch values {
        case .floats(let values): values
        case .integers(let values): values.map { Float($0) }
        }
    }

    /// The values as integers, for shapes and axes; floats are no such thing.
    func integers() throws -> [Int] {
        guard case .integers(let values) = values else {
            throw ImportError("integers are needed where the file has floats")
        }
        return values.map { Int($0) }
    }

    /// The only value.
    func scalar() throws -> Float {
        guard count == 1 else { throw ImportError("one number is needed where the file has \(count)") }
        return floats[0]
    }

    /// The values as places of an axis, where they may be counted from the end.
    func places(of extent: Int) throws -> [Int] {
        try integers().map { place in
            guard place >= -extent, place < extent else {
                throw ImportError("there is no place \(place) in an axis of \(extent)")
            }
            return place < 0 ? place + extent : place
        }
    }

    func reshaped(_ extents: ONNXExtents) -> Constant { Constant(extents, values) }

    /// The elements at these places, in this order.
    func gathering(_ places: [Int], _ extents: ONNXExtents) -> Constant {
        switch values {
        case .floats(let values): Constant(extents, floats: places.map { values[$0] })
        case .integers(let values): Constant(extents, integers: places.map { values[$0] })
        }
    }

    /// Axis `i` of the result is axis `permutation[i]`.
    func transposed(_ permutation: [Int]) -> Constant {
        if permutation == Array(permutation.indices) { return self }
        let strides = extents.strides
        let result = permutation.map { extents[$0] }
        return gathering(
            Self.places(result, origin: 0, strides: permutation.map { strides[$0] }), result)
    }

    /// Repeated to larger extents.
    /// - Precondition: the extents broadcast to these.
    func broadcast(to larger: ONNXExtents) -> Constant {
        if larger == extents { return self }
        let own = extents.padded(to: larger.count)
        let strides = zip(own, own.strides).map { $0 == 1 ? 0 : $1 }
        return gathering(Self.places(larger, origin: 0, strides: strides), larger)
    }

    /// Row-major places of a view of these extents and strides.
    static func places(_ extents: ONNXExtents, origin: Int, strides: [Int]) -> [Int] {
        var places = [origin]
        for (extent, stride) in zip(extents, strides) {
            var next: [Int] = []
            next.reserveCapacity(places.count * extent)
            for place in places { for index in 0..<extent { next.append(place + index * stride) } }
            places = next
        }
        return places
    }
}
