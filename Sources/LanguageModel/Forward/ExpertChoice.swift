import Kernels
import RealModule

/// A row that an expert is given, and what its result is multiplied by.
struct ExpertChoice: Sendable {
    let row: Int
    let weight: Float

    /// For each expert the rows that choose it, in order; `scores` are rows × experts.
    static func choices(_ scores: Matrix, _ experts: ExpertsDescription) -> [[ExpertChoice]] {
        let chosen = Parallel.map(scores.rows) { row in
            scores.readRow(row) { scores in
                weigh(highest(experts.perToken, of: scores), of: scores, by: experts.weighting)
            }
        }
        var result = [[ExpertChoice]](repeating: [], count: scores.columns)
        for (row, choices) in chosen.enumerated() {
            for (expert, weight) in choices { result[expert].append(ExpertChoice(row: row, weight: weight)) }
        }
        return result
    }

    /// The experts with the highest scores, the highest first; of equal scores the first expert's.
    private static func highest(_ count: Int, of scores: Span<Float>) -> [Int] {
        var best: [Int] = []
        for expert in 0..<scores.count {
            let place = best.firstIndex { scores[expert] > scores[$0] } ?? best.count
            guard place < count else { continue }
            best.insert(expert, at: place)
            if best.count > count { best.removeLast() }
        }
        return best
    }

    private static func weigh(
        _ chosen: [Int], of scores: Span<Float>, by weighting: ExpertWeighting
    ) -> [(expert: Int, weight: Float)] {
        guard let first = chosen.first else { return [] }
        let powers = chosen.map { Float.exp(scores[$0] - scores[first]) }
        var total: Float = 0
        switch weighting {
        case .softmaxOfAll(normalized: false):
            for expert in 0..<scores.count { total += Float.exp(scores[expert] - scores[first]) }
        case .softmaxOfAll(normalized: true), .softmaxOfChosen: total = powers.reduce(0, +)
        }
        return zip(chosen, powers).map { ($0, $1 / total) }
    }
}
