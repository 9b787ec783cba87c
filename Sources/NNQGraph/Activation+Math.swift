// SPDX-License-Identifier: Apache-2.0
// The C library's functions that activations need.

import Foundation

extension Activation {
    @usableFromInline
    static func exponential(_ x: Float) -> Float { Foundation.exp(x) }

    @usableFromInline
    static func hyperbolicTangent(_ x: Float) -> Float { Foundation.tanh(x) }
}
