// SPDX-License-Identifier: Apache-2.0
// What an imported model becomes.

import NNQFormat
import NNQGraph

/// A model from another tool: a quantized one is ready to run, a float one goes on to quantization or training.
public enum Imported: Sendable {
    /// A quantized model, with the arithmetic of the tool that made it.
    case int8(Program)
    case float(Model)
}
