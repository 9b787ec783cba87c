// SPDX-License-Identifier: Apache-2.0
// What an importer makes of a file.

import NNQFormat
import NNQGraph

/// An imported model.
public enum Imported: Sendable {
    /// A quantized model: it runs as it is.
    case int8(Program)
    /// A float model, to quantize, train further or export.
    case float(Model)
}
