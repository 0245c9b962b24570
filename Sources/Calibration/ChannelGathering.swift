import Compression
import Kernels
import LanguageModel

/// Statistics of the inputs of a layer's linear layers, each shared by the linear layers that have the same input.
final class ChannelGathering {
    private var sums: [String: ChannelSums] = [:]
    private var order: [String] = []

    /// Adds some windows' inputs.
    func add(_ inputs: MatrixView, of modules: [String]) {
        guard let first = modules.first else { return }
        let sums = self.sums[first] ?? ChannelSums(columns: inputs.columns)
        sums.add(inputs)
        for module in modules where self.sums[module] == nil {
            self.sums[module] = sums
            order.append(module)
        }
    }

    /// The statistics by module.
    ///
    /// Throws ``LanguageModelError/inputsNotFinite(module:)`` for the first linear layer with an input that is not finite.
    func statistics() throws(LanguageModelError) -> [String: ChannelStatistics] {
        var result: [String: ChannelStatistics] = [:]
        for module in order {
            guard let statistics = sums[module]?.statistics else { continue }
            guard statistics.isFinite else { throw .inputsNotFinite(module: module) }
            result[module] = statistics
        }
        return result
    }
}

/// Sums over tokens, input by input; tokens are added in order, so the result does not depend on threads.
///
/// Each pointer has `columns` numbers, from `init` to `deinit`.
/// `@unchecked Sendable` because workers write disjoint ranges of columns, and readers come after them.
private final class ChannelSums: @unchecked Sendable {
    private let columns: Int
    private let sum, magnitude, square: UnsafeMutablePointer<Double>
    private let low, high: UnsafeMutablePointer<Float>
    private var tokens = 0

    init(columns: Int) {
        self.columns = columns
        let count = max(1, columns)
        sum = .allocate(capacity: count)
        magnitude = .allocate(capacity: count)
        square = .allocate(capacity: count)
        low = .allocate(capacity: count)
        high = .allocate(capacity: count)
        sum.initialize(repeating: 0, count: count)
        magnitude.initialize(repeating: 0, count: count)
        square.initialize(repeating: 0, count: count)
        low.initialize(repeating: .infinity, count: count)
        high.initialize(repeating: -.infinity, count: count)
    }

    deinit {
        sum.deallocate()
        magnitude.deallocate()
        square.deallocate()
        low.deallocate()
        high.deallocate()
    }

    private static let columnsPerTask = 256

    func add(_ x: MatrixView) {
        precondition(x.columns == columns)
        tokens += x.rows
        Parallel.forEach((columns + Self.columnsPerTask - 1) / Self.columnsPerTask) { task in
            let range = task * Self.columnsPerTask..<min(columns, (task + 1) * Self.columnsPerTask)
            for token in 0..<x.rows {
                let row = x.row(token)
                for column in range {
                    let value = row[column]
                    sum[column] += Double(value)
                    magnitude[column] += Double(value.magnitude)
                    square[column] += Double(value) * Double(value)
                    low[column] = value < low[column] ? value : low[column]
                    high[column] = value > high[column] ? value : high[column]
                }
            }
        }
    }

    /// Nil before any token.
    var statistics: ChannelStatistics? {
        guard tokens > 0 else { return nil }
        let count = Double(tokens)
        return ChannelStatistics(
            mean: (0..<columns).map { sum[$0] / count }, meanMagnitude: (0..<columns).map { magnitude[$0] / count },
            meanSquare: (0..<columns).map { square[$0] / count },
            low: (0..<columns).map { low[$0] }, high: (0..<columns).map { high[$0] })
    }
}
