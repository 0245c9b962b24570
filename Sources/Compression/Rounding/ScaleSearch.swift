import Kernels

/// The scale of a group with the least squared error among those from 1 down to 0.21 of the usual one.
///
/// As GPTQ's reference does it with its option `mse`: eighty scales (1 − i/100)·s, i = 0 … 79, of which the first with the
/// least Σ(w − ŵ)² is taken, ŵ being the weights as they will be read back. The usual scale is among them, so
/// the error is never larger than without the search.
enum ScaleSearch {
    /// What each of the eighty scales is of the usual one.
    static let shares: [Float] = (0..<80).map { 1 - Float($0) / 100 }

    /// The grid of least error among those of a group's least and greatest value, both shrunk alike; a shrunk
    /// asymmetric grid has a zero point of its own.
    static func grid(
        _ values: Span<Float>, top: Int32, _ grid: (_ share: Float) -> UniformGrid?
    ) -> UniformGrid? {
        grid(
            best(1) { share in
                grid(share).map { RowRounding.squaredError(values, grid: $0, top: top) }
            })
    }

    /// The first scale of the least error; `error` is nil for one that cannot be stored.
    static func best(_ usual: Float, error: (Float) -> Double?) -> Float {
        var (best, least) = (usual, Double.infinity)
        for share in shares {
            guard let error = error(usual * share) else { continue }
            if error < least { (best, least) = (usual * share, error) }
        }
        return best
    }
}
