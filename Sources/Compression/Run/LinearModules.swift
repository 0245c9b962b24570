package import Checkpoint
import Kernels

/// The linear modules of a checkpoint that a spec compresses.
package struct LinearModules: Sendable {
    /// Module names in byte order.
    package let names: [String]
    /// Whether their weights are stored inputs by outputs.
    package let transposed: Bool

    /// Finds the modules by the names of their `.weight` tensors.
    package init(of checkpoint: Checkpoint, _ targets: Targets) {
        names = checkpoint.tensors.values.compactMap { tensor in
            guard let module = Self.module(ofWeight: tensor.info.name) else { return nil }
            return targets.contains(module: module, shape: tensor.info.shape) ? module : nil
        }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        transposed = Self.familiesOfConv1D.contains(checkpoint.config.modelType)
    }

    /// Modules with weights of two dimensions that are not compressed, for a configuration's `ignore`: an output head is
    /// among them even where it is tied and has no tensor of its own.
    static func others(of checkpoint: Checkpoint, than compressed: Set<String>) -> [String] {
        let stored = checkpoint.tensors.values.compactMap { tensor in
            tensor.info.shape.count == 2 ? module(ofWeight: tensor.info.name) : nil
        }
        return Set(stored + ["lm_head"]).subtracting(compressed).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Families whose linear layers inside decoder layers are transformers' `Conv1D`, with weights inputs by outputs.
    private static let familiesOfConv1D: Set<String> = ["gpt2", "openai-gpt"]

    /// The module whose weight a tensor is, by its name.
    static func module(ofWeight name: String) -> String? {
        name.hasSuffix(".weight") ? String(name.dropLast(".weight".count)) : nil
    }
}

extension Tensor {
    /// The weight of a linear layer, outputs by inputs, read straight from the mapped bytes.
    func denseMatrix(transposed: Bool) throws(CompressionError) -> DenseMatrix {
        guard info.shape.count == 2 else {
            throw .wrongShape(tensor: info.name, found: info.shape, expected: "of two dimensions")
        }
        let (rows, columns) = transposed ? (info.shape[1], info.shape[0]) : (info.shape[0], info.shape[1])
        return DenseMatrix(
            bytes: baseAddress, type: try floatType, rows: rows, columns: columns, transposed: transposed,
            owner: mapping)
    }

    /// How the values are read as floats.
    var floatType: FloatType {
        get throws(CompressionError) {
            switch info.type {
            case .float64: .float64
            case .float32: .float32
            case .float16: .float16
            case .bfloat16: .bfloat16
            case .float8E4M3: .float8E4M3
            case .float8E5M2: .float8E5M2
            default:
                throw .wrongType(
                    tensor: info.name, found: info.type.rawValue, expected: "F64, F32, F16, BF16, F8_E4M3 or F8_E5M2")
            }
        }
    }
}
