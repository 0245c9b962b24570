import GGUF
import JSON

extension GGUFPlan {
    /// What a file is made of, for its `provenance.json`.
    var facts: JSONObject {
        var types = JSONObject()
        for name in Set(declarations.map(\.type.spelling)).sorted() {
            types[name] = .integer(declarations.count { $0.type.spelling == name })
        }
        var facts = JSONObject([.init(key: "types", value: .object(types))])
        if !fallbacks.isEmpty {
            facts["fallbacks"] = .object(
                JSONObject(
                    fallbacks.sorted { $0.key < $1.key }.map { name, choice in
                        .init(key: name, value: .string("\(choice.type.spelling) instead of \(choice.wanted.spelling)"))
                    }))
        }
        facts["bits_per_weight_of"] = [
            "all": bitsPerWeight { _ in true }, "embeddings": bitsPerWeight { $0.contains("_embd.") },
            "head": bitsPerWeight { $0.hasPrefix("output.") },
            "layers": bitsPerWeight { $0.hasPrefix("blk.") },
        ]
        return facts
    }

    /// Stored bits per value of some of the file's tensors; null where there are none.
    private func bitsPerWeight(_ isCounted: (String) -> Bool) -> JSONValue {
        var (bits, weights) = (0, 0)
        for tensor in declarations where isCounted(tensor.name) {
            bits += 8 * (GGUFTensorInfo.byteCount(tensor.shape, tensor.type) ?? 0)
            weights += tensor.shape.reduce(1, *)
        }
        return weights == 0 ? .null : .number(Double(bits) / Double(weights))
    }
}
