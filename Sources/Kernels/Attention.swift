import Numerics

/// Causal scaled dot-product attention, softmax(scale·q·kᵀ)·v, for windows of `windowLength` rows stacked on each other.
///
/// Query head h attends with key and value head h / (queries.count / keys.count). Each token sees the tokens of its window
/// up to itself, only the last `slidingWindow` of them (itself included) if given. Head h's result goes to the columns
/// from h·values.size of `out`. Heads are read where they stand; nothing of size tokens² is stored.
package func attention(
    queries: HeadLayout, keys: HeadLayout, values: HeadLayout, windowLength: Int, scale: Float,
    slidingWindow: Int? = nil, into out: MatrixView
) {
    precondition(queries.rows == keys.rows && keys.rows == values.rows && queries.rows == out.rows)
    precondition(keys.count == values.count && keys.count > 0 && queries.count % keys.count == 0)
    precondition(queries.size == keys.size && out.columns == queries.count * values.size)
    precondition(windowLength > 0 && queries.rows % windowLength == 0)
    let windows = queries.rows / windowLength
    let group = queries.count / keys.count
    Parallel.forEach(windows * queries.count) { task in
        let (window, head) = (task / queries.count, task % queries.count)
        let first = window * windowLength
        for row in first..<first + windowLength {
            let start = slidingWindow.map { max(first, row - $0 + 1) } ?? first
            let query = queries.row(row, head: head)
            let result = out.row(row) + head * values.size
            result.update(repeating: 0, count: values.size)
            var (largest, sum) = (-Float.infinity, Float(0))
            for position in start...row {
                let key = keys.row(position, head: head / group)
                var score = Float(0)
                for column in 0..<queries.size { score += query[column] * key[column] }
                score *= scale
                let value = values.row(position, head: head / group)
                let new = max(largest, score)
                let (shrink, share) = (Float.exp(largest - new), Float.exp(score - new))
                largest = new
                sum = sum * shrink + share
                for column in 0..<values.size { result[column] = result[column] * shrink + share * value[column] }
            }
            for column in 0..<values.size { result[column] /= sum }
        }
    }
}
