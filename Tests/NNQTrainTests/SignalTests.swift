// SPDX-License-Identifier: Apache-2.0
// Signals that come while a network computes.

import Foundation
import NNQBase
import NNQData
import NNQGraph
import NNQTrain
import Testing

/// Signals handled so far.
private nonisolated(unsafe) var handled: sig_atomic_t = 0

@Suite struct SignalTests {
    /// oneDNN's matrix products have the stack in a buffer on the heap for a while: a handler's frame would overwrite
    /// what lies in front of it.
    @Test func handlersRunBetweenStepsOnly() throws {
        let digits = try GeneratedDigits.make(.train, count: 4000)
        let quiet = try train(digits)
        signal(SIGUSR1) { _ in handled += 1 }
        defer { signal(SIGUSR1, SIG_IGN) }
        let disturbed = try whileSignalled { try train(digits) }
        #expect(handled > 20)
        #expect(disturbed == quiet)
    }

    private func train(_ data: ByteDataset) throws -> Model {
        let metadata = Metadata(normalization: Normalization(mean: [128], std: [64]))
        let model = try Model(input: [28, 28, 1], metadata: metadata) {
            Flatten()
            Dense(128)
            ReLU()
            Dense(10)
            Softmax()
        }
        let options = TrainingOptions(epochs: 2, batchSize: 64, optimizer: .adam(), seed: 3, threads: 1)
        return try Trainer(options).train(model, on: data).model
    }

    /// What `body` returns on a thread of its own that gets a signal every 200 microseconds.
    private func whileSignalled(_ body: @escaping () throws -> Model) throws -> Model {
        let (started, finished, released) = (
            DispatchSemaphore(value: 0), DispatchSemaphore(value: 0), DispatchSemaphore(value: 0)
        )
        nonisolated(unsafe) var worker = pthread_self()
        nonisolated(unsafe) var result: Result<Model, any Error>?
        nonisolated(unsafe) let body = body
        Thread {
            var signals = sigset_t()
            sigemptyset(&signals)
            sigaddset(&signals, SIGUSR1)
            pthread_sigmask(SIG_UNBLOCK, &signals, nil)
            worker = pthread_self()
            started.signal()
            result = Result(catching: body)
            finished.signal()
            released.wait()
        }.start()
        started.wait()
        while finished.wait(timeout: .now() + .microseconds(200)) == .timedOut { pthread_kill(worker, SIGUSR1) }
        released.signal()
        return try result!.get()
    }
}
