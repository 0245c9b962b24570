package import Compression
package import Kernels

/// A run over text that stops at every layer, for methods that compress a layer by the inputs it sees.
///
/// Layer after layer: `observe(layer:_:)` shows the inputs of its linear layers, which come from the layers before as
/// they were replaced; `advance(layer:replacing:)` goes on with the outputs of the replaced weights. The residual
/// stream of all windows is held: windows · context · d floats.
package final class LayerwiseRun {
    package let description: DecoderDescription
    let variant: ModelVariant
    /// The residual stream of all windows in front of the layer that comes next.
    package private(set) var hidden: Matrix
    /// What that layer makes of it, where an observation kept that.
    private var outputs: Matrix?
    package let context: Int
    /// Windows that pass a layer together: enough to keep all cores busy with layers that are small.
    private let windowsPerChunk: Int
    private let workspace: Workspace
    private let tables: PositionTables
    private let isCancelled: @Sendable () -> Bool

    /// Starts with the embeddings of the windows.
    ///
    /// `isCancelled` is asked between windows; the pass ends with `LanguageModelError.cancelled` when it is true.
    package init(
        _ store: WeightStore, windows: TokenWindows, isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws(LanguageModelError) {
        self.isCancelled = isCancelled
        variant = try ModelVariant(store)
        description = variant.description
        try description.check(windows)
        context = windows.context
        hidden = Matrix(rows: windows.ids.count, columns: description.width)
        let usefulRows = min(MemoryPlan.usefulRows, Self.workspaceFloats / Workspace.width(of: description))
        windowsPerChunk = max(1, min(windows.count, usefulRows / context))
        workspace = Workspace(description, rows: windowsPerChunk * context)
        tables = PositionTables(description, context: context)
        try EmbeddingPass(description, variant.binding).run(windows, into: hidden.view)
    }

    /// Calls `body` with the modules that share an input and that input, [windows · context, inputs], some windows
    /// after the others.
    ///
    /// The residual stream stays where it is. What the layer makes of it can be kept beside it, for `advance` to take.
    package func observe(
        layer index: Int, keepingOutputs: Bool = false,
        _ body: @escaping (_ modules: [String], _ inputs: MatrixView) -> Void
    ) throws(LanguageModelError) {
        let pass = try pass(index, replacing: [:])
        let made = keepingOutputs ? Matrix(rows: hidden.rows, columns: hidden.columns) : nil
        let copy = Matrix(rows: made == nil ? windowsPerChunk * context : 0, columns: description.width)
        let observer = LayerPass.Observer(
            see: { body($0.map(\.module), $1) }, wantsOutputs: keepingOutputs)
        for (number, chunk) in chunks().enumerated() {
            try checkCancellation()
            let rows = made.map { chunks($0)[number] } ?? copy.view.rows(0..<chunk.rows)
            rows.copy(from: chunk)
            pass.observe(rows, observer)
        }
        outputs = made ?? outputs
    }

    /// Whether a second residual stream takes no more than a quarter of so many bytes.
    package func hasRoomForOutputs(within byteCount: Int) -> Bool {
        16 * hidden.rows * hidden.columns <= byteCount
    }

    /// The same beside another run over the same windows: `body` gets what the modules are given there as well.
    ///
    /// Experts are given other tokens there, which cannot be set beside those here: nil.
    package func observe(
        layer index: Int, beside other: LayerwiseRun,
        _ body: @escaping (_ modules: [String], _ inputs: MatrixView, _ others: MatrixView?) -> Void
    ) throws(LanguageModelError) {
        let (pass, otherPass) = (try pass(index, replacing: [:]), try other.pass(index, replacing: [:]))
        let experts = description.layers[index].expertModules
        let copy = Matrix(rows: windowsPerChunk * context, columns: description.width)
        for (chunk, otherChunk) in zip(chunks(), other.chunks()) {
            try checkCancellation()
            let seen = SeenInputs()
            let rows = copy.view.rows(0..<chunk.rows)
            rows.copy(from: otherChunk)
            let other = LayerPass.Observer(
                see: { linearLayers, inputs in
                    if !experts.contains(linearLayers[0].module) { seen.keep(inputs, of: linearLayers[0].module) }
                }, wantsOutputs: false)
            otherPass.observe(rows, other)
            rows.copy(from: chunk)
            let own = LayerPass.Observer(
                see: { linearLayers, inputs in
                    body(linearLayers.map(\.module), inputs, seen.matrices[linearLayers[0].module]?.view)
                }, wantsOutputs: false)
            pass.observe(rows, own)
        }
    }

    /// Copies of what the modules of a layer were given.
    private final class SeenInputs {
        private(set) var matrices: [String: Matrix] = [:]

        func keep(_ inputs: MatrixView, of module: String) {
            let kept = Matrix(rows: inputs.rows, columns: inputs.columns)
            kept.view.copy(from: inputs)
            matrices[module] = kept
        }
    }

    /// Runs the layer on all windows, with other weights in the place of some modules'.
    package func advance(
        layer index: Int, replacing weights: [String: any WeightMatrix]
    ) throws(LanguageModelError) {
        if weights.isEmpty, let outputs {
            (hidden, self.outputs) = (outputs, nil)
            return
        }
        outputs = nil
        let pass = try pass(index, replacing: weights, prepackedFor: hidden.rows)
        for chunk in chunks() {
            try checkCancellation()
            pass.run(chunk)
        }
    }

    func checkCancellation() throws(LanguageModelError) {
        if isCancelled() { throw .cancelled }
    }

    /// A pass of one layer, whose weights are packed once if so many rows make that worth while.
    func pass(
        _ index: Int, replacing weights: [String: any WeightMatrix], prepackedFor rows: Int? = nil
    ) throws(LanguageModelError) -> LayerPass {
        let binding = WeightBinding(store: variant.store, replacements: weights)
        return try pass(of: description.layers[index], binding, prepackedFor: rows)
    }

    /// A pass of the same layer of another form of the model.
    func pass(_ index: Int, of other: ModelVariant) throws(LanguageModelError) -> LayerPass {
        try pass(of: other.description.layers[index], other.binding)
    }

    private func pass(
        of layer: LayerDescription, _ binding: WeightBinding, prepackedFor rows: Int? = nil
    ) throws(LanguageModelError) -> LayerPass {
        var weights = try LayerWeights(layer, binding)
        if let rows { weights.prepack(forRows: rows) }
        return LayerPass(
            layer: layer, weights: weights, workspace: workspace, context: context,
            rotary: tables[layer.attention.rotary], keyBias: tables[layer.attention.positionBias],
            cache: binding.store.cache)
    }

    /// The rows that pass a layer together.
    var chunkRows: Int { windowsPerChunk * context }

    private static let workspaceFloats = 1 << 24

    private func chunks() -> [MatrixView] { chunks(hidden) }

    /// The rows of all windows, as many windows at a time as pass a layer together.
    func chunks(_ stream: Matrix) -> [MatrixView] {
        stride(from: 0, to: stream.rows, by: windowsPerChunk * context).map {
            stream.view.rows($0..<min(stream.rows, $0 + windowsPerChunk * context))
        }
    }
}
