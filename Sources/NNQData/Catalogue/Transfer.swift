// SPDX-License-Identifier: Apache-2.0
// One HTTP request that appends what it brings to a part file.

import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A single attempt to fetch the rest of a file. All state is touched on the session's serial queue only,
/// and read by the caller after the semaphore has ordered both.
final class Transfer: NSObject, URLSessionDataDelegate, @unchecked Sendable {
    enum Outcome {
        case complete
        /// Trying again is of no use.
        case refused(DataError)
        /// The server cannot continue what is there; fetch from the beginning.
        case startOver
        /// The connection failed or broke.
        case broken(String)
    }

    private let url: URL
    private let part: PartFile
    private let timeout: TimeInterval
    private let progress: (Int, Int?) -> Void
    private let finished = DispatchSemaphore(value: 0)
    private var total: Int?
    private var outcome: Outcome?

    init(_ url: URL, _ part: PartFile, timeout: TimeInterval, progress: @escaping (Int, Int?) -> Void) {
        self.url = url
        self.part = part
        self.timeout = timeout
        self.progress = progress
    }

    /// Runs the request to its end.
    func run() -> Outcome {
        var request = URLRequest(url: url, cachePolicy: .reloadIgnoringLocalCacheData, timeoutInterval: timeout)
        request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
        if part.size > 0 { request.setValue("bytes=\(part.size)-", forHTTPHeaderField: "Range") }
        let queue = OperationQueue()
        queue.maxConcurrentOperationCount = 1
        let session = URLSession(configuration: .ephemeral, delegate: self, delegateQueue: queue)
        session.dataTask(with: request).resume()
        finished.wait()
        session.invalidateAndCancel()
        return outcome ?? .broken("no answer")
    }

    func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
    ) {
        outcome = judge(response)
        completionHandler(outcome == nil ? .allow : .cancel)
    }

    /// Nil if the body is to be appended.
    private func judge(_ response: URLResponse) -> Outcome? {
        guard let http = response as? HTTPURLResponse else { return .broken("no HTTP answer") }
        let length = http.expectedContentLength
        switch http.statusCode {
        case 200:
            do { if part.size > 0 { try part.truncate() } } catch { return .refused(error) }
            total = length > 0 ? Int(length) : nil
            return nil
        case 206:
            let range = http.value(forHTTPHeaderField: "Content-Range") ?? ""
            guard range.hasPrefix("bytes \(part.size)-") else { return .startOver }
            total = range.split(separator: "/").last.flatMap { Int($0) }
            return nil
        case 416:
            // The part is as long as the file, or longer: complete if the lengths agree, wrong otherwise.
            let range = http.value(forHTTPHeaderField: "Content-Range") ?? ""
            return range == "bytes */\(part.size)" ? .complete : .startOver
        case 500...599:
            return .broken("the server answered \(http.statusCode)")
        default:
            return .refused(
                DataError(
                    "the server answered \(http.statusCode)", path: url.absoluteString,
                    remedy: http.statusCode == 404
                        ? "The file is not there; name another address to fetch from"
                        : "Name another address to fetch from"))
        }
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        guard outcome == nil else { return }
        do {
            try part.append(data)
            progress(part.size, total)
        } catch {
            outcome = .refused(error)
            dataTask.cancel()
        }
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        if outcome == nil {
            if let error {
                outcome = .broken(error.localizedDescription)
            } else if let total, part.size != total {
                outcome = .broken("\(part.size) of \(total) bytes came")
            } else {
                outcome = .complete
            }
        }
        finished.signal()
    }
}
