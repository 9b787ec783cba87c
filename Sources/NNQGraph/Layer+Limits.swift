// SPDX-License-Identifier: Apache-2.0
// The sizes and numbers in a layer, for shape inference to bound.

extension Layer {
    /// Every size that the layer gives, so that arithmetic with them cannot overflow once they are bounded.
    var sizes: [Int] {
        switch self {
        case .dense(let units, _): [units]
        case .conv2D(let filters, let window, let groups, _): [filters, groups] + window.sizes
        case .depthwiseConv2D(let multiplier, let window, _): [multiplier] + window.sizes
        case .transposedConv2D(let filters, let window, let outputPadding, let groups, _):
            [filters, groups, outputPadding.height, outputPadding.width] + window.sizes
        case .maxPool(let window), .averagePool(let window): window.sizes
        case .pad(let margins): margins.sizes
        case .slice(let begin, let size, let step): begin + size + step
        case .resize(let size, _, _): [size.height, size.width]
        case .embedding(let count, let channels): [count, channels]
        case .lstm(let units), .gru(let units, _): [units]
        default: []
        }
    }

    /// Weights of a layer whose output shape is known to be possible.
    func weightCount(inputs: [Shape]) -> Double {
        switch self {
        case .dense(let units, _): Double(units) * Double(inputs[0].count)
        case .conv2D(let filters, let window, let groups, _):
            Double(filters) * Double(inputs[0].channels / groups) * Double(window.kernel.height * window.kernel.width)
        case .depthwiseConv2D(let multiplier, let window, _):
            Double(multiplier) * Double(inputs[0].channels) * Double(window.kernel.height * window.kernel.width)
        case .transposedConv2D(let filters, let window, _, let groups, _):
            Double(filters) * Double(inputs[0].channels / groups) * Double(window.kernel.height * window.kernel.width)
        case .embedding(let count, let channels): Double(count) * Double(channels)
        case .lstm(let units): 4 * Double(units) * Double(units + inputs[0].channels)
        case .gru(let units, _): 3 * Double(units) * Double(units + inputs[0].channels)
        default: 0
        }
    }
}

extension Activation {
    /// The numbers that the function is given.
    var numbers: [Float] {
        switch self {
        case .leakyReLU(let slope): [slope]
        case .thresholdedReLU(let threshold): [threshold]
        case .clip(let low, let high): [low, high]
        case .hardSigmoid(let slope, let offset): [slope, offset]
        case .elu(let alpha), .celu(let alpha): [alpha]
        case .selu(let alpha, let gamma): [alpha, gamma]
        default: []
        }
    }
}

extension Window {
    fileprivate var sizes: [Int] {
        let sizes = [kernel, stride, dilation].flatMap { [$0.height, $0.width] }
        guard case .explicit(let top, let bottom, let left, let right) = padding else { return sizes }
        return sizes + [top, bottom, left, right]
    }
}

extension Margins {
    fileprivate var sizes: [Int] { [top, bottom, left, right] }
}
