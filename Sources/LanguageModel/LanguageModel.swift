import Checkpoint
package import Compression
import Kernels

/// A model in several variants that run in lockstep: the same decoder with the weights of several checkpoints, the
/// 16-bit baseline first.
///
/// Weights stay mapped, in the form in which they are stored; only those of one layer are in use at a time.
package final class LanguageModel: Sendable {
    package let description: DecoderDescription
    private let stores: [WeightStore]
    /// Whether all variants have the baseline's embedding, and its head, bit for bit.
    private let sharesEmbedding: Bool
    private let sharesHead: Bool

    package var variantCount: Int { stores.count }

    /// Opens the baseline and its variants; every tensor that the model needs is looked for, and its shape checked.
    package init(_ stores: [WeightStore]) throws(LanguageModelError) {
        precondition(!stores.isEmpty)
        self.stores = stores
        var descriptions: [DecoderDescription] = []
        for store in stores {
            descriptions.append(try Self.locating(store) { () throws(LanguageModelError) in try Self.check(store) })
        }
        description = descriptions[0]
        for (store, other) in zip(stores, descriptions) where other != descriptions[0] {
            let difference = descriptions[0].difference(from: other)
            throw .inCheckpoint(store.name, .differentModel(difference: difference))
        }
        let embedding = description.embedding
        sharesEmbedding =
            stores.dropFirst().allSatisfy { $0.sharesTensor(embedding.module + ".weight", with: stores[0]) }
            && stores.dropFirst().allSatisfy { store in
                embedding.inputTensors.allSatisfy { store.sharesTensor($0, with: stores[0]) }
            }
        let head = description.head + ".weight"
        sharesHead = stores.dropFirst().allSatisfy { $0.sharesTensor(head, with: stores[0]) }
    }

    /// Scores every window with every variant: `[variant][window]`.
    ///
    /// A variant's scores are the same bits whatever the other variants, the memory budget and the number of threads.
    package func score(
        _ windows: TokenWindows, options: ScoringOptions = ScoringOptions(), control: RunControl = RunControl()
    ) throws(LanguageModelError) -> [VariantScore] {
        try check(windows)
        let plan = try MemoryPlan(
            description, variants: stores.count, context: windows.context, windows: windows.count,
            budget: options.memoryBudget)
        let run = LockstepRun(
            description: description, stores: stores, plan: plan, scored: options.scored, context: windows.context,
            sharesEmbedding: sharesEmbedding, sharesHead: sharesHead,
            meter: FlopMeter(description, windows: windows, variants: stores.count, control: control))
        var scores = stores.map { _ in VariantScore() }
        for first in stride(from: 0, to: windows.count, by: plan.windowsHeld) {
            let held = windows.windows(first..<min(windows.count, first + plan.windowsHeld))
            for (index, part) in try run.score(held).enumerated() {
                scores[index].windows += part.windows
                scores[index].notFiniteAfter = scores[index].notFiniteAfter ?? part.notFiniteAfter
            }
        }
        return scores
    }

    private func check(_ windows: TokenWindows) throws(LanguageModelError) {
        if let positions = description.embedding.positions, windows.context > positions.count {
            throw .contextTooLong(context: windows.context, maximum: positions.count, key: positions.key)
        }
        if let position = windows.ids.firstIndex(where: { $0 >= UInt32(description.vocabularySize) }) {
            throw .tokenOutOfRange(
                id: Int(windows.ids[position]), position: position, vocabularySize: description.vocabularySize)
        }
    }

    private static func locating<R>(
        _ store: WeightStore, _ body: () throws(LanguageModelError) -> R
    ) throws(LanguageModelError) -> R {
        do { return try body() } catch { throw .inCheckpoint(store.name, error) }
    }

    /// Describes a checkpoint and binds everything once, to find what is missing before any work is done.
    private static func check(_ store: WeightStore) throws(LanguageModelError) -> DecoderDescription {
        let settings = FamilySettings(json: store.checkpoint.config.json, hasModule: { store.contains($0) })
        let description = try Family.describe(settings)
        let binding = WeightBinding(store: store)
        try UnplacedTensors(description).check(store)
        _ = try EmbeddingPass(description, binding)
        for layer in description.layers { _ = try LayerWeights(layer, binding) }
        _ = try HeadPass.HeadWeights(description, binding)
        _ = try binding.head(description)
        return description
    }
}

extension WeightBinding {
    /// The head's weight, [V, embedding width].
    func head(_ description: DecoderDescription) throws(LanguageModelError) -> any WeightMatrix {
        try matrix(description.head, rows: description.vocabularySize, columns: description.embedding.width)
    }
}
