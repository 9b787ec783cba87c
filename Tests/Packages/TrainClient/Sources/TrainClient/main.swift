import NNQData
import NNQFormat
import NNQGraph
import NNQQuantize
import NNQRuntime
import NNQTrain

let digits = try DataCatalog().load("digits", split: .train, options: LoadOptions(count: 10_000))
let model = try Model(input: [28, 28, 1], metadata: .pixels(classes: digits.classNames!)) {
    Conv2D(8, kernel: 5, stride: 2)
    ReLU()
    Conv2D(16, kernel: 3, stride: 2)
    ReLU()
    Dense(10)
    Softmax()
}
let trained = try Trainer(TrainingOptions(epochs: 3)).train(model, on: digits).model
let quantized = try Quantizer().quantize(trained, calibration: DatasetSource(digits))
let file = try ProgramFile(quantized.program).encoded()

var session = Session(try Int8Model(copying: file))
let pixels = digits.sample(7).map { Int8($0 - 128) }
let answer = try session.run(pixels)
print("a \(digits.label(7)), read as \(answer.indices.max { answer[$0] < answer[$1] }!), from \(file.count) bytes")
