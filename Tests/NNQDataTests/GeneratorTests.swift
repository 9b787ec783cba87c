// SPDX-License-Identifier: Apache-2.0
// Generated sets: the same bytes everywhere, and what their definitions say.

import Foundation
import NNQBase
import NNQData
import Testing

@Suite struct GeneratorTests {
    /// These bytes are a promise: models trained on generated digits are compared between machines.
    @Test func digitsAreGolden() throws {
        let train = try GeneratedDigits.make(.train, count: 1000, seed: 1)
        #expect(fnv1a(train.pixels) == 7_075_009_119_534_132_261)
        let test = try GeneratedDigits.make(.test, count: 1000, seed: 1)
        #expect(fnv1a(test.pixels) == 9_222_690_456_045_752_992)
        let shapes = try GeneratedShapes.make(.train, count: 500, seed: 1)
        #expect(fnv1a(shapes.pixels) == 14_568_474_081_111_935_301)
    }

    @Test func aDigitDependsOnSeedAndIndexAlone() throws {
        let many = try GeneratedDigits.make(.train, count: 700, seed: 42)
        let few = try GeneratedDigits.make(.train, count: 10, seed: 42)
        #expect(Array(many.pixels[..<7840]) == few.pixels)
        var one = [UInt8](repeating: 0, count: 784)
        one.withUnsafeMutableBufferPointer { GeneratedDigits.draw(index: 613, split: .train, seed: 42, into: $0) }
        #expect(Array(many.pixels[613 * 784..<614 * 784]) == one)
        #expect(try GeneratedDigits.make(.train, count: 10, seed: 43).pixels != few.pixels)
    }

    @Test func trainAndTestShareNoPicture() throws {
        func pictures(_ set: ByteDataset) -> Set<UInt64> {
            let size = set.sampleSize
            return Set((0..<set.count).map { fnv1a(set.pixels[$0 * size..<($0 + 1) * size]) })
        }
        let train = pictures(try GeneratedDigits.make(.train, count: 2000))
        let test = pictures(try GeneratedDigits.make(.test, count: 2000))
        #expect(train.count == 2000 && test.count == 2000 && train.isDisjoint(with: test))
        let shapes = pictures(try GeneratedShapes.make(.train, count: 500))
        let otherShapes = pictures(try GeneratedShapes.make(.test, count: 500))
        #expect(shapes.count == 500 && shapes.isDisjoint(with: otherShapes))
    }

    /// White on black, in a box of about 20 pixels, centred by mass, as MNIST's digits are.
    @Test func digitsLookLikeMNIST() throws {
        let set = try GeneratedDigits.make(.train, count: 2000)
        #expect(set.sampleShape == [28, 28, 1])
        #expect(set.classHistogram() == [Int](repeating: 200, count: 10))
        var ink = 0
        for index in 0..<set.count {
            let picture = Array(set.pixels[index * 784..<(index + 1) * 784]).map { Int($0) }
            let mass = picture.reduce(0, +)
            let x = Double(picture.enumerated().reduce(0) { $0 + $1.element * ($1.offset % 28) }) / Double(mass)
            let y = Double(picture.enumerated().reduce(0) { $0 + $1.element * ($1.offset / 28) }) / Double(mass)
            #expect(abs(x - 13.5) < 1.5 && abs(y - 13.5) < 1.5, "picture \(index)")
            let rows = (0..<28).filter { row in picture[row * 28..<row * 28 + 28].contains { $0 > 60 } }
            let columns = (0..<28).filter { column in (0..<28).contains { picture[$0 * 28 + column] > 60 } }
            let side = max(rows.last! - rows.first!, columns.last! - columns.first!) + 1
            #expect((16...24).contains(side), "picture \(index)")
            #expect(picture.max()! > 150, "picture \(index)")
            ink += mass
        }
        let mean = Double(ink) / Double(2000 * 784 * 255)
        #expect(mean > 0.11 && mean < 0.15)
    }

    @Test func shapesAreBalancedAndColourful() throws {
        let set = try GeneratedShapes.make(.test, count: 200)
        #expect(set.sampleShape == [32, 32, 3] && set.classNames?.count == 10)
        #expect(set.classHistogram() == [Int](repeating: 20, count: 10))
        let spread = Normalization.measured(set)
        #expect(spread.std.allSatisfy { $0 > 40 && $0 < 90 })
    }

    @Test func concertFollowsItsRule() throws {
        let set = try SmallSets.concert()
        #expect(set.count == 8 && set.target == .classes(names: ["stay", "go"]))
        var rows: Set<[Float]> = []
        for i in 0..<8 {
            let answers = set.sample(i)
            rows.insert(answers)
            #expect(set.label(i) == (answers[0] * 6 + answers[1] * 2 + answers[2] * 2 >= 5 ? 1 : 0))
        }
        #expect(rows.count == 8)
    }

    @Test func lineSineAndXor() throws {
        let line = try SmallSets.line(.train, count: 4000, noise: 0.1, seed: 3)
        let residuals = (0..<4000).map { Double(line.targetValues($0)[0] - 2 * line.sample($0)[0] - 1) }
        let deviation = (residuals.map { $0 * $0 }.reduce(0, +) / 4000).squareRoot()
        #expect(abs(residuals.reduce(0, +) / 4000) < 0.01 && abs(deviation - 0.1) < 0.005)
        let sine = try SmallSets.sine(.test)
        for i in 0..<sine.count {
            let x = sine.sample(i)[0]
            #expect((0...6.2832).contains(x) && abs(sine.targetValues(i)[0] - sin(x)) < 1e-6)
        }
        let training = try SmallSets.sine(.train)
        #expect(sine.sample(0) != training.sample(0))
        let xor = try SmallSets.xor(.train)
        #expect((0..<4).map { xor.sample($0) } == [[0, 0], [0, 1], [1, 0], [1, 1]])
        #expect((0..<4).map(xor.label) == [0, 1, 1, 0])
        let cloud = try SmallSets.xor(.test)
        #expect(cloud.count == 200)
        for i in 0..<cloud.count {
            let corner = cloud.sample(i).map { $0 > 0.5 }
            if cloud.sample(i).allSatisfy({ abs($0 - 0.5) > 0.1 }) {
                #expect(cloud.label(i) == (corner[0] != corner[1] ? 1 : 0))
            }
        }
    }
}

@Suite struct RealDataTests {
    @Test(.enabled(if: RealData.has("mnist"), "mnist is not in the data folder"))
    func mnist() throws {
        let train = try RealData.catalog.load("mnist", split: .train)
        let test = try RealData.catalog.load("mnist", split: .test)
        #expect(train.count == 60_000 && test.count == 10_000 && train.sampleShape == [28, 28, 1])
        #expect(train.classHistogram() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])
        #expect(test.classHistogram() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
        #expect((0..<5).map(train.label) == [5, 0, 4, 1, 9])
        let spread = Normalization.measured(train)
        #expect(abs(spread.mean[0] / 255 - 0.1307) < 5e-5 && abs(spread.std[0] / 255 - 0.3081) < 5e-5)
    }

    @Test(.enabled(if: RealData.has("fashion-mnist"), "fashion-mnist is not in the data folder"))
    func fashion() throws {
        let test = try RealData.catalog.load("fashion-mnist", split: .test)
        #expect(test.classHistogram() == [Int](repeating: 1000, count: 10))
        #expect(test.classNames?[test.label(0)] == "ankle boot")
    }

    @Test(.enabled(if: RealData.has("cifar-10"), "cifar-10 is not in the data folder"))
    func cifar() throws {
        let train = try RealData.catalog.load("cifar-10", split: .train)
        #expect(train.count == 50_000 && train.isByteImage)
        #expect(train.classHistogram() == [Int](repeating: 5000, count: 10))
        #expect(train.classNames?[train.label(0)] == "frog")
        #expect(train.sample(0)[..<3] == [59, 62, 63])
        let spread = Normalization.measured(train)
        for (mean, expected) in zip(spread.mean, [0.4914, 0.4822, 0.4465] as [Float]) {
            #expect(abs(mean / 255 - expected) < 1e-4)
        }
    }

    @Test(.enabled(if: RealData.has("optdigits"), "optdigits is not in the data folder"))
    func optdigits() throws {
        let train = try RealData.catalog.load("optdigits", split: .train)
        #expect(train.count == 3823 && train.sampleShape == [8, 8, 1] && train.rawRange == 0...16)
        #expect(try RealData.catalog.load("optdigits", split: .test).count == 1797)
    }
}
