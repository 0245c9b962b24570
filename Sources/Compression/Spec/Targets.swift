/// Which weights of a checkpoint a spec compresses.
package enum Targets: String, Sendable, Hashable, CaseIterable {
    /// The linear weights inside decoder layers; embeddings, output head, norms and biases stay as they are.
    case layers
}
