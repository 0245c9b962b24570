import Compression
import Kernels

/// One layer over one chunk of windows of one variant.
struct LayerPass {
    let layer: LayerDescription
    let weights: LayerWeights
    let workspace: Workspace
    let context: Int
    let rotary: RotaryTable?
    /// Sees what the layer's linear maps are given: first the maps, then their common inputs. Who has one does not want
    /// the layer's outputs, and they are not computed.
    var observer: (([LinearDescription], MatrixView) -> Void)?

    /// Runs the layer on the residual stream in place; the rows are whole windows.
    ///
    /// Of the last layer only the rows at some `positions` of each window are wanted: what it makes of those, and
    /// nothing else, then stands at the beginning of `hidden`, and is returned.
    @discardableResult
    func run(_ hidden: MatrixView, positions: Range<Int>? = nil) -> MatrixView {
        let all = workspace.views(layer, rows: hidden.rows)
        project(hidden, all)
        let hidden = positions.map { hidden.gatherRows($0, ofEach: context) } ?? hidden
        let views = all.rows(hidden.rows)
        attend(all.heads, positions: positions, views)
        if layer.parallel {
            perceive(hidden, views)
            if observer != nil { return hidden }
            hidden.add(views.projected)
            hidden.add(views.normed)
        } else {
            join(hidden, views.projected, weights.attentionNorms)
            perceive(hidden, views)
            join(hidden, views.normed, weights.perceptronNorms)
        }
        return hidden
    }

    /// The attention's contribution, into `projected`.
    func attend(_ hidden: MatrixView, _ views: Workspace.Views) {
        project(hidden, views)
        attend(views.heads, positions: nil, views)
    }

    /// Queries, keys and values, into `heads`.
    private func project(_ hidden: MatrixView, _ views: Workspace.Views) {
        let norms = weights.attentionNorms
        let (input, divisors) = prepare(
            hidden, norm: norms.before, rounding: weights.projections[0].map.rounding, into: views.normed)
        observer?(layer.attention.projections.maps, input)
        for (map, first) in weights.projections {
            map.apply(input, divisors: divisors, into: views.heads.columns(first..<first + map.weight.rows))
        }
        shapeHeads(views.heads)
    }

    /// What the queries at some positions of each window attend to, into `projected`.
    private func attend(_ heads: MatrixView, positions: Range<Int>?, _ views: Workspace.Views) {
        let norms = weights.attentionNorms
        let layouts = layouts(heads)
        attention(
            queries: layouts.queries, keys: layouts.keys, values: layouts.values, windowLength: context,
            scale: layer.attention.scale, slidingWindow: layer.attention.slidingWindow, positions: positions,
            into: views.attended)
        norms.inside?.apply(views.attended, into: views.attended)
        let attendedDivisors = weights.output.rounding?.apply(to: views.attended)
        observer?([layer.attention.output], views.attended)
        // A parallel perceptron does not read the attention's outputs.
        if observer != nil, layer.parallel { return }
        weights.output.apply(views.attended, divisors: attendedDivisors, into: views.projected)
        norms.after?.apply(views.projected, into: views.projected)
    }

    /// The perceptron's contribution, into `normed`.
    func perceive(_ hidden: MatrixView, _ views: Workspace.Views) {
        let norms = weights.perceptronNorms
        let (input, divisors) = prepare(
            hidden, norm: norms.before, rounding: weights.up.rounding, into: views.normed)
        observer?((layer.perceptron.gate.map { [$0] } ?? []) + [layer.perceptron.up], input)
        weights.up.apply(input, divisors: divisors, into: views.inner)
        if let gate = weights.gate {
            gate.apply(input, divisors: divisors, into: views.gate)
            weights.activation.applyGated(gate: views.gate, to: views.inner)
        } else {
            weights.activation.apply(to: views.inner)
        }
        norms.inside?.apply(views.inner, into: views.inner)
        let innerDivisors = weights.down.rounding?.apply(to: views.inner)
        if let observer { return observer([layer.perceptron.down], views.inner) }
        weights.down.apply(views.inner, divisors: innerDivisors, into: views.normed)
        norms.after?.apply(views.normed, into: views.normed)
    }

    /// The input of a sublayer's first maps: the residual stream itself, or what norm and rounding make of it, with what
    /// the outputs are to be divided by.
    private func prepare(
        _ hidden: MatrixView, norm: BoundNorm?, rounding: InputRounding?, into normed: MatrixView
    ) -> (input: MatrixView, divisors: [Float]?) {
        guard norm != nil || rounding != nil else { return (hidden, nil) }
        if let norm { norm.apply(hidden, into: normed) } else { normed.copy(from: hidden) }
        return (normed, rounding?.apply(to: normed))
    }

    /// Clamps, normalises and rotates queries and keys where the layer does so.
    private func shapeHeads(_ heads: MatrixView) {
        if let clip = layer.attention.clip { clamp(heads, to: clip) }
        let layouts = layouts(heads)
        normalise(layouts.queries, layer.attention.queryNorm, weights.queryNorm)
        normalise(layouts.keys, layer.attention.keyNorm, weights.keyNorm)
        if let rotary {
            rotate(layouts.queries, table: rotary, windowLength: context)
            rotate(layouts.keys, table: rotary, windowLength: context)
        }
    }

    private func normalise(_ heads: HeadLayout, _ description: HeadNorm?, _ norm: BoundNorm?) {
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
            let count = attention.headCount
            return (layout(0, 3 * size, count), layout(size, 3 * size, count), layout(2 * size, 3 * size, count))
        }
        let (queries, keys) = (attention.queryWidth, attention.keyWidth)
        return (
            layout(0, size, attention.headCount), layout(queries, size, attention.keyHeadCount),
            layout(queries + keys, size, attention.keyHeadCount)
        )
    }

    func join(_ hidden: MatrixView, _ contribution: MatrixView, _ norms: LayerWeights.Norms) {
        hidden.add(contribution)
        norms.afterResidual?.apply(hidden, into: hidden)
    }
}
