import Checkpoint

/// The tensors of one module, by what follows its name.
struct ModuleTensors: Sendable {
    let name: String
    let checkpoint: Checkpoint

    subscript(piece: String) -> Tensor? { checkpoint.tensors["\(name).\(piece)"] }

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
