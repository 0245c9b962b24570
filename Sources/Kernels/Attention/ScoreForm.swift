import Vectors

/// What a query's scores pass on their way to weights, beyond their scale.
package struct ScoreForm: Sendable {
    /// Scores are bounded to limit·tanh(score/limit) (Gemma 2).
    package var softCap: Float?
    /// One row for each query head: what is added to the scores of the key at each position of a window (ALiBi).
    package var keyBias: RowTable<Float>?
    /// For each query head a score that belongs to no key (GPT-OSS).
    package var sinks: [Float]?

    package init(softCap: Float? = nil, keyBias: RowTable<Float>? = nil, sinks: [Float]? = nil) {
        self.softCap = softCap
        self.keyBias = keyBias
        self.sinks = sinks
    }

    func head(_ index: Int) -> HeadScoreForm {
        HeadScoreForm(
            softCap: softCap, keyBias: keyBias.map { UnsafePointer($0.base + index * $0.columns) },
            sink: sinks?[index])
    }
}

/// The same for one query head; the pointer lives as long as the form it comes from.
struct HeadScoreForm {
    let softCap: Float?
    let keyBias: UnsafePointer<Float>?
    let sink: Float?

    /// Shapes the scores of some keys, `[key][query]`.
    func shape(_ scores: UnsafeMutablePointer<Float>, keys: Range<Int>, loops: ElementLoops) {
        if let softCap { loops.cap(CappedRow(scores, count: keys.count * QueryBlock.size, limit: softCap)) }
        guard let keyBias else { return }
        for key in keys {
            let index = (key - keys.lowerBound) * QueryBlock.size
            scores.store(scores.floats(index) + Floats(repeating: keyBias[key]), index)
        }
    }

    /// The softmax before any key.
    var softmax: OnlineSoftmax { sink.map { OnlineSoftmax(sink: $0) } ?? OnlineSoftmax() }
}
