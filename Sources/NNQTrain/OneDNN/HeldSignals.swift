// SPDX-License-Identifier: Apache-2.0
// Keeps signal handlers out of oneDNN's code.

import Foundation

/// Runs `body` with all signals held back that can wait; they are delivered when it ends.
///
/// oneDNN's generated matrix products point the stack register into a buffer on the heap where what they copy of one
/// factor is too much for the stack. A handler that ran there would write its frame over what lies in front of the
/// buffer. The threads that `body` makes, OpenMP's, keep holding signals back.
func withSignalsHeld<Result>(_ body: () throws -> Result) rethrows -> Result {
    var held = sigset_t()
    var before = sigset_t()
    sigfillset(&held)
    // Faults are handled where they happen or not at all.
    for fault in [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP] { sigdelset(&held, fault) }
    pthread_sigmask(SIG_SETMASK, &held, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    return try body()
}
