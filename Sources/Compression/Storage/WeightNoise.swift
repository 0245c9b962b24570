import Kernels
import Mathematics
import RealModule

/// Gaussian noise in the weights of linear layers: W + t·‖W‖·ε/‖ε‖, ε independent and normal.
///
/// A probe of how much a model minds errors in its weights, whatever makes them.
package struct WeightNoise: Sendable, Hashable {
    /// t = ‖ΔW‖/‖W‖ of every layer.
    package let size: Double
    package let seed: Int
    /// The modules whose weights get it.
    package let modules: Set<String>

    package init(size: Double, seed: Int, modules: Set<String>) {
        (self.size, self.seed, self.modules) = (size, seed, modules)
    }

    /// The weight of a module with its noise, in float32; the same one each time, whatever the number of threads.
    func added(to weight: any WeightMatrix, of module: String) -> any WeightMatrix {
        guard modules.contains(module) else { return weight }
        let noise = Matrix(rows: weight.rows, columns: weight.columns)
        let stream = module.utf8.reduce(UInt64(truncatingIfNeeded: seed)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let squares = Parallel.map(weight.rows) { row in
            let values = weight.values(row: row)
            var random = RandomNumbers(seed: stream, stream: row)
            return noise.withRow(row) { Self.fill(&$0, &random, beside: values) }
        }
        let (ofNoise, ofWeight) = squares.reduce((0.0, 0.0)) { ($0.0 + $1.noise, $0.1 + $1.weight) }
        let factor = ofNoise > 0 ? Float(size * (ofWeight / ofNoise).squareRoot()) : 0
        Parallel.forEach(weight.rows) { row in
            let values = weight.values(row: row)
            noise.withRow(row) { target in
                for column in values.indices { target[column] = values[column] + factor * target[column] }
            }
        }
        return DenseMatrix(noise)
    }

    /// Fills a row with normal numbers, two at a time (Box and Muller 1958); returns the squared lengths of these and of
    /// the weight's row.
    private static func fill(
        _ target: inout MutableSpan<Float>, _ random: inout RandomNumbers, beside values: [Float]
    ) -> (noise: Double, weight: Double) {
        var sums = (noise: 0.0, weight: 0.0)
        var spare: Double?
        for column in values.indices {
            let value: Double
            if let known = spare.take() {
                value = known
            } else {
                let radius = (-2 * Double.log(1 - random.uniform())).squareRoot()
                let angle = 2 * Double.pi * random.uniform()
                value = radius * Double.cos(angle)
                spare = radius * Double.sin(angle)
            }
            target[column] = Float(value)
            sums.noise += value * value
            sums.weight += Double(values[column]) * Double(values[column])
        }
        return sums
    }
}
