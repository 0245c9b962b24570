extension Checkpoint {
    /// The same tensors, those that hold something of all experts split into one for each.
    ///
    /// | stored | becomes, for each expert i |
    /// |---|---|
    /// | `….experts.NAME` [experts, …] | `….experts.i.NAME.weight` […] |
    /// | `….experts.NAME_bias` | `….experts.i.NAME.bias` |
    /// | `….experts.NAME_blocks`, `….experts.NAME_scales` (MXFP4) | `….experts.i.NAME.weight_blocks`, `.weight_scales` |
    ///
    /// So experts have the same names however they are stored.
    static func withExpertsApart(
        _ tensors: [String: Tensor], directory: String
    ) throws(CheckpointError) -> [String: Tensor] {
        var apart: [String: Tensor] = [:]
        for (name, tensor) in tensors {
            guard let stack = StackedExperts(tensor) else {
                apart[name] = tensor
                continue
            }
            for expert in stack.experts {
                guard tensors[expert.info.name] == nil, apart.updateValue(expert, forKey: expert.info.name) == nil
                else { throw .duplicateTensor(file: directory, tensor: expert.info.name) }
            }
        }
        return apart
    }
}

/// A tensor whose first dimension counts experts.
private struct StackedExperts {
    private let tensor: Tensor
    /// The name up to an expert's number, and what follows it.
    private let before: String
    private let after: String

    init?(_ tensor: Tensor) {
        let parts = tensor.info.name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count > 2, parts[parts.count - 2] == "experts", let last = parts.last,
            let ending = Self.endings.first(where: { last.hasSuffix($0.stored) }),
            tensor.info.shape.count >= ending.dimensions, let count = tensor.info.shape.first, count > 0,
            tensor.byteCount.isMultiple(of: count)
        else { return nil }
        self.tensor = tensor
        before = parts.dropLast().joined(separator: ".")
        after = last.dropLast(ending.stored.count) + ending.apart
    }

    private static let endings: [(stored: String, apart: String, dimensions: Int)] = [
        ("_bias", ".bias", 2), ("_blocks", ".weight_blocks", 4), ("_scales", ".weight_scales", 3), ("", ".weight", 3),
    ]

    /// The parts, one for each expert.
    var experts: [Tensor] {
        let count = tensor.info.shape[0]
        let byteCount = tensor.byteCount / count
        return (0..<count).map { index in
            let first = tensor.info.byteRange.lowerBound + index * byteCount
            let info = TensorInfo(
                name: "\(before).\(index).\(after)", type: tensor.info.type,
                shape: Array(tensor.info.shape.dropFirst()),
                byteRange: first..<first + byteCount)
            return Tensor(info: info, mapping: tensor.mapping, baseAddress: tensor.baseAddress + index * byteCount)
        }
    }
}
