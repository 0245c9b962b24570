package import Kernels

extension Method {
    /// Input channels are scaled up to their rows' ranges.
    package static let dilation = Method(
        "dilation", title: "weight dilation",
        summary: "scales input channels up as far as their rows' ranges allow, then rounds to nearest; no data needed",
        source: "2409.14307",
        passage: .scaling(
            ChannelScaling(
                .ofWeights { site, spec in
                    let each = site.weights.map { weight in
                        WeightDilation.scales(
                            weight, groupLength: spec.group.length(rowLength: weight.columns) ?? weight.columns,
                            symmetric: spec.symmetric)
                    }
                    let least = each.dropFirst().reduce(each[0]) { zip($0, $1).map { min($0, $1) } }
                    return site.channels.fold(least, min)
                })))
}

/// The largest factors that leave the steps of all grids as they are (weight dilation, 2409.14307).
package enum WeightDilation {
    /// The largest s with which a column stays inside the ranges of its rows' groups.
    ///
    /// s = min over rows of bound/w, where the bound is the group's greatest magnitude, or its extreme of w's sign where
    /// the grid is asymmetric; 1 for a column that holds an extreme of some group, and for one of zeros.
    package static func scales(
        _ weight: any WeightMatrix, groupLength: Int, symmetric: Bool
    ) -> [Float] {
        let columns = weight.columns
        let rowsPerTask = 64
        let parts = Parallel.map((weight.rows + rowsPerTask - 1) / rowsPerTask) { task in
            var least = [Float](repeating: .infinity, count: columns)
            withScratch(columns, of: Float(0)) { values in
                for index in task * rowsPerTask..<min(weight.rows, (task + 1) * rowsPerTask) {
                    weight.decode(row: index, columns: 0..<columns, into: &values)
                    for first in stride(from: 0, to: columns, by: groupLength) {
                        let group = first..<min(columns, first + groupLength)
                        var (low, high) = (Float(0), Float(0))
                        for column in group { (low, high) = (min(low, values[column]), max(high, values[column])) }
                        if symmetric { (low, high) = (-max(-low, high), max(-low, high)) }
                        for column in group where values[column] != 0 {
                            least[column] = min(least[column], (values[column] > 0 ? high : low) / values[column])
                        }
                    }
                }
            }
            return least
        }
        return (0..<columns).map { column in
            let least = parts.map { $0[column] }.min() ?? 1
            return least.isFinite ? max(1, least) : 1
        }
    }
}
