// SPDX-License-Identifier: Apache-2.0
// Ctrl-C: the first one asks the work to stop at a safe place, the second one ends the process.

import Foundation

/// Thrown by work that stopped because it was asked to.
struct Interrupted: Error, CustomStringConvertible {
    let description: String
}

enum Interrupt {
    nonisolated(unsafe) private static var count: sig_atomic_t = 0

    /// From here on, Ctrl-C (or a polite kill) is noted instead of fatal.
    static func watch() {
        let note: @convention(c) (Int32) -> Void = { _ in
            Interrupt.count += 1
            if Interrupt.count > 1 { _exit(130) }
        }
        signal(SIGINT, note)
        signal(SIGTERM, note)
        // A parent may have left them blocked, as programs with worker threads do.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        sigaddset(&signals, SIGTERM)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    /// True once the person asked to stop.
    static var isRequested: Bool { count > 0 }
}
