// SPDX-License-Identifier: Apache-2.0
// The search over which outputs lie on an input; each choice is a placement problem.

/// Depth-first over the ops that may run in place, in place first. Where everything that can share does and the arena
/// meets the bound, which is the usual case, only one placement is searched.
struct SharingSearch {
    /// The best plan so far: its height in words, and a word offset for each tensor.
    private(set) var height = Int.max
    private(set) var offsets: [Int] = []
    private(set) var inPlace: [MemoryPlan.InPlace] = []
    private(set) var nodes = 0
    /// In words, over all choices.
    private(set) var lowerBound = 0
    private var isComplete = true

    private let lifetimes: Lifetimes
    private let sizes: [Int]
    private let inputCount: Int
    private let nodeLimit: Int
    /// Ops that have a choice, in order.
    private let choosers: [Int]
    /// For each op, the input that its output lies on.
    private var chosen: [Int: Int] = [:]
    /// Sums of the sizes alive at each time, where what is undecided is taken to be in place.
    private var live: [Int]

    var isProvenOptimal: Bool { isComplete || height == lowerBound }

    /// - Parameter sizes: words, by tensor.
    init(lifetimes: Lifetimes, sizes: [Int], inputCount: Int, nodeLimit: Int) {
        self.lifetimes = lifetimes
        self.sizes = sizes
        self.inputCount = inputCount
        self.nodeLimit = nodeLimit
        choosers = lifetimes.inPlaceInputs.indices.filter { !lifetimes.inPlaceInputs[$0].isEmpty }
        live = [Int](repeating: 0, count: (lifetimes.ranges.map(\.upperBound).max() ?? 0) + 1)
        for (range, size) in zip(lifetimes.ranges, sizes) {
            for time in range { live[time] += size }
        }
        for op in choosers { live[lifetimes.ranges[inputCount + op].lowerBound] -= sizes[inputCount + op] }
        lowerBound = live.max() ?? 0
    }

    mutating func run() { _ = choose(0) }

    /// Decides for chooser `depth` and all after it. Returns true where the search is over.
    private mutating func choose(_ depth: Int) -> Bool {
        nodes += 1
        if live.max()! >= height { return false }
        guard depth < choosers.count else { return place() }
        let op = choosers[depth]
        for input in lifetimes.inPlaceInputs[op] {
            chosen[op] = input
            if choose(depth + 1) { return true }
        }
        chosen[op] = nil
        let time = lifetimes.ranges[inputCount + op].lowerBound
        live[time] += sizes[inputCount + op]
        let isOver = choose(depth + 1)
        live[time] -= sizes[inputCount + op]
        return isOver
    }

    /// Places boxes for the present choice: one for each chain of tensors that lie on each other.
    private mutating func place() -> Bool {
        var boxes: [Box] = []
        var boxOf: [Int] = []
        for (tensor, range) in lifetimes.ranges.enumerated() {
            if let input = chosen[tensor - inputCount] {
                boxOf.append(boxOf[input])
                boxes[boxOf[input]].last = range.upperBound
            } else {
                boxOf.append(boxes.count)
                boxes.append(Box(first: range.lowerBound, last: range.upperBound, size: sizes[tensor]))
            }
        }
        nodes += boxes.count
        keep(FirstFit.place(boxes), boxes, boxOf)
        if height == lowerBound { return true }
        let left = max(nodeLimit - nodes, 0)
        let search = OffsetSearch(boxes, below: height, nodeLimit: choosers.isEmpty ? left : left / 2)
        nodes += search.nodes
        isComplete = isComplete && search.isComplete
        if let better = search.best { keep(better, boxes, boxOf) }
        if height == lowerBound { return true }
        if nodes >= nodeLimit { isComplete = false }
        return nodes >= nodeLimit
    }

    private mutating func keep(_ candidate: [Int], _ boxes: [Box], _ boxOf: [Int]) {
        let candidateHeight = Box.height(boxes, candidate)
        guard candidateHeight < height else { return }
        height = candidateHeight
        offsets = boxOf.map { candidate[$0] }
        inPlace = chosen.sorted { $0.key < $1.key }.map {
            MemoryPlan.InPlace(operation: $0.key, input: $0.value, output: inputCount + $0.key)
        }
    }
}
