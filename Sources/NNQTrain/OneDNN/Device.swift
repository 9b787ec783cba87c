// SPDX-License-Identifier: Apache-2.0
// oneDNN's processor and its queue of work.

import CDNNL
import CTrainKernels

/// One CPU engine with one in-order stream; everything of one compiled network hangs on the same device.
final class Device {
    let engine: dnnl_engine_t
    let stream: dnnl_stream_t
    /// Threads that a step is spread over.
    let threads: Int

    /// - Parameter threads: 0 takes one for each processor that this process may use.
    init(threads: Int) throws {
        guard threads >= 0, threads <= 1024 else {
            throw TrainError("\(threads) threads were asked for; use 1 to 1024, or 0 for one a processor")
        }
        self.threads = threads > 0 ? threads : Int(nnq_processor_count())
        var engine: dnnl_engine_t?
        try check(dnnl_engine_create(&engine, dnnl_cpu, 0), "open the processor")
        var stream: dnnl_stream_t?
        try check(dnnl_stream_create(&stream, engine, UInt32(dnnl_stream_in_order.rawValue)), "open a stream")
        self.engine = engine!
        self.stream = stream!
        useThreads()
    }

    /// Sets the thread count for what this thread runs next. Layouts and splits of work depend on it.
    func useThreads() { nnq_set_threads(Int32(threads)) }

    /// Runs steps in their order; signals wait until the last is done.
    func run(_ steps: [Step]) throws {
        useThreads()
        try withSignalsHeld { for step in steps { try step.run() } }
    }

    deinit {
        dnnl_stream_destroy(stream)
        dnnl_engine_destroy(engine)
    }
}
