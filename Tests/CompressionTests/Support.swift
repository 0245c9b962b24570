import Checkpoint
import Compression
import FoundationEssentials
import Kernels

/// The linear congruential generator of Numerical Recipes, which the golden values' makers use as well.
struct Congruential: RandomNumberGenerator {
    private var state: UInt32

    init(seed: UInt32) { state = seed }

    /// The upper half of the next state.
    mutating func half() -> UInt32 {
        state = state &* 1_664_525 &+ 1_013_904_223
        return state >> 16
    }

    mutating func next() -> UInt64 { (0..<4).reduce(0) { value, _ in value << 16 | UInt64(half()) } }

    /// A value from −0.5 to 0.5.
    mutating func centred() -> Float { Float(half()) / 65_536 - 0.5 }
}

/// FNV-1a over bytes: one number for every byte that another implementation gave.
///
/// `Tests/Fixtures/generate/fingerprints.py` makes those of the tests again, but for the ones of `PowersOfTwoTests`, whose
/// maker is the authors' code.
func fingerprint(_ parts: [[UInt8]]) -> UInt64 {
    parts.joined().reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
}

/// Weights drawn evenly from −0.5 to 0.5 and rounded to float16.
func randomWeights(rows: Int, columns: Int, seed: UInt32) -> [Float] {
    var generator = Congruential(seed: seed)
    return (0..<rows * columns).map { _ in Float(Float16(generator.centred())) }
}

/// Values drawn evenly from −0.5 to 0.5, not rounded.
func randomWeights32(count: Int, seed: UInt32) -> [Float] {
    var generator = Congruential(seed: seed)
    return (0..<count).map { _ in generator.centred() }
}

/// The lengths of the inputs that a Hessian has seen, up to a factor.
func inputNorms(_ hessian: Hessian) -> [Float] {
    (0..<hessian.columns).map { Float(hessian[$0, $0].squareRoot()) }
}

extension Matrix {
    convenience init(_ values: [Float], columns: Int) {
        self.init(rows: values.count / columns, columns: columns, values)
    }
}

extension WeightMatrix {
    /// All values, row after row.
    var decoded: [Float] {
        (0..<rows).flatMap { values(row: $0) }
    }
}

/// A checkpoint made on the spot: float tensors by name, stored in one type.
struct SmallCheckpoint {
    var config = #"{"model_type": "gpt_neox", "torch_dtype": "float16"}"#
    var type = ElementType.float16
    var tensors: [(name: String, shape: [Int], values: [Float])] = []

    /// Two linear layers inside a decoder layer, a norm, an embedding and a head.
    static var usual: SmallCheckpoint {
        var checkpoint = SmallCheckpoint()
        let prefix = "gpt_neox.layers.0."
        checkpoint.tensors = [
            (prefix + "mlp.dense_h_to_4h.weight", [40, 16], randomWeights(rows: 40, columns: 16, seed: 1)),
            (prefix + "mlp.dense_4h_to_h.weight", [16, 48], randomWeights(rows: 16, columns: 48, seed: 2)),
            (prefix + "mlp.dense_4h_to_h.bias", [16], randomWeights(rows: 1, columns: 16, seed: 3)),
            (prefix + "input_layernorm.weight", [16], randomWeights(rows: 1, columns: 16, seed: 4)),
            ("gpt_neox.embed_in.weight", [24, 16], randomWeights(rows: 24, columns: 16, seed: 5)),
            ("embed_out.weight", [24, 16], randomWeights(rows: 24, columns: 16, seed: 6)),
        ]
        return checkpoint
    }

    func write(to directory: URL) throws -> Checkpoint {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try Data(config.utf8).write(to: directory.appending(path: "config.json"))
        var writer = try SafetensorsWriter(
            creating: directory.appending(path: "model.safetensors"),
            tensors: tensors.map { .init($0.name, type, $0.shape) })
        for tensor in tensors {
            switch type {
            case .float16: try writer.write(tensor.name, tensor.values.map { Float16($0) })
            case .bfloat16: try writer.write(tensor.name, tensor.values.map { UInt16($0.bitPattern >> 16) })
            default: try writer.write(tensor.name, tensor.values)
            }
        }
        try writer.finish()
        try Data("{}".utf8).write(to: directory.appending(path: "tokenizer.json"))
        return try Checkpoint(directory: directory)
    }
}

extension Checkpoint {
    /// The weights of two dimensions inside numbered layers, as the models of these tests have them.
    var linearModules: [LinearModule] {
        let isConv1D = config.modelType == "gpt2"
        let shapes = tensors.values.filter { tensor in
            tensor.info.shape.count == 2 && tensor.info.name.hasSuffix(".weight")
                && tensor.info.name.split(separator: ".").contains { Int($0) != nil }
        }.map { (name: String($0.info.name.dropLast(".weight".count)), shape: $0.info.shape) }
        return shapes.map { name, shape in
            let relatives = [["q_proj", "k_proj", "v_proj"], ["gate_proj", "up_proj"]].first {
                $0.contains { name.hasSuffix("." + $0) }
            }
            let parent = name.split(separator: ".").dropLast().joined(separator: ".")
            let stack = (relatives ?? []).map { "\(parent).\($0)" }.filter { shapes.map(\.name).contains($0) }
            return LinearModule(
                name: name, outputs: shape[isConv1D ? 1 : 0], inputs: shape[isConv1D ? 0 : 1], transposed: isConv1D,
                stack: stack)
        }
    }
}

/// Compresses all linear modules.
func compress(
    _ checkpoint: Checkpoint, into targets: [CompressionTarget], provenance: Provenance,
    progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
) throws(CompressionError) {
    try compress(
        checkpoint, modules: checkpoint.linearModules, into: targets, provenance: provenance, progress: progress)
}

extension CompressionRun {
    init(_ checkpoint: Checkpoint, _ targets: [CompressionTarget]) throws(CompressionError) {
        try self.init(checkpoint, checkpoint.linearModules, targets)
    }
}
