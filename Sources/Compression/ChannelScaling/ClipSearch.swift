package import Kernels

/// AWQ's search for clipping limits (mit-han-lab/llm-awq, `auto_clip_layer`): of ten shares 1, 0.95 … 0.55 of a group's
/// largest weight the first at which clamping before rounding gives the least squared error of the group's part of the
/// outputs, Σ over tokens of (Σ over the group of (ŵ − w)·x)².
///
/// There the tokens are every ⌊n/512⌋th of n; so they are here (``sampleStride(tokens:)``). ŵ is what the spec stores.
package struct ClipSearch {
    /// The shares that are tried.
    static let shares: [Float] = (0..<10).map { 1 - Float($0) / 20 }

    /// How far tokens of the sample lie apart.
    package static func sampleStride(tokens: Int) -> Int { max(1, tokens / 512) }

    private let layer: LinearLayer
    private let spec: Spec
    private let inputs: Matrix
    private let groupLength: Int

    /// Takes a layer and what it is given, sampled tokens × inputs.
    package init(_ layer: LinearLayer, _ spec: Spec, inputs: Matrix) throws(CompressionError) {
        precondition(inputs.columns == layer.weight.columns)
        (self.layer, self.spec, self.inputs) = (layer, spec, inputs)
        groupLength = try PackQuantizedGeometry.groupLength(layer, spec)
    }

    /// The weight, clamped at the best limits.
    package func clipped() throws(CompressionError) -> ClippedMatrix {
        ClippedMatrix(layer.weight, limits: try limits(), groupLength: groupLength)
    }

    /// A limit for each group, rows × groups.
    func limits() throws(CompressionError) -> [Float] {
        let weight = try layer.finiteValues()
        let largest = largest(weight)
        var best = largest
        var least = [Double](repeating: .infinity, count: largest.count)
        for share in Self.shares {
            let limits = largest.map { $0 * share }
            let clipped = LinearLayer(
                name: layer.name,
                weight: ClippedMatrix(DenseMatrix(weight), limits: limits, groupLength: groupLength),
                scaleType: layer.scaleType)
            let rounded = try spec.compressor.compress(clipped, specs: [spec], hessian: nil)[0].matrix.floats
            rounded.withAll { rounded in
                weight.readAll { weight in for index in weight.indices { rounded[index] -= weight[index] } }
            }
            for (index, error) in errors(rounded).enumerated() where error < least[index] {
                (least[index], best[index]) = (error, limits[index])
            }
        }
        return best
    }

    private func largest(_ weight: Matrix) -> [Float] {
        (0..<weight.rows * weight.columns / groupLength).map { group in
            let extremes = weight.readAll {
                RowRounding.extremes($0.extracting(group * groupLength..<(group + 1) * groupLength))
            }
            return max(-extremes.low, extremes.high)
        }
    }

    /// For each group of each row Σ over tokens of (d·x)², d being the difference of its weights.
    private func errors(_ difference: Matrix) -> [Double] {
        let (rows, groups) = (difference.rows, difference.columns / groupLength)
        let outputs = Matrix(rows: inputs.rows, columns: rows)
        var result = [Double](repeating: 0, count: rows * groups)
        for group in 0..<groups {
            let range = group * groupLength..<(group + 1) * groupLength
            let part = Matrix(rows: rows, columns: groupLength)
            part.view.copy(from: difference.view.columns(range))
            multiply(inputs.view.columns(range), DenseMatrix(part), into: outputs.view)
            let sums = Parallel.map((rows + 63) / 64) { task in
                let own = task * 64..<min(rows, (task + 1) * 64)
                var sums = [Double](repeating: 0, count: own.count)
                for token in 0..<outputs.rows {
                    let values = outputs.view.row(token)
                    for row in own { sums[row - own.lowerBound] += Double(values[row]) * Double(values[row]) }
                }
                return sums
            }
            for (row, sum) in sums.joined().enumerated() { result[row * groups + group] = sum }
        }
        return result
    }
}
