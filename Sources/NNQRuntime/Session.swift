// SPDX-License-Identifier: Apache-2.0
// One use of a model: its arena, inputs, outputs, and runs.

import CNNQ

/// One use of a model, with an arena of its own. A session belongs to one thread at a time (it can move to another
/// one); for inference in several threads, make a session for each: they share the model.
///
/// Every input is written before every run, since a run may use an input's memory for something else. Outputs are valid
/// until the next run or the next write to an input.
public struct Session: ~Copyable, @unchecked Sendable {
    public let model: Int8Model
    // Sendable: nothing else writes the arena, and a noncopyable value is in one thread at a time.
    let arena: UnsafeMutableRawBufferPointer
    #if !hasFeature(Embedded)
        private let ownsArena: Bool

        /// A session in memory that it allocates itself, `Int8Model.arenaBytes` bytes of zeros.
        public init(_ model: Int8Model) {
            self.model = model
            arena = .allocate(byteCount: model.arenaBytes, alignment: Int(NNQ_ALIGNMENT))
            arena.initializeMemory(as: UInt8.self, repeating: 0)
            ownsArena = true
            reset()
        }

        deinit {
            if ownsArena { arena.deallocate() }
        }
    #endif

    /// A session in the caller's memory, for instance a static buffer.
    /// - Parameter arena: at least `Int8Model.arenaBytes` bytes at a multiple of 16, initialized, which nobody else
    ///   uses as long as the session exists.
    /// - Throws: `RuntimeError.misaligned`, `.arenaTooSmall`.
    public init(_ model: Int8Model, unownedArena arena: UnsafeMutableRawBufferPointer) throws(RuntimeError) {
        var session = nnq_session()
        let error = model.withCore { nnq_start(&session, $0, arena.baseAddress, arena.count) }
        if error == NNQ_ERROR_ALIGNMENT { throw .misaligned }
        if error != NNQ_OK { throw .arenaTooSmall(needed: model.arenaBytes, given: arena.count) }
        self.model = model
        self.arena = arena
        #if !hasFeature(Embedded)
            ownsArena = false
        #endif
    }

    /// Forgets what the model remembers from run to run, where it has states.
    public mutating func reset() { withCore { nnq_reset($0) } }

    /// One inference. Cannot fail.
    public mutating func run() { withCore { nnq_run($0) } }

    /// Copies the values of an input, in NHWC order; of another type than int8, its bytes.
    /// - Throws: `RuntimeError.wrongCount`, `.noSuchIndex`.
    public mutating func setInput(_ index: Int = 0, to values: Span<Int8>) throws(RuntimeError) {
        let needed = try model.input(index).byteCount
        if values.count != needed { throw .wrongCount(needed: needed, given: values.count) }
        withInput(index) { input in
            for position in values.indices { input[position] = values[position] }
        }
    }

    /// Copies the values of an output, in NHWC order; of another type than int8, its bytes.
    /// - Throws: `RuntimeError.wrongCount`, `.noSuchIndex`.
    public func copyOutput(_ index: Int = 0, to values: inout MutableSpan<Int8>) throws(RuntimeError) {
        let needed = try model.output(index).byteCount
        if values.count != needed { throw .wrongCount(needed: needed, given: values.count) }
        withOutput(index) { output in
            for position in output.indices { values[position] = output[position] }
        }
    }

    /// An input's memory in the arena, to be written in place.
    /// - Precondition: the model has an input `index`.
    public mutating func withInput<Result: ~Copyable, Failure: Error>(
        _ index: Int = 0, _ body: (inout MutableSpan<Int8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard let info = try? model.input(index), let first = withCore({ nnq_input($0, Int32(index)) }) else {
            preconditionFailure("the model has no such input")
        }
        var span = UnsafeMutableBufferPointer(start: first, count: info.byteCount).mutableSpan
        return try body(&span)
    }

    /// An output's memory in the arena.
    /// - Precondition: the model has an output `index`.
    public func withOutput<Result: ~Copyable, Failure: Error>(
        _ index: Int = 0, _ body: (Span<Int8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard let info = try? model.output(index), let first = withCore({ nnq_output($0, Int32(index)) }) else {
            preconditionFailure("the model has no such output")
        }
        return try body(UnsafeBufferPointer(start: first, count: info.byteCount).span)
    }

    /// Binds the arena anew at each use: the C session points to its model, and a Swift value has no address that
    /// stays.
    func withCore<Result>(_ body: (UnsafePointer<nnq_session>) -> Result) -> Result {
        model.withCore { core in
            var session = nnq_session()
            session.model = core
            session.arena = arena.baseAddress?.assumingMemoryBound(to: UInt8.self)
            return body(&session)
        }
    }
}
