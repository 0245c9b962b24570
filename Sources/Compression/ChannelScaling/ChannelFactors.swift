package import Kernels

/// The factors that a method moved between the channels of a model before it compressed the weights, by module.
package struct ChannelFactors: Sendable {
    /// What the columns of a weight were multiplied by.
    package var columns: [String: [Float]] = [:]
    /// What the rows of a weight were divided by.
    package var rows: [String: [Float]] = [:]

    package init() {}

    /// A weight with the factors in it.
    package func applied(to weight: any WeightMatrix, of module: String) -> any WeightMatrix {
        guard columns[module] != nil || rows[module] != nil else { return weight }
        return ScaledMatrix(weight, columns: columns[module], rows: rows[module])
    }

    /// A weight without them, as it would stand in the model as it was.
    package func undone(_ weight: any WeightMatrix, of module: String) -> any WeightMatrix {
        guard columns[module] != nil || rows[module] != nil else { return weight }
        return ScaledMatrix(
            weight, columns: columns[module]?.map { 1 / $0 }, rows: rows[module]?.map { 1 / $0 })
    }

    package mutating func merge(_ others: ChannelFactors) {
        columns.merge(others.columns) { $1 }
        rows.merge(others.rows) { $1 }
    }
}
