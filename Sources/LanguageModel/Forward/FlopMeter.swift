import Synchronization

/// Counts the multiplications and additions of a run, to say how far it is.
final class FlopMeter: Sendable {
    private let total: Int
    private let headFlopsPerRow: Int
    private let context: Int
    private let done = Atomic(0)
    private let control: RunControl

    init(_ description: DecoderDescription, windows: TokenWindows, variants: Int, control: RunControl) {
        self.control = control
        context = windows.context
        headFlopsPerRow = 2 * description.vocabularySize * description.embedding.width
        var perRow = headFlopsPerRow
        for layer in description.layers { perRow += layer.flopsPerRow(context: windows.context) }
        total = max(1, perRow * windows.ids.count * variants)
    }

    func add(layer: LayerDescription, rows: Int) { add(rows * layer.flopsPerRow(context: context)) }
    func addHead(rows: Int) { add(rows * headFlopsPerRow) }

    func checkCancellation() throws(LanguageModelError) {
        if control.isCancelled() { throw .cancelled }
    }

    private func add(_ flops: Int) {
        let sum = done.wrappingAdd(flops, ordering: .relaxed).newValue
        control.progress(min(1, Double(sum) / Double(total)))
    }
}

extension LayerDescription {
    /// Multiplications and additions per token: those of the linear layers, and of attention over half a window.
    func flopsPerRow(context: Int) -> Int {
        (attentionLayers + routers + usedLinearLayers).reduce(
            2 * context * attention.queryWidth
        ) { $0 + 2 * $1.inputs * $1.outputs }
    }

    /// The linear layers of the MLPs that a token goes through.
    private var usedLinearLayers: [LinearDescription] {
        switch feedForward {
        case .dense(let mlp): mlp.linearLayers
        case .experts(let experts):
            (experts.experts.prefix(experts.perToken) + (experts.shared.map { [$0.mlp] } ?? [])).flatMap(\.linearLayers)
        }
    }
}
