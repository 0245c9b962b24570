/// Which weights of a checkpoint a spec compresses.
package enum Targets: String, Sendable, Hashable, CaseIterable {
    /// The linear weights inside decoder layers; embeddings, output head, norms and biases stay as they are.
    case layers

    /// Whether a module, by its name and its weight's shape, is a linear layer inside a decoder layer.
    ///
    /// Every family numbers its decoder layers in the module's path (`gpt_neox.layers.3.mlp.dense_h_to_4h`,
    /// `transformer.h.0.attn.c_attn`, `model.decoder.layers.0.fc1`), and inside one of them every weight of two
    /// dimensions is a linear layer's.
    package func contains(module: String, shape: [Int]) -> Bool {
        guard shape.count == 2 else { return false }
        let parts = module.split(separator: ".")
        return parts.dropLast().contains { part in !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
        }
    }
}
