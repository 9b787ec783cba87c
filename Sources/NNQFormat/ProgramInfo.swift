// SPDX-License-Identifier: Apache-2.0
// The info section of a file: names and meanings, for tools.

/// What tools know of a program beside its arithmetic; the info section of a file. All of it may be empty.
public struct ProgramInfo: Hashable, Codable, Sendable {
    public struct Normalization: Hashable, Codable, Sendable {
        /// In the raw input's units; one number, or one a channel.
        public var mean: [Float]
        public var std: [Float]

        public init(mean: [Float], std: [Float]) {
            self.mean = mean
            self.std = std
        }
    }

    /// Names of tensors by index. Only a file's: a program's names are those of its tensors, which the writer puts here
    /// and the reader takes from here.
    public var tensors: [String]?
    /// Names of the inputs, states included, and of the outputs, where a file was written without the other names.
    public var inputs: [String]?
    public var outputs: [String]?
    /// Names of classes by output index.
    public var classes: [String]?
    /// `classification`, `binary` or `regression`.
    public var task: String?
    public var normalization: Normalization?
    /// True where raw inputs are pixels, 0 ... 255.
    public var byteInput: Bool?
    /// By float layer whose channels the quantizer scaled: `8 * log2` of what each was divided by.
    public var equalization: [String: [Int]]?
    /// By float layer of which the quantizer moved constants into the next: by how much each channel is smaller.
    public var absorbedBias: [String: [Float]]?

    public init(
        tensors: [String]? = nil, classes: [String]? = nil, task: String? = nil, normalization: Normalization? = nil,
        byteInput: Bool? = nil
    ) {
        self.tensors = tensors
        self.classes = classes
        self.task = task
        self.normalization = normalization
        self.byteInput = byteInput
    }

    enum CodingKeys: String, CodingKey {
        case tensors, inputs, outputs, classes, task, normalization, equalization
        case byteInput = "byte_input"
        case absorbedBias = "absorbed_bias"
    }
}
