import Kernels
import RealModule

/// Experts over some rows: each expert takes all rows that choose it together, so that products are of whole tiles.
struct ExpertsPass {
    let experts: ExpertsDescription
    let weights: ExpertsWeights
    var observer: LayerPass.Observer?

    /// Replaces `input`, which is `normed` of the views or is copied there, by what the experts make of it.
    ///
    /// Results are added in the order of the experts, the shared one last.
    func run(_ input: MatrixView, _ views: Workspace.Views) {
        let sum = views.projected
        forEachRow(of: sum) { row in row.update(repeating: 0) }
        let choices = ExpertChoice.choices(scores(input), experts)
        for (index, rows) in choices.enumerated() where !rows.isEmpty {
            let chosen = views.chosen.rows(0..<rows.count)
            gather(rows, of: input, into: chosen)
            let result = views.result.rows(0..<rows.count)
            run(experts.experts[index], weights.experts[index], chosen, views.rows(0..<rows.count), into: result)
            if !observer.skipsOutputs { add(result, times: rows, to: sum) }
        }
        if let shared = experts.shared { addShared(shared, input, views, to: sum) }
        views.normed.copy(from: sum)
    }

    private func run(
        _ mlp: MLPDescription, _ weights: MLPWeights, _ rows: MatrixView, _ views: Workspace.Views,
        into result: MatrixView
    ) {
        let divisors = weights.up.rounding?.apply(to: rows)
        MLPPass(mlp: mlp, weights: weights, observer: observer).run(rows, divisors: divisors, views, into: result)
    }

    /// A score for each expert.
    private func scores(_ input: MatrixView) -> Matrix {
        let scores = Matrix(rows: input.rows, columns: experts.experts.count)
        weights.router.apply(input, into: scores.view)
        return scores
    }

    private func gather(_ choices: [ExpertChoice], of input: MatrixView, into chosen: MatrixView) {
        for (index, choice) in choices.enumerated() {
            chosen.row(index).update(from: input.row(choice.row), count: input.columns)
        }
    }

    /// Each row of the sum gets one row of an expert's result at most.
    private func add(_ result: MatrixView, times choices: [ExpertChoice], to sum: MatrixView) {
        Parallel.forEach((choices.count + 63) / 64) { task in
            for index in task * 64..<min(choices.count, (task + 1) * 64) {
                let (target, source) = (sum.row(choices[index].row), result.row(index))
                for column in 0..<sum.columns { target[column] += choices[index].weight * source[column] }
            }
        }
    }

    private func addShared(
        _ shared: SharedExpert, _ input: MatrixView, _ views: Workspace.Views, to sum: MatrixView
    ) {
        guard let sharedWeights = weights.shared, let gate = weights.sharedGate else { return }
        views.chosen.copy(from: input)
        run(shared.mlp, sharedWeights, views.chosen, views, into: views.result)
        if observer.skipsOutputs { return }
        let scores = Matrix(rows: input.rows, columns: 1)
        gate.apply(input, into: scores.view)
        let factors = scores.values.enumerated().map { row, score in
            ExpertChoice(row: row, weight: Float(1 / (1 + Double.exp(-Double(score)))))
        }
        add(views.result, times: factors, to: sum)
    }
}
