// SPDX-License-Identifier: Apache-2.0
// What a search knows, in a file: a search that was stopped goes on, and one with other limits starts with it.

import Foundation
import NNQBase
import NNQData

/// Outcomes of one float model on one set of data. Every change is written at once.
public struct TuneRecord: Sendable {
    private struct File: Codable {
        var version: Int
        /// What outcomes depend on beside their candidate: the model, the data, the target.
        var subject: String
        var outcomes: [String: Outcome]
        var sensitivities: [Sensitivity]?
        var activationSensitivities: [ActivationSensitivity]?
    }

    /// Changes where outcomes of older versions are no longer those of this one.
    private static let version = 1

    private let path: String
    private var file: File

    /// - Parameters:
    ///   - path: of the file; read where it is there and of this subject, else begun anew.
    ///   - subject: names all that outcomes depend on.
    public init(_ path: String, subject: String) {
        self.path = path
        file = File(version: Self.version, subject: subject, outcomes: [:])
        guard let bytes = try? WholeFile.read(path), let old = try? JSONDecoder().decode(File.self, from: Data(bytes)),
            old.version == Self.version, old.subject == subject
        else { return }
        file = old
    }

    /// By `Candidate.key`.
    public var outcomes: [String: Outcome] { file.outcomes }
    var sensitivities: [Sensitivity]? { file.sensitivities }
    var activationSensitivities: [ActivationSensitivity]? { file.activationSensitivities }

    mutating func add(_ outcome: Outcome) throws {
        file.outcomes[outcome.candidate.key] = outcome
        try write()
    }

    mutating func set(_ sensitivities: [Sensitivity]) throws {
        file.sensitivities = sensitivities
        try write()
    }

    mutating func set(_ sensitivities: [ActivationSensitivity]) throws {
        file.activationSensitivities = sensitivities
        try write()
    }

    private func write() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        try WholeFile.write(Array(try encoder.encode(file)), to: path)
    }

    /// Where the trained model of a candidate is kept.
    func path(of candidate: Candidate) -> String {
        var hash = SHA256()
        hash.update(Array((file.subject + candidate.key).utf8))
        let stem = path.hasSuffix(".json") ? String(path.dropLast(5)) : path
        return "\(stem)-\(hash.hexDigest().prefix(8)).safetensors"
    }
}

extension Candidate {
    /// The same text for equal candidates.
    var key: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? name
    }
}
