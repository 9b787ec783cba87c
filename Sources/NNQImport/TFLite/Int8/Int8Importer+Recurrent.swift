// SPDX-License-Identifier: Apache-2.0
// What recurrent operators share: states, which are inputs that the program updates, and matrices of one scale.

import CNNQ
import NNQFormat

extension Int8Importer {
    /// The states of a recurrent operator, in the order in which its op reads them.
    private func states(of operation: TFLiteOperator) -> [Int] {
        let positions: [Int] =
            switch TFLiteKind(rawValue: operation.code) {
            case .unidirectionalSequenceLSTM: [18, 19]
            case .svdf: [4]
            default: []
            }
        return positions.compactMap { model.optionalInput(operation, $0) }
    }

    /// The last inputs of the program: what recurrent operators keep from run to run.
    mutating func appendStates() throws {
        for operation in model.operators {
            for state in states(of: operation) {
                guard model.tensors[state].isVariable, placeOf[state] == nil else {
                    throw model.failure(
                        operation, "its state \"\(model.tensors[state].name)\" must be a variable of its own: export the "
                            + "model again")
                }
                try appendTensor(state, extents: try stateExtents(operation, state), of: operation)
                placeOf[state] = program.tensors.count - 1
                program.inputCount += 1
                program.stateCount += 1
            }
        }
    }

    /// SVDF's state is a row of what each filter gave.
    private func stateExtents(_ operation: TFLiteOperator, _ state: Int) throws -> MapExtents {
        let tensor = model.tensors[state]
        guard operation.code == TFLiteKind.svdf.rawValue else { return tensor.extents }
        let time = model.tensors[try model.input(operation, 2)]
        guard time.shape.count == 2, time.count == tensor.count else {
            throw model.failure(
                operation, "its state is \(tensor.shape.shapeText) and its time weights are \(time.shape.shapeText): "
                    + "export it with a batch of 1")
        }
        return MapExtents(height: 1, width: time.shape[0], channels: time.shape[1])
    }

    /// An int8 matrix with one scale.
    mutating func gateWeights(
        _ operation: TFLiteOperator, _ position: Int, rows: Int?, columns: Int
    ) throws -> TFLiteFilter {
        let filter = try filter(operation, at: position, channelAxis: 0, rank: 2)
        guard filter.scales.count == 1, filter.shape[1] == columns, rows == nil || filter.shape[0] == rows else {
            throw model.failure(operation, "\"\(filter.tensor.name)\" is \(filter.shape.shapeText) with "
                + "\(filter.scales.count) scales, and one scale and \(columns) columns are needed: quantize it again")
        }
        return filter
    }

    /// A bias with the zero point of what the weights multiply in it.
    func folded(
        _ operation: TFLiteOperator, _ bias: Int32, _ weights: ArraySlice<some BinaryInteger>, _ zeroPoint: Int
    ) throws -> Int32 {
        let sum = weights.reduce(0) { $0 + Int($1) }
        guard let bias = Int32(exactly: Int(bias) - zeroPoint * sum) else {
            throw model.failure(operation, "a bias leaves 32 bits: quantize the model again")
        }
        return bias
    }

    /// A state, which the program has as an input.
    func state(_ operation: TFLiteOperator, _ position: Int, type: TFLiteType) throws -> TFLiteOperand {
        let index = try model.input(operation, position)
        guard let place = placeOf[index], model.tensors[index].type == type else {
            throw model.failure(operation, "its state \"\(model.tensors[index].name)\" must be a variable of \(type): "
                + "quantize the model again")
        }
        return TFLiteOperand(
            index: index, tensor: model.tensors[index], quantization: program.tensors[place].quantization, place: place)
    }
}
