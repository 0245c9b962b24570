import Checkpoint
package import Compression

/// One checkpoint of a run, under the names that its own tensors have.
package struct ModelVariant: Sendable {
    let store: WeightStore
    package let description: DecoderDescription

    var binding: WeightBinding { WeightBinding(store: store) }

    /// Stored bits per linear weight inside decoder layers, scales and zero points included.
    package var bitsPerWeight: Double { store.bitsPerWeight(of: description.linearModules) }

    /// Describes a checkpoint and binds everything once, to find what is missing before any work is done.
    package init(_ store: WeightStore) throws(LanguageModelError) {
        self.store = store
        do throws(LanguageModelError) {
            let settings = FamilySettings(json: store.checkpoint.config.json, hasModule: { store.contains($0) })
            description = try Family.describe(settings)
            try UnplacedTensors(description, store).check()
            try bindAll()
        } catch {
            throw .inCheckpoint(store.name, error)
        }
    }

    private func bindAll() throws(LanguageModelError) {
        _ = try EmbeddingPass(description, binding)
        for layer in description.layers { _ = try LayerWeights(layer, binding) }
        _ = try HeadPass.HeadWeights(description, binding)
        _ = try binding.head(description)
    }

    /// How many parameters the model has.
    var parameterCount: ParameterCount { ParameterCount(description, in: store) }

    /// Whether the first layer's input is that of another variant, bit for bit.
    func sharesEmbedding(with other: ModelVariant) -> Bool {
        let (mine, theirs) = (description.embedding.inputTensors, other.description.embedding.inputTensors)
        return mine.count == theirs.count
            && zip(mine, theirs).allSatisfy { store.sharesTensor($0, with: other.store, named: $1) }
    }

    /// Whether the head is that of another variant, bit for bit.
    func sharesHead(with other: ModelVariant) -> Bool {
        let heads = (description.head + ".weight", other.description.head + ".weight")
        guard store.sharesTensor(heads.0, with: other.store, named: heads.1) else { return false }
        guard let mine = description.headBias, let theirs = other.description.headBias else { return true }
        return store.sharesTensor(mine.name, with: other.store, named: theirs.name)
    }
}

extension EmbeddingDescription {
    /// The tensors that decide what enters the first layer.
    fileprivate var inputTensors: [String] {
        let projection = projection.map { [$0.module + ".weight"] + ($0.bias ? [$0.module + ".bias"] : []) } ?? []
        return [module + ".weight"] + projection + (positions.map { [$0.module + ".weight"] } ?? [])
            + (norm?.parameters.map(\.name) ?? [])
    }
}
