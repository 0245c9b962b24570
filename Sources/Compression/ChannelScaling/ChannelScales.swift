package import Kernels
import RealModule

/// The formulas by which methods scale input channels: W's columns times s, the inputs divided by s.
///
/// A channel that has no say, because its inputs or its weights were all 0, keeps s = 1.
package enum ChannelScales {
    /// The exponents that AWQ tries: 0, 0.05 … 0.95.
    package static let exponents: [Float] = (0..<20).map { Float($0) / 20 }

    /// AWQ (2306.00978, mit-han-lab/llm-awq's auto_scale): s = max(mean|x|^a, 1e-4), normalized by √(max s · min s).
    package static func awq(meanMagnitude: [Double], exponent: Float) -> [Float] {
        let live = meanMagnitude.indices.filter { meanMagnitude[$0] > 0 }
        var scales = [Double](repeating: 1, count: meanMagnitude.count)
        for channel in live { scales[channel] = max(Double.pow(meanMagnitude[channel], Double(exponent)), 1e-4) }
        let values = live.map { scales[$0] }
        let middle = ((values.max() ?? 1) * (values.min() ?? 1)).squareRoot()
        for channel in live { scales[channel] /= middle }
        return scales.map { Float($0) }
    }

    /// SmoothQuant (2211.10438, equation 4 with α = 0.5): s = max|x|^½ / max|w|^½, the latter at least 1e-5 as in
    /// mit-han-lab/smoothquant.
    package static func smoothQuant(inputs: [Float], weights: [Float]) -> [Float] {
        zip(inputs, weights).map { input, weight in
            guard input != 0 else { return 1 }
            let ratio = Double(input) / Double(max(weight, 1e-5))
            return Float(max(ratio.squareRoot(), 1e-5))
        }
    }

    /// AWEQ (2311.01305): s = √(range x / range w).
    package static func aweq(inputRanges: [Float], weightRanges: [Float]) -> [Float] {
        zip(inputRanges, weightRanges).map { input, weight in
            guard input != 0, weight != 0 else { return 1 }
            let ratio = Double(input) / Double(weight)
            return Float(ratio.squareRoot())
        }
    }

    /// The largest s with which a column stays inside the ranges of its rows' groups (weight dilation, 2409.14307).
    ///
    /// s = min over rows of bound/w, where the bound is the group's greatest magnitude, or its extreme of w's sign where
    /// the grid is asymmetric; 1 for a column that holds an extreme of some group, and for one of zeros.
    package static func dilation(
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
