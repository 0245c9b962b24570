import Kernels
import Mathematics
import RealModule

/// Gaussian noise in the weights of linear layers: each row w of a weight becomes w + t·‖w‖·ε/‖ε‖, ε independent and normal.
///
/// A probe of how much a model minds errors in its weights, whatever makes them. Row by row because rounding errs in
/// proportion to what it rounds: noise of one size in all rows of a weight drowns the small ones, and costs more for the
/// same error of the layer's outputs.
package struct WeightNoise: Sendable, Hashable {
    /// t = ‖Δw‖/‖w‖ of every row.
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
        Parallel.forEach(weight.rows) { row in
            let values = weight.values(row: row)
            var random = RandomNumbers(seed: stream, stream: row)
            noise.withRow(row) { Self.fill(&$0, &random, beside: values, size: size) }
        }
        return DenseMatrix(noise)
    }

    /// Fills a row with the values beside it and their noise: normal numbers, two at a time (Box and Muller 1958).
    private static func fill(
        _ target: inout MutableSpan<Float>, _ random: inout RandomNumbers, beside values: [Float], size: Double
    ) {
        var (ofNoise, ofValues) = (0.0, 0.0)
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
            ofNoise += value * value
            ofValues += Double(values[column]) * Double(values[column])
        }
        let factor = ofNoise > 0 ? Float(size * (ofValues / ofNoise).squareRoot()) : 0
        for column in values.indices { target[column] = values[column] + factor * target[column] }
    }
}
