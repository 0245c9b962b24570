import Compression
package import ScalingLaws

extension Conditions {
    /// Takes the error of the number format that the scheme names, as `nf4` and `rtn-nf4-g64` do.
    package mutating func takeFormatError() {
        guard let scheme else { return }
        let parts = "-\(scheme.lowercased())-"
        // Of formats whose names contain others, the longest.
        weightError =
            formatErrors.filter { parts.contains("-\($0.name)-") }.max { $0.name.count < $1.name.count }?.error
    }
}

/// The mean squared error on N(0, 1) of each format whose values are the same for all weights, at the best scale.
private let formatErrors: [(name: String, error: Double)] = NumberFormat.named.compactMap { format in
    guard let name = format.name, case .fixed(let levels) = format.values else { return nil }
    return (name, GaussianError.least(levels: levels.map(Double.init)))
}
