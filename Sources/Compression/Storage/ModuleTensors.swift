import Checkpoint
import Synchronization

/// The tensors of one module, by what follows its name.
struct ModuleTensors: Sendable {
    let name: String
    let checkpoint: Checkpoint
    /// The modules that are given the same inputs, in byte order; what they share is stored with the first of them.
    var stack: [String] = []
    /// Whether a plain weight of the module is stored inputs by outputs.
    var isTransposed = false
    /// Where it is noted which tensors were asked for, if anybody wants to know.
    var account: TensorAccount?

    subscript(piece: String) -> Tensor? {
        let tensor = checkpoint.tensors["\(name).\(piece)"]
        if let tensor { account?.note(tensor.info.name) }
        return tensor
    }

    func tensor(_ piece: String) throws(CompressionError) -> Tensor {
        guard let tensor = self[piece] else { throw missing(piece) }
        return tensor
    }

    /// A tensor of two dimensions whose elements are words of 32 bits.
    func words(_ piece: String) throws(CompressionError) -> Tensor {
        let tensor = try tensor(piece, type: .int32)
        guard tensor.info.shape.count == 2 else {
            throw .wrongShape(tensor: tensor.info.name, found: tensor.info.shape, expected: "of two dimensions")
        }
        return tensor
    }

    func tensor(_ piece: String, type: ElementType) throws(CompressionError) -> Tensor {
        let tensor = try tensor(piece)
        guard tensor.info.type == type else {
            throw .wrongType(tensor: tensor.info.name, found: tensor.info.type.rawValue, expected: type.rawValue)
        }
        return tensor
    }

    /// A tensor of so many elements of one type.
    func tensor(_ piece: String, type: ElementType, count: Int) throws(CompressionError) -> Tensor {
        let tensor = try tensor(piece, type: type)
        guard tensor.info.elementCount == count else {
            throw .wrongShape(tensor: tensor.info.name, found: tensor.info.shape, expected: "of \(count) elements")
        }
        return tensor
    }

    func missing(_ piece: String) -> CompressionError {
        let last = piece.split(separator: ".").last.map(String.init) ?? piece
        let near = checkpoint.tensors.keys.filter { $0.hasPrefix(name + ".") || $0.hasSuffix("." + last) }.sorted()
        return .missingTensor(name: "\(name).\(piece)", known: Array(near.prefix(3)))
    }
}

extension ModuleTensors {
    /// The scales of a weight, under either of their names: those that DeepSeek calls inverse multiply like the others.
    func weightScales() throws(CompressionError) -> Tensor {
        // Looked for without a note: of two, one stays unread and is told of.
        let isInverse =
            checkpoint.tensors["\(name).weight_scale"] == nil && checkpoint.tensors["\(name).weight_scale_inv"] != nil
        return try tensor(isInverse ? "weight_scale_inv" : "weight_scale")
    }

    /// Takes note of zero points that a symmetric form has no use for: some tools store them all the same, as zeros.
    func expectZeros(_ piece: String) throws(CompressionError) {
        guard let tensor = self[piece] else { return }
        guard tensor.withBytes({ $0.allSatisfy { $0 == 0 } }) else {
            throw .invalidConfiguration(
                checkpoint: checkpoint.config.file, key: "the symmetric scheme of '\(name)'",
                found: "beside zero points in '\(tensor.info.name)'", expected: "asymmetric, or without them")
        }
    }
}

/// Which tensors of a checkpoint have been read: one that a stored form leaves unread would change what it means.
final class TensorAccount: Sendable {
    private let names = Mutex<Set<String>>([])

    func note(_ name: String) { names.withLock { _ = $0.insert(name) } }

    var read: Set<String> { names.withLock { $0 } }
}
