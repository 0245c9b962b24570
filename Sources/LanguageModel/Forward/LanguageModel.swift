package import Compression
import Kernels

/// A model in several variants that run in lockstep: the same decoder with the weights of several checkpoints, the
/// 16-bit baseline first.
///
/// Weights stay mapped, in the form in which they are stored; only those of one layer are in use at a time.
package final class LanguageModel: Sendable {
    /// The baseline's description.
    package let description: DecoderDescription
    private let variants: [ModelVariant]
    /// Whether all variants have the baseline's embedding, and its head, bit for bit.
    private let sharesEmbedding: Bool
    private let sharesHead: Bool

    package var variantCount: Int { variants.count }
    /// The baseline's parameters.
    package var parameterCount: ParameterCount { variants[0].parameterCount }

    /// Stored bits per linear weight of each variant.
    package var bitsPerWeight: [Double] { variants.map(\.bitsPerWeight) }

    /// Opens the baseline and its variants; every tensor that the model needs is looked for, and its shape checked.
    package init(_ stores: [WeightStore]) throws(LanguageModelError) {
        precondition(!stores.isEmpty)
        var variants: [ModelVariant] = []
        for store in stores { variants.append(try ModelVariant(store)) }
        let baseline = variants[0]
        for variant in variants {
            if let difference = baseline.description.difference(from: variant.description) {
                throw .inCheckpoint(variant.store.name, .differentModel(difference: difference))
            }
        }
        self.variants = variants
        description = baseline.description
        sharesEmbedding = variants.dropFirst().allSatisfy { $0.sharesEmbedding(with: baseline) }
        sharesHead = variants.dropFirst().allSatisfy { $0.sharesHead(with: baseline) }
    }

    /// Scores every window with every variant: `[variant][window]`.
    ///
    /// A variant's scores are the same bits whatever the other variants, the memory budget and the number of threads.
    ///
    /// `variants` are those that are scored, by index, the baseline (0) first; all if nil.
    package func score(
        _ windows: TokenWindows, variants chosen: [Int]? = nil, options: ScoringOptions = ScoringOptions(),
        control: RunControl = RunControl()
    ) throws(LanguageModelError) -> [VariantScore] {
        try description.check(windows)
        let variants = chosen.map { $0.map { self.variants[$0] } } ?? variants
        precondition(chosen.map { $0.first == 0 } ?? true, "variants are compared with the baseline")
        let plan = try MemoryPlan(
            description, variants: variants.count, context: windows.context, windows: windows.count,
            budget: options.memoryBudget)
        let run = LockstepRun(
            variants: variants, plan: plan, scored: options.scored, context: windows.context,
            sharesEmbedding: sharesEmbedding, sharesHead: sharesHead,
            meter: FlopMeter(description, windows: windows, variants: variants.count, control: control))
        var scores = variants.map { _ in VariantScore() }
        for first in stride(from: 0, to: windows.count, by: plan.windowsHeld) {
            let held = windows.windows(first..<min(windows.count, first + plan.windowsHeld))
            for (index, part) in try run.score(held).enumerated() {
                scores[index].windows += part.windows
                scores[index].notFiniteAfter = scores[index].notFiniteAfter ?? part.notFiniteAfter
            }
        }
        return scores
    }
}

extension DecoderDescription {
    /// Refuses windows that the model has no positions or no embeddings for.
    func check(_ windows: TokenWindows) throws(LanguageModelError) {
        if let positions = embedding.positions, windows.context > positions.count {
            throw .contextTooLong(context: windows.context, maximum: positions.count, key: positions.key)
        }
        if let position = windows.ids.firstIndex(where: { Int($0) >= vocabularySize }) {
            throw .tokenOutOfRange(id: Int(windows.ids[position]), position: position, vocabularySize: vocabularySize)
        }
    }
}

extension WeightBinding {
    /// The head's weight, [V, embedding width].
    func head(_ description: DecoderDescription) throws(LanguageModelError) -> any WeightMatrix {
        try matrix(description.head, rows: description.vocabularySize, columns: description.embedding.width)
    }
}
