// SPDX-License-Identifier: Apache-2.0
// The sliding windows of convolutions and pools: options, padding, and the shape that they give.

import NNQGraph

/// What TFLite's options say of a window, and its activation.
struct TFLiteWindow {
    var kernel: Pair
    var stride: Pair
    var dilation: Pair = 1
    var isSame: Bool
    var activation: TFLiteActivation

    /// The window as the float graph has it.
    var window: Window {
        Window(kernel: kernel, stride: stride, dilation: dilation, padding: isSame ? .same : .valid)
    }
}

/// The activation that an operator applies to its own output.
enum TFLiteActivation: UInt8 {
    case none, relu, reluN1To1, relu6, tanh, signBit
}

extension TFLiteModel {
    /// An operator's options: nil where it has none, which means all defaults.
    /// - Parameter type: their number in TFLite's list.
    func options(_ operation: TFLiteOperator, type: UInt8) throws -> FlatTable? {
        guard let options = operation.options else { return nil }
        guard operation.optionsType == type else {
            throw failure(operation, "has the options of another operator: export the model again")
        }
        return options
    }

    /// - Parameter slot: of the activation in the options.
    func activation(_ operation: TFLiteOperator, _ options: FlatTable?, slot: Int) throws -> TFLiteActivation {
        let number: UInt8 = try options?.integer(slot, "the activation") ?? 0
        guard let activation = TFLiteActivation(rawValue: number) else {
            throw failure(operation, "has the unknown activation \(number): export the model again")
        }
        return activation
    }

    func convolutionWindow(_ operation: TFLiteOperator, kernel: Pair) throws -> TFLiteWindow {
        let options = try options(operation, type: 1)
        return try window(
            operation, options, kernel, dilation: pair(options, height: 5, width: 4, "the dilation"), activation: 3)
    }

    func depthwiseWindow(_ operation: TFLiteOperator, kernel: Pair) throws -> TFLiteWindow {
        let options = try options(operation, type: 2)
        return try window(
            operation, options, kernel, dilation: pair(options, height: 6, width: 5, "the dilation"), activation: 4)
    }

    func poolWindow(_ operation: TFLiteOperator) throws -> TFLiteWindow {
        let options = try options(operation, type: 5)
        return try window(
            operation, options, pair(options, height: 4, width: 3, "the filter"), dilation: 1, activation: 5)
    }

    private func pair(_ options: FlatTable?, height: Int, width: Int, _ name: String) throws -> Pair {
        let rows: Int32 = try options?.integer(height, name, missing: 1) ?? 1
        let columns: Int32 = try options?.integer(width, name, missing: 1) ?? 1
        return Pair(Int(rows), Int(columns))
    }

    private func window(
        _ operation: TFLiteOperator, _ options: FlatTable?, _ kernel: Pair, dilation: Pair, activation: Int
    ) throws -> TFLiteWindow {
        let stride = try pair(options, height: 2, width: 1, "the stride")
        let sizes = [kernel, stride, dilation].flatMap { [$0.height, $0.width] }
        guard sizes.allSatisfy({ (1...65535).contains($0) }) else {
            throw failure(
                operation, "has a kernel of \(kernel), a stride of \(stride) and a dilation of \(dilation): "
                    + "all must be 1 to 65535")
        }
        let padding: UInt8 = try options?.integer(0, "the padding") ?? 0
        guard padding <= 1 else { throw failure(operation, "has the unknown padding \(padding): export it again") }
        return TFLiteWindow(
            kernel: kernel, stride: stride, dilation: dilation, isSame: padding == 0,
            activation: try self.activation(operation, options, slot: activation))
    }

    /// The padding of a window over a map.
    /// - Throws: `ImportError` where the window does not fit, or its output is not of the shape that the model says.
    func margins(
        _ operation: TFLiteOperator, _ window: TFLiteWindow, input: TFLiteTensor, output: TFLiteTensor
    ) throws -> Margins {
        let map = Shape(try self.map(operation, input))
        let margins = window.window.margins(for: map)
        let expected = window.window.outputSize(for: map).map { [$0.height, $0.width] }
        guard let expected, expected == Array(try self.map(operation, output).prefix(2)) else {
            throw failure(
                operation, "a \(window.kernel) window over \(input.shape.shapeText) does not give "
                    + "\(output.shape.shapeText): export the model again")
        }
        return margins
    }

    /// Height, width and channels of a tensor of four extents, the first a batch of one.
    func map(_ operation: TFLiteOperator, _ tensor: TFLiteTensor) throws -> [Int] {
        guard tensor.shape.count == 4 else {
            throw failure(
                operation, "\"\(tensor.name)\" is \(tensor.shape.shapeText), and four extents are needed: [1, height, "
                    + "width, channels]")
        }
        guard tensor.shape[0] == 1 else {
            throw failure(
                operation, "\"\(tensor.name)\" is a batch of \(tensor.shape[0]): convert the model with a batch of 1")
        }
        return Array(tensor.shape.dropFirst())
    }
}
