import Kernels

/// One MLP over some rows.
struct MLPPass {
    let mlp: MLPDescription
    let weights: MLPWeights
    /// The norm in front of the last linear layer.
    var inside: BoundNorm?
    var observer: LayerPass.Observer?

    /// out = MLP(input), which is rounded already and whose first products are to be divided by `divisors`.
    ///
    /// Works in the intermediate and gate rows of `views`; a result that an observer does not want is not computed.
    func run(_ input: MatrixView, divisors: [Float]?, _ views: Workspace.Views, into out: MatrixView) {
        observer?.see(mlp.inputLayers, input)
        let made = views.intermediate.columns(0..<mlp.up.outputs)
        weights.up.apply(input, divisors: divisors, into: made)
        let inner = activated(made, input, divisors, views)
        inside?.apply(inner, into: inner)
        let downDivisors = weights.down.rounding?.apply(to: inner)
        observer?.see([mlp.down], inner)
        if observer.skipsOutputs { return }
        weights.down.apply(inner, divisors: downDivisors, into: out)
    }

    /// What the activation makes of the first products.
    private func activated(
        _ made: MatrixView, _ input: MatrixView, _ divisors: [Float]?, _ views: Workspace.Views
    ) -> MatrixView {
        if let fusedGate = mlp.fusedGate {
            let (gate, up) = fusedGate.split(made)
            weights.activation.applyGated(gate: gate, to: up)
            return up
        }
        guard let gate = weights.gate else {
            weights.activation.apply(to: made)
            return made
        }
        let gated = views.gate.columns(0..<gate.weight.rows)
        gate.apply(input, divisors: divisors, into: gated)
        weights.activation.applyGated(gate: gated, to: made)
        return made
    }
}

extension FusedGate {
    /// The parts of what one linear layer made: the activation's argument, and what it is multiplied with.
    func split(_ made: MatrixView) -> (gate: MatrixView, up: MatrixView) {
        let half = made.columns / 2
        let (first, second) = (made.columns(0..<half), made.columns(half..<made.columns))
        switch self {
        case .first: return (first, second)
        case .second: return (second, first)
        case .alternating(let alpha, let limit):
            sort(made, alpha: alpha, limit: limit)
            return (first, second)
        }
    }

    /// Puts the gates in front and clamps both, so that silu(gate)·up becomes (u + 1)·g·σ(α·g).
    private func sort(_ made: MatrixView, alpha: Float, limit: Float) {
        let half = made.columns / 2
        forEachRow(of: made) { row in
            withScratch(row.count, of: Float(0)) { sorted in
                for index in 0..<half {
                    sorted[index] = alpha * min(row[2 * index], limit)
                    sorted[half + index] = (min(max(row[2 * index + 1], -limit), limit) + 1) / alpha
                }
                for index in row.indices { row[index] = sorted[index] }
            }
        }
    }
}
