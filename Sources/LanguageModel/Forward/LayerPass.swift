import Compression
import Kernels

/// One layer over one chunk of windows of one variant.
struct LayerPass: Sendable {
    let layer: LayerDescription
    let weights: LayerWeights
    let workspace: Workspace
    let context: Int
    let rotary: RotaryTable?
    let keyBias: RowTable<Float>?
    /// The numbers that keys and values are rounded to; nil where they stay.
    var cache: CacheFormat?

    /// Sees what the layer's linear layers are given.
    struct Observer {
        /// Shown the linear layers and their common inputs.
        let see: ([LinearDescription], MatrixView) -> Void
        /// Whether what the layer makes of them is wanted as well.
        let wantsOutputs: Bool
    }

    /// Runs the layer on the residual stream in place; the rows are whole windows.
    ///
    /// Of the last layer only the rows at some `positions` of each window are wanted: what it makes of those, and
    /// nothing else, then stands at the beginning of `hidden`, and is returned.
    @discardableResult
    func run(_ hidden: MatrixView, positions: Range<Int>? = nil) -> MatrixView {
        let all = workspace.views(layer, rows: hidden.rows)
        forEachBlock(of: all) { rows, views in project(hidden.rows(rows), views, firstRow: rows.lowerBound) }
        let hidden = positions.map { hidden.gatherRows($0, ofEach: context) } ?? hidden
        let wanted = all.rows(0..<hidden.rows)
        attend(all.heads, positions: positions, into: wanted.attended)
        if case .experts = layer.feedForward, !layer.parallel {
            forEachBlock(of: wanted) { rows, views in addAttention(to: hidden.rows(rows), views) }
            addMLP(to: hidden, wanted)
        } else {
            forEachBlock(of: wanted) { rows, views in finish(hidden.rows(rows), views) }
        }
        return hidden
    }

    /// Shows the inputs of the layer's linear layers; `hidden` is what the layer makes of it afterwards only where the
    /// observer wants that.
    func observe(_ hidden: MatrixView, _ observer: Observer) {
        let views = workspace.views(layer, rows: hidden.rows)
        project(hidden, views, observer: observer)
        attend(views.heads, into: views.attended)
        finish(hidden, views, observer: observer)
    }

    /// The attention's contribution, into `projected`.
    func attend(_ hidden: MatrixView, _ views: Workspace.Views) {
        project(hidden, views)
        attend(views.heads, into: views.attended)
        projectOutput(views)
    }

    /// Calls `body` with all rows; if the weights are prepacked with some rows at a time, which then pass all steps while
    /// they lie in the caches, and with memory of their own for what no other step needs.
    private func forEachBlock(of views: Workspace.Views, _ body: @Sendable (Range<Int>, Workspace.Views) -> Void) {
        guard weights.arePrepacked else { return body(0..<views.normed.rows, views) }
        forEachRowBlock(views.normed.rows) { rows in
            workspace.withBlock(layer, of: views, rows) { block in body(rows, block) }
        }
    }

    /// Queries, keys and values, into `heads`.
    private func project(
        _ hidden: MatrixView, _ views: Workspace.Views, firstRow: Int = 0, observer: Observer? = nil
    ) {
        let norms = weights.attentionNorms
        let (input, divisors) = prepare(
            hidden, norm: norms.before, rounding: weights.projections[0].linear.rounding, into: views.normed)
        observer?.see(layer.attention.projections.linearLayers, input)
        for (linear, first) in weights.projections {
            linear.apply(input, divisors: divisors, into: views.heads.columns(first..<first + linear.weight.rows))
        }
        normalizeAndRotate(views.heads, firstRow: firstRow)
        if let cache {
            let layouts = layouts(views.heads)
            cache.round(layouts.keys)
            cache.round(layouts.values)
        }
    }

    /// What the queries at some positions of each window attend to.
    private func attend(_ heads: MatrixView, positions: Range<Int>? = nil, into attended: MatrixView) {
        let layouts = layouts(heads)
        attention(
            queries: layouts.queries, keys: layouts.keys, values: layouts.values, windowLength: context,
            scale: layer.attention.scale, slidingWindow: layer.attention.slidingWindow,
            form: ScoreForm(softCap: layer.attention.softCap, keyBias: keyBias, sinks: weights.sinks),
            positions: positions, into: attended)
    }

    /// What follows attention, on the residual stream in place.
    ///
    /// Outputs that an observer does not want are not computed.
    private func finish(_ hidden: MatrixView, _ views: Workspace.Views, observer: Observer? = nil) {
        guard layer.parallel else {
            addAttention(to: hidden, views, observer: observer)
            return addMLP(to: hidden, views, observer: observer)
        }
        projectOutput(views, observer: observer)
        runMLP(hidden, views, observer: observer)
        if observer.skipsOutputs { return }
        hidden.add(views.projected, times: layer.residualScale)
        hidden.add(views.normed, times: layer.residualScale)
    }

    private func addAttention(to hidden: MatrixView, _ views: Workspace.Views, observer: Observer? = nil) {
        projectOutput(views, observer: observer)
        addResidual(hidden, views.projected, weights.attentionNorms)
    }

    private func addMLP(to hidden: MatrixView, _ views: Workspace.Views, observer: Observer? = nil) {
        runMLP(hidden, views, observer: observer)
        if !observer.skipsOutputs { addResidual(hidden, views.normed, weights.mlpNorms) }
    }

    /// The attention's contribution, from `attended` into `projected`.
    private func projectOutput(_ views: Workspace.Views, observer: Observer? = nil) {
        let norms = weights.attentionNorms
        norms.inside?.apply(views.attended, into: views.attended)
        let divisors = weights.output.rounding?.apply(to: views.attended)
        observer?.see([layer.attention.output], views.attended)
        // A parallel MLP does not read the attention's outputs.
        if observer.skipsOutputs, layer.parallel { return }
        weights.output.apply(views.attended, divisors: divisors, into: views.projected)
        norms.after?.apply(views.projected, into: views.projected)
    }

    /// The feed-forward network's contribution, into `normed`.
    func runMLP(_ hidden: MatrixView, _ views: Workspace.Views, observer: Observer? = nil) {
        let norms = weights.mlpNorms
        switch (layer.feedForward, weights.feedForward) {
        case (.dense(let mlp), .dense(let weights)):
            let (input, divisors) = prepare(
                hidden, norm: norms.before, rounding: weights.up.rounding, into: views.normed)
            MLPPass(mlp: mlp, weights: weights, inside: norms.inside, observer: observer).run(
                input, divisors: divisors, views, into: views.normed)
        case (.experts(let experts), .experts(let weights)):
            let (input, _) = prepare(hidden, norm: norms.before, rounding: nil, into: views.normed)
            ExpertsPass(experts: experts, weights: weights, observer: observer).run(input, views)
        case (.dense, .experts), (.experts, .dense): preconditionFailure("weights are those of the description")
        }
        if !observer.skipsOutputs { norms.after?.apply(views.normed, into: views.normed) }
    }

    /// The input of a sublayer's first linear layers: the residual stream itself, or what norm and rounding make of it, with
    /// what the outputs are to be divided by.
    private func prepare(
        _ hidden: MatrixView, norm: BoundNorm?, rounding: ActivationQuantizer?, into normed: MatrixView
    ) -> (input: MatrixView, divisors: [Float]?) {
        guard norm != nil || rounding != nil else { return (hidden, nil) }
        if let norm { norm.apply(hidden, into: normed) } else { normed.copy(from: hidden) }
        return (normed, rounding?.apply(to: normed))
    }

    /// Clamps, normalizes and rotates queries and keys where the layer does so.
    private func normalizeAndRotate(_ heads: MatrixView, firstRow: Int) {
        let attention = layer.attention
        if let clip = attention.clip, !attention.clipsBehindNorms { clamp(heads, to: clip) }
        let layouts = layouts(heads)
        normalize(layouts.queries, attention.queryNorm, weights.queryNorm)
        normalize(layouts.keys, attention.keyNorm, weights.keyNorm)
        if let clip = attention.clip, attention.clipsBehindNorms { clamp(heads, to: clip) }
        if let rotary {
            rotate(layouts.queries, table: rotary, windowLength: context, firstRow: firstRow)
            rotate(layouts.keys, table: rotary, windowLength: context, firstRow: firstRow)
        }
    }

    private func normalize(_ heads: HeadLayout, _ description: HeadNorm?, _ norm: BoundNorm?) {
        guard let description, let norm else { return }
        if description.perHead { return norm.apply(perHead: heads) }
        let columns = heads.base.columns(heads.firstColumn..<heads.firstColumn + heads.count * heads.size)
        norm.apply(columns, into: columns)
    }

    private func layouts(_ heads: MatrixView) -> (queries: HeadLayout, keys: HeadLayout, values: HeadLayout) {
        let attention = layer.attention
        let size = attention.headSize
        func layout(_ first: Int, _ stride: Int, _ count: Int) -> HeadLayout {
            HeadLayout(base: heads, firstColumn: first, headStride: stride, count: count, size: size)
        }
        if case .interleaved = attention.projections {
            let (perGroup, groups) = (attention.headCount / attention.keyValueHeadCount, attention.keyValueHeadCount)
            let stride = (perGroup + 2) * size
            return (
                HeadLayout(
                    base: heads, headStride: size, count: attention.headCount, size: size, perGroup: perGroup,
                    groupStride: stride),
                layout(perGroup * size, stride, groups), layout((perGroup + 1) * size, stride, groups)
            )
        }
        let (queries, keys) = (attention.queryWidth, attention.keyValueWidth)
        return (
            layout(0, size, attention.headCount), layout(queries, size, attention.keyValueHeadCount),
            layout(queries + keys, size, attention.keyValueHeadCount)
        )
    }

    func addResidual(_ hidden: MatrixView, _ contribution: MatrixView, _ norms: LayerWeights.Norms) {
        hidden.add(contribution, times: layer.residualScale)
        norms.afterResidual?.apply(hidden, into: hidden)
    }
}

extension LayerPass.Observer? {
    /// Whether what a layer makes of its inputs is wanted by nobody.
    var skipsOutputs: Bool { self?.wantsOutputs == false }
}
