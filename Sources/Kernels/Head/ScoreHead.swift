/// Scores the next token of each row for several variants of one model at once, without keeping their logits.
///
/// logits[v][t, j] = Σ_c hidden[v][t, c]·head[j, c] + bias[j], bounded to limit·tanh(logit/limit) where there is a `softCap`;
/// `hidden[0]` is the baseline that KL is measured against.
/// `heads` holds one weight for all variants, packed once for all of them, or one for each; `biases`, if any, as many. `targets[t]` is the token that
/// follows row t, −1 if the row is not to be scored: such rows cost nothing. `scores[v]` receives the result of variant v,
/// one value for each row. The vocabulary is streamed block by block (fused cross-entropy), so that memory does not grow with it.
package func scoreHead(
    hidden: [MatrixView], heads: [any WeightMatrix], biases: [[Float]] = [], softCap: Float? = nil,
    targets: [Int32], into scores: inout [HeadScores]
) {
    scores = hidden.map { _ in HeadScores(rows: targets.count) }
    let rows = targets.indices.filter { targets[$0] >= 0 }
    guard let depth = heads.first?.columns, let vocabulary = heads.first?.rows, !rows.isEmpty else { return }
    precondition(heads.count == 1 || heads.count == hidden.count)
    precondition(heads.allSatisfy { $0.rows == vocabulary && $0.columns == depth })
    precondition(hidden.allSatisfy { $0.rows == targets.count && $0.columns == depth })
    precondition(biases.isEmpty || biases.count == heads.count)
    precondition(biases.allSatisfy { $0.count == vocabulary } && targets.allSatisfy { $0 < vocabulary })
    let form = PanelForm.current
    let crossEntropy = FusedCrossEntropy(variants: hidden.count, rows: rows.count)
    let tasks = headTasks(
        hidden: hidden, rows: rows, targets: targets, crossEntropy: crossEntropy, softCap: softCap, form: form)
    let block = Blocking.vocabulary(vocabulary, depth: depth, heads: heads.count, form: form)
    let floats = PackedWeights.floatCount(rows: block, depth: depth, form: form)
    Scratch.withFloats(2 * floats * heads.count) { memory in
        var (ready, readyTokens) = ([PackedWeights](), 0..<0)
        // One block is packed while the one before it is scored.
        for number in 0...(vocabulary + block - 1) / block {
            let tokens = min(number * block, vocabulary)..<min((number + 1) * block, vocabulary)
            let half = memory + number % 2 * floats * heads.count
            let next = heads.enumerated().map { index, head in
                PackedWeights(
                    head, rows: tokens, bias: biases.isEmpty ? nil : biases[index], form: form,
                    in: half + index * floats)
            }
            let (packing, scoring) = (next[0].packingTasks, ready.isEmpty ? 0 : tasks.count)
            Parallel.forEach(packing * next.count + scoring) { [ready, readyTokens] index in
                if index < packing * next.count {
                    next[index / packing].pack(index % packing)
                } else {
                    tasks[index - packing * next.count].accumulate(ready, tokens: readyTokens)
                }
            }
            (ready, readyTokens) = (next, tokens)
        }
    }
    crossEntropy.write(to: &scores, rows: rows, targets: targets)
}

private func headTasks(
    hidden: [MatrixView], rows: [Int], targets: [Int32], crossEntropy: FusedCrossEntropy, softCap: Float?,
    form: PanelForm
) -> [HeadTask] {
    Blocking.rowBlocks(rows.count, form: form, largest: Blocking.headRows(form)).map { part in
        HeadTask(
            hidden: hidden, rows: Array(rows[part]), targets: part.map { Int(targets[rows[$0]]) },
            first: part.lowerBound, crossEntropy: crossEntropy, softCap: softCap,
            loops: Processor.loops, form: form)
    }
}
