// SPDX-License-Identifier: Apache-2.0
// The two networks that are timed.

import Foundation
import NNQGraph

func fflushStandardOutput() { fflush(nil) }

extension Model {
    /// LeNet-5 with ReLU and max pooling.
    static func lenet5() throws -> Model {
        try Model(input: [28, 28, 1]) {
            Conv2D(6, kernel: 5, padding: .same)
            ReLU()
            MaxPool(2)
            Conv2D(16, kernel: 5)
            ReLU()
            MaxPool(2)
            Flatten()
            Dense(120)
            ReLU()
            Dense(84)
            ReLU()
            Dense(10)
            Softmax()
        }
    }

    /// MLPerf Tiny's ResNet-8.
    static func resnet8() throws -> Model {
        try Model(input: [32, 32, 3]) {
            Conv2D(16, kernel: 3, padding: .same)
            BatchNorm()
            ReLU()
            Residual { stack(16, stride: 1) }
            ReLU()
            Residual { stack(32, stride: 2) } shortcut: { Conv2D(32, kernel: 1, stride: 2, padding: .same) }
            ReLU()
            Residual { stack(64, stride: 2) } shortcut: { Conv2D(64, kernel: 1, stride: 2, padding: .same) }
            ReLU()
            AveragePool(8)
            Flatten()
            Dense(10)
            Softmax()
        }
    }

    @BlockBuilder
    private static func stack(_ filters: Int, stride: Int) -> [any Block] {
        Conv2D(filters, kernel: 3, stride: Pair(stride, stride), padding: .same)
        BatchNorm()
        ReLU()
        Conv2D(filters, kernel: 3, padding: .same)
        BatchNorm()
    }
}
