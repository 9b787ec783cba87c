// SPDX-License-Identifier: Apache-2.0
// The data sets that are known by name: where they come from, and how their files are checked.

/// A data set known by name.
public struct KnownSet: Sendable, Equatable {
    public enum Origin: Sendable, Equatable {
        /// Made from a seed; needs no file.
        case generated
        /// Can be fetched from `base` (an address that ends in a slash).
        case download(base: String, files: [RemoteFile])
        /// Files in the data folder that the user puts there.
        case local
    }

    public let name: String
    /// One line for people: what it holds.
    public let summary: String
    public let origin: Origin

    /// The files that must be there to load it, none for a generated set.
    public var files: [String] {
        guard case .download(_, let remote) = origin else {
            return name == "optdigits" ? ["optdigits.tra", "optdigits.tes"] : []
        }
        return remote.flatMap { $0.members.isEmpty ? [$0.name] : $0.members.map(\.name) }
    }

    /// All of them.
    public static let all = downloads + [optdigits] + generated

    static func named(_ name: String) -> KnownSet? { all.first { $0.name == name } }

    private static let downloads = [
        KnownSet(
            name: "mnist", summary: "handwritten digits, 28x28 grey, 60,000 + 10,000",
            origin: .download(
                base: "https://storage.googleapis.com/cvdf-datasets/mnist/",
                files: [
                    RemoteFile(
                        "train-images-idx3-ubyte.gz",
                        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
                    RemoteFile(
                        "train-labels-idx1-ubyte.gz",
                        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
                    RemoteFile(
                        "t10k-images-idx3-ubyte.gz",
                        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
                    RemoteFile(
                        "t10k-labels-idx1-ubyte.gz",
                        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
                ])),
        KnownSet(
            name: "fashion-mnist", summary: "pieces of clothing, 28x28 grey, 60,000 + 10,000",
            origin: .download(
                base: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
                files: [
                    RemoteFile(
                        "train-images-idx3-ubyte.gz",
                        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
                    RemoteFile(
                        "train-labels-idx1-ubyte.gz",
                        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
                    RemoteFile(
                        "t10k-images-idx3-ubyte.gz",
                        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
                    RemoteFile(
                        "t10k-labels-idx1-ubyte.gz",
                        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
                ])),
        KnownSet(
            name: "cifar-10", summary: "photographs of ten kinds of things, 32x32 RGB, 50,000 + 10,000",
            origin: .download(
                base: "https://www.cs.toronto.edu/~kriz/",
                files: [
                    RemoteFile(
                        "cifar-10-binary.tar.gz", "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
                        members: [
                            ("data_batch_1.bin", "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"),
                            ("data_batch_2.bin", "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"),
                            ("data_batch_3.bin", "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"),
                            ("data_batch_4.bin", "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"),
                            ("data_batch_5.bin", "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"),
                            ("test_batch.bin", "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"),
                        ])
                ])),
    ]

    private static let optdigits = KnownSet(
        name: "optdigits", summary: "handwritten digits of the UCI repository, 8x8 grey 0 to 16, 3,823 + 1,797",
        origin: .local)

    private static let generated = [
        KnownSet(name: "digits", summary: "digits written by a pen of our own, 28x28 grey", origin: .generated),
        KnownSet(name: "shapes", summary: "ten kinds of coloured shapes on noise, 32x32 RGB", origin: .generated),
        KnownSet(name: "concert", summary: "go to the concert? three yes/no questions, 8 rows", origin: .generated),
        KnownSet(name: "line", summary: "y = 2 x + 1 with a little noise", origin: .generated),
        KnownSet(name: "sine", summary: "y = sin x for x in 0 to 2 pi", origin: .generated),
        KnownSet(name: "xor", summary: "exclusive or: 4 rows, test points scattered around them", origin: .generated),
    ]
}

/// A file that can be fetched.
public struct RemoteFile: Sendable, Equatable {
    /// Name below the set's address, and in the set's folder.
    public let name: String
    /// 64 lower-case hexadecimal digits.
    public let sha256: String
    /// For an archive: the files to take out of it, each with its SHA-256.
    public let members: [Member]

    public struct Member: Sendable, Equatable {
        public let name: String
        public let sha256: String
    }

    init(_ name: String, _ sha256: String, members: [(String, String)] = []) {
        self.name = name
        self.sha256 = sha256
        self.members = members.map { Member(name: $0, sha256: $1) }
    }
}
