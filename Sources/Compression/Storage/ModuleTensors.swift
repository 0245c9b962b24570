import Checkpoint

/// The tensors of one module, by what follows its name.
struct ModuleTensors: Sendable {
    let name: String
    let checkpoint: Checkpoint
    /// The modules that are given the same inputs, in byte order; what they share is stored with the first of them.
    var stack: [String] = []

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

extension ModuleTensors {
    /// What may stand beside a module's weight and belongs to no weight: how its inputs or outputs are quantized.
    private static let scales: Set<Substring> = [
        "input_scale", "input_zero_point", "input_global_scale", "output_scale", "output_zero_point",
    ]

    /// The module of a tensor that says how activations are quantized, or how bitsandbytes stored a weight of 4 bits, by its name.
    static func module(withScale name: String) -> String? {
        if let state = name.firstRange(of: ".weight.quant_state.bitsandbytes__") {
            return String(name[..<state.lowerBound])
        }
        guard let dot = name.lastIndex(of: "."), scales.contains(name[name.index(after: dot)...]) else { return nil }
        return String(name[..<dot])
    }
}
