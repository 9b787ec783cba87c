// SPDX-License-Identifier: Apache-2.0
// How gradients change parameters.

import CTrainKernels

/// An optimizer and its settings.
public struct Optimizer: Hashable, Sendable {
    public enum Kind: String, Codable, Sendable, CaseIterable {
        /// `w -= rate * g`
        case sgd
        /// `v = momentum * v + g; w -= rate * v` (Polyak, 1964)
        case momentum
        /// `v = momentum * v + g; w -= rate * (g + momentum * v)` (Nesterov, 1983; Sutskever et al., 2013)
        case nesterov
        /// Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015.
        case adam
        /// Adam whose weight decay acts on the weights, not through the gradient: Loshchilov and Hutter, 2019.
        case adamW = "adamw"
        /// Adam's step, as long as `rate` times the length of the weights or the bias that it is for, so that layers
        /// of any size move alike: You et al., "Large Batch Optimization for Deep Learning", 2020.
        case lamb
    }

    public var kind: Kind
    public var learningRate: Float
    /// For momentum and nesterov.
    public var momentum: Float
    /// Adam's: how slowly the means of gradients and of their squares move.
    public var beta1: Float
    public var beta2: Float
    public var epsilon: Float

    public init(
        _ kind: Kind, learningRate: Float, momentum: Float = 0.9, beta1: Float = 0.9, beta2: Float = 0.999,
        epsilon: Float = 1e-8
    ) {
        self.kind = kind
        self.learningRate = learningRate
        self.momentum = momentum
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
    }

    public static func sgd(learningRate: Float) -> Optimizer { Optimizer(.sgd, learningRate: learningRate) }
    public static func momentum(learningRate: Float, _ momentum: Float = 0.9) -> Optimizer {
        Optimizer(.momentum, learningRate: learningRate, momentum: momentum)
    }
    public static func adam(learningRate: Float = 1e-3) -> Optimizer { Optimizer(.adam, learningRate: learningRate) }
    public static func adamW(learningRate: Float = 1e-3) -> Optimizer { Optimizer(.adamW, learningRate: learningRate) }

    /// Names of the values that it keeps for each parameter.
    var stateNames: [String] {
        switch kind {
        case .sgd: []
        case .momentum, .nesterov: ["velocity"]
        case .adam, .adamW, .lamb: ["first_moment", "second_moment"]
        }
    }

    /// One step on `count` parameters with the learning rate `rate`; `step` counts from 1.
    func update(
        _ parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>,
        states: [UnsafeMutablePointer<Float>], count: Int, rate: Float, decay: Float, step: UInt64
    ) {
        switch kind {
        case .sgd: nnq_sgd(parameters, gradients, nil, count, rate, 0, decay, 0)
        case .momentum: nnq_sgd(parameters, gradients, states[0], count, rate, momentum, decay, 0)
        case .nesterov: nnq_sgd(parameters, gradients, states[0], count, rate, momentum, decay, 1)
        case .adam, .adamW, .lamb:
            var settings = nnq_adam_settings()
            settings.rate = rate
            settings.beta1 = beta1
            settings.beta2 = beta2
            settings.epsilon = epsilon
            settings.correction1 = Self.correction(beta1, step)
            settings.correction2 = Self.correction(beta2, step)
            settings.decay = kind == .adam ? decay : 0
            settings.decoupled = kind == .adam ? 0 : decay
            nnq_adam(parameters, gradients, states[0], states[1], count, &settings)
        }
    }

    /// `1 - beta^step`, by repeated squaring in double precision.
    private static func correction(_ beta: Float, _ step: UInt64) -> Float {
        var (power, square, rest) = (1.0, Double(beta), step)
        while rest > 0 {
            if rest & 1 == 1 { power *= square }
            square *= square
            rest >>= 1
        }
        return Float(1 - power)
    }

    func validate() throws {
        guard learningRate > 0, learningRate.isFinite else {
            throw TrainError("the learning rate is \(learningRate); it must be above 0, 0.001 to 0.1 is usual")
        }
        for (name, value) in [("momentum", momentum), ("beta1", beta1), ("beta2", beta2)] {
            guard (0..<1).contains(value) else {
                throw TrainError("\(name) is \(value); it lies between 0 and 1, 1 excluded")
            }
        }
        guard epsilon > 0 else { throw TrainError("epsilon is \(epsilon); it must be above 0") }
    }
}

extension Optimizer: Codable {
    private enum Key: String, CodingKey {
        case kind
        case learningRate = "learning_rate"
        case momentum, beta1, beta2, epsilon
    }

    /// Settings that are left out keep their usual values; `kind` and `learning_rate` must be there.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        self.init(
            try container.decode(Kind.self, forKey: .kind),
            learningRate: try container.decode(Float.self, forKey: .learningRate),
            momentum: try container.decodeIfPresent(Float.self, forKey: .momentum) ?? 0.9,
            beta1: try container.decodeIfPresent(Float.self, forKey: .beta1) ?? 0.9,
            beta2: try container.decodeIfPresent(Float.self, forKey: .beta2) ?? 0.999,
            epsilon: try container.decodeIfPresent(Float.self, forKey: .epsilon) ?? 1e-8)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(kind, forKey: .kind)
        try container.encode(learningRate, forKey: .learningRate)
        try container.encode(momentum, forKey: .momentum)
        try container.encode(beta1, forKey: .beta1)
        try container.encode(beta2, forKey: .beta2)
        try container.encode(epsilon, forKey: .epsilon)
    }
}
