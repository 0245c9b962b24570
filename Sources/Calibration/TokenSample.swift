import Compression
import Kernels
import LanguageModel

/// Every so-manieth token of what a layer's linear layers are given, each sample shared by the linear layers that have the same input.
final class TokenSample {
    private let step: Int
    private var samples: [String: Sample] = [:]

    private final class Sample {
        var tokens = 0
        var rows: [[Float]] = []
    }

    init(every step: Int) { self.step = step }

    /// Adds the next tokens' inputs.
    func add(_ inputs: MatrixView, of modules: [String]) {
        guard let first = modules.first else { return }
        let sample = samples[first] ?? Sample()
        for module in modules { samples[module] = sample }
        for row in 0..<inputs.rows where (sample.tokens + row).isMultiple(of: step) {
            // A row of a view has `columns` numbers; they are copied.
            sample.rows.append(Array(UnsafeBufferPointer(start: inputs.row(row), count: inputs.columns)))
        }
        sample.tokens += inputs.rows
    }

    /// A module's inputs, tokens × inputs, each divided by a factor of its own.
    func inputs(of module: String, dividedBy divisors: [Float]?) -> Matrix? {
        guard let rows = samples[module]?.rows, let columns = rows.first?.count else { return nil }
        let result = Matrix(rows: rows.count, columns: columns)
        for (index, row) in rows.enumerated() {
            let target = result.view.row(index)
            for column in 0..<columns { target[column] = row[column] / (divisors?[column] ?? 1) }
        }
        return result
    }
}

extension AttentionProjections {
    /// Whether a linear layer makes queries or keys and nothing else: llm-awq does not clip those, "due to qk bmm".
    func makesScores(_ linear: LinearDescription) -> Bool {
        if case .separate(let query, let key, _) = self { linear == query || linear == key } else { false }
    }
}
