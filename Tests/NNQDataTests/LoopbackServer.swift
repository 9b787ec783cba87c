// SPDX-License-Identifier: Apache-2.0
// A small HTTP server on 127.0.0.1 that misbehaves on request.

import Foundation

/// Serves one request per connection. `answer` gets the path and the first byte asked for (nil without a Range).
final class LoopbackServer: @unchecked Sendable {
    struct Answer {
        var status = "200 OK"
        var headers: [String] = []
        var body: [UInt8] = []
        /// Bytes of the body to send before the connection is closed; all by default.
        var sent: Int?
    }

    /// Address of the root, with a slash.
    let address: String
    private let listener: Int32
    private let answer: @Sendable (String, Int?) -> Answer
    private let lock = NSLock()
    private var log: [String] = []

    /// What was asked, such as `/a 100` for `/a` from byte 100 on.
    var requests: [String] { lock.withLock { log } }

    init(_ answer: @escaping @Sendable (String, Int?) -> Answer) throws {
        self.answer = answer
        let listener = LoopbackServer.makeSocket()
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(listener, generic, length) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, generic, &length) == 0
            }
        }
        guard bound else { throw POSIXError(.EADDRNOTAVAIL) }
        self.listener = listener
        address = "http://127.0.0.1:\(UInt16(bigEndian: name.sin_port))/"
        Thread.detachNewThread { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0, let self else { return }
                self.serve(connection)
                close(connection)
            }
        }
    }

    /// Closes the port: from now on connections are refused.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private static func makeSocket() -> Int32 {
        #if canImport(Glibc)
            socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            socket(AF_INET, SOCK_STREAM, 0)
        #endif
    }

    private func serve(_ connection: Int32) {
        var request = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !request.contains("\r\n\r\n") {
            let got = recv(connection, &buffer, buffer.count, 0)
            guard got > 0 else { return }
            request += String(decoding: buffer[..<got], as: UTF8.self)
        }
        let path = request.split(separator: " ")[1]
        var first: Int?
        for line in request.lowercased().split(separator: "\r\n") where line.hasPrefix("range: bytes=") {
            first = Int(line.dropFirst(13).prefix { $0 != "-" })
        }
        lock.withLock { log.append(first.map { "\(path) \($0)" } ?? String(path)) }
        let reply = answer(String(path), first)
        var head = "HTTP/1.1 \(reply.status)\r\nConnection: close\r\nContent-Length: \(reply.body.count)\r\n"
        for header in reply.headers { head += header + "\r\n" }
        transmit(Array((head + "\r\n").utf8) + reply.body.prefix(reply.sent ?? reply.body.count), connection)
    }

    private func transmit(_ bytes: [UInt8], _ connection: Int32) {
        var done = 0
        while done < bytes.count {
            let sent = bytes.withUnsafeBytes {
                send(connection, $0.baseAddress! + done, $0.count - done, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return }
            done += sent
        }
    }

    /// A well-behaved answer: the whole `file`, or what a Range asks for; breaks off after `limit` bytes.
    static func file(_ file: [UInt8], from first: Int?, limit: Int? = nil) -> Answer {
        guard let first else { return Answer(body: file, sent: limit) }
        guard first < file.count else {
            return Answer(status: "416 Range Not Satisfiable", headers: ["Content-Range: bytes */\(file.count)"])
        }
        return Answer(
            status: "206 Partial Content", headers: ["Content-Range: bytes \(first)-\(file.count - 1)/\(file.count)"],
            body: Array(file[first...]), sent: limit)
    }
}
