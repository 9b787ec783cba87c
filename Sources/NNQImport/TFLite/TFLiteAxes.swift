// SPDX-License-Identifier: Apache-2.0
// Axes in the operators' constants, without the batch.

extension TFLiteModel {
    /// Axes of a tensor's sample, from a constant list that counts the batch. Batches of one are left out.
    func sampleAxes(
        _ operation: TFLiteOperator, _ position: Int, of tensor: TFLiteTensor, budget: inout ConstantBudget
    ) throws -> [Int] {
        let rank = tensor.shape.count
        return try constantIntegers(operation, position, budget: &budget).compactMap { number in
            let axis = number < 0 ? number + rank : number
            guard (0..<max(rank, 1)).contains(axis) else {
                throw failure(operation, "names axis \(number) of \(rank): export the model again")
            }
            if !tensor.hasBatch { return axis }
            return axis == 0 ? nil : axis - 1
        }
    }

    /// TRANSPOSE's permutation of a sample's axes.
    func samplePermutation(
        _ operation: TFLiteOperator, of tensor: TFLiteTensor, budget: inout ConstantBudget
    ) throws -> [Int] {
        let permutation = try constantIntegers(operation, 1, budget: &budget)
        guard permutation.sorted() == Array(tensor.shape.indices) else {
            throw failure(operation, "has the permutation \(permutation) for \(tensor.shape.count) axes: export it again")
        }
        if !tensor.hasBatch { return permutation }
        guard permutation.first == 0 else {
            throw failure(operation, "moves the batch to another axis: keep it in front")
        }
        return permutation.dropFirst().map { $0 - 1 }
    }
}
