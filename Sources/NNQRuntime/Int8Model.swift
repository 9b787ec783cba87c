// SPDX-License-Identifier: Apache-2.0
// An opened model: verified once, then only read.

import CNNQ

/// A model that the runtime has verified. It is only read: any number of sessions in any number of threads can share
/// it.
///
///     let model = try Int8Model(copying: bytes)
///     var session = Session(model)
///     let answer = try session.run(pixels)
///
/// In Embedded Swift nothing is allocated: a model stays where it is, `Int8Model(unowned:)`, and a session gets its arena.
public struct Int8Model: @unchecked Sendable {
    // Sendable: `core` points to bytes that nobody writes, which `storage` or the caller keeps.
    let core: nnq_model
    #if !hasFeature(Embedded)
        private let storage: FileStorage?

        /// Opens a copy of the bytes of a file. Takes time linear in the file.
        /// - Throws: `RuntimeError.file` where the file is refused.
        public init(copying bytes: Span<UInt8>) throws(RuntimeError) {
            let storage = FileStorage(bytes)
            core = try Int8Model.open(UnsafeRawBufferPointer(storage.bytes), nnq_all_ops_address())
            self.storage = storage
        }
    #endif

    /// Opens a file where it is, for instance in flash, without copying it.
    /// - Parameters:
    ///   - file: starts at a multiple of 16 bytes; neither changes nor goes away as long as a copy of the model or a
    ///     session of it exists.
    ///   - operations: the ops that the program links, `NNQ_OPCODE_LIMIT` entries by op code that stay where they are;
    ///     those that it leaves out cost no flash.
    /// - Throws: `RuntimeError.file` where the file is refused, `.misaligned`.
    public init(
        unowned file: UnsafeRawBufferPointer,
        operations: UnsafePointer<OpaquePointer?> = nnq_all_ops_address()
    ) throws(RuntimeError) {
        core = try Int8Model.open(file, operations)
        #if !hasFeature(Embedded)
            storage = nil
        #endif
    }

    private static func open(
        _ file: UnsafeRawBufferPointer, _ operations: UnsafePointer<OpaquePointer?>
    ) throws(RuntimeError) -> nnq_model {
        var model = nnq_model()
        var place = nnq_diagnostic(op: -1, byte: 0)
        let error = nnq_open(&model, file.baseAddress, file.count, operations, &place)
        if error == NNQ_OK { return model }
        if error == NNQ_ERROR_ALIGNMENT { throw .misaligned }
        // An empty buffer has no address: the runtime calls that an argument error, the caller a short file.
        let fault = FileFault(rawValue: error) ?? .truncated
        throw .file(fault, operation: place.op < 0 ? nil : Int(place.op), byte: Int(place.byte))
    }

    /// Bytes of arena that a session needs.
    public var arenaBytes: Int { withCore { Int(nnq_arena_size($0)) } }
    public var inputCount: Int { withCore { Int(nnq_input_count($0)) } }
    /// What the model remembers from run to run.
    public var stateCount: Int { withCore { Int(nnq_state_count($0)) } }
    public var outputCount: Int { withCore { Int(nnq_output_count($0)) } }

    /// - Throws: `RuntimeError.noSuchIndex`.
    public func input(_ index: Int = 0) throws(RuntimeError) -> TensorInfo {
        try info(index, nnq_input_info)
    }

    /// - Throws: `RuntimeError.noSuchIndex`.
    public func output(_ index: Int = 0) throws(RuntimeError) -> TensorInfo {
        try info(index, nnq_output_info)
    }

    func withCore<Result>(_ body: (UnsafePointer<nnq_model>) -> Result) -> Result {
        withUnsafePointer(to: core, body)
    }

    func info(
        _ index: Int, _ ask: (UnsafePointer<nnq_model>?, Int32, UnsafeMutablePointer<nnq_tensor_info>?) -> Int32
    ) throws(RuntimeError) -> TensorInfo {
        var info = nnq_tensor_info()
        let error = withCore { ask($0, Int32(clamping: index), &info) }
        if error != NNQ_OK { throw .noSuchIndex(index) }
        return TensorInfo(info)
    }
}

#if !hasFeature(Embedded)
    /// The bytes of a file at the alignment that the runtime asks for.
    private final class FileStorage {
        let bytes: UnsafeMutableRawBufferPointer

        init(_ source: Span<UInt8>) {
            bytes = .allocate(byteCount: source.count, alignment: Int(NNQ_ALIGNMENT))
            source.withUnsafeBytes { bytes.copyMemory(from: $0) }
        }

        deinit { bytes.deallocate() }
    }
#endif
