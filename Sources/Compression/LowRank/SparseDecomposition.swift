package import JSON
import Kernels

extension Method {
    /// Two quantized factors of low rank, one of them sparse.
    package static let qsd = Method(
        "qsd", title: "quantized sparse decomposition",
        summary: "finds quantized factors of low rank, one of them sparse, by gradient descent; no data needed",
        source: "2207.11048", formats: .integersOrStored, keys: [.sparse], neededKeys: [.rank],
        check: { (spec) throws(CompressionError) in try spec.checkFactors() }, compressor: SparseDecomposition())
}

/// Quantized sparse decomposition (2207.11048): W ≈ A·B with factors on a grid of b bits, of which A may be sparse, found
/// by projected gradient descent on ‖W − A·B‖².
///
/// It starts at the singular value decomposition and takes turns with the factors: a gradient step, then the projection
/// onto what can be stored. A (rows × rank) loses the share of its values that matter least, by abs a times the length of
/// the row of B that it multiplies; then the values of each factor's row go to the nearest of 2ᵇ levels with one scale.
/// Steps are scaled for each dimension by the other factor's Gram matrix, so that none is longer than its Lipschitz bound.
/// The best pair that was met is kept. Without bits and sparsity the projection changes nothing, and the result is the
/// truncated singular value decomposition; a one-hot A would be vector quantization, an unquantized one sparse PCA.
package struct SparseDecomposition: LayerCompressor {
    /// Turns at most, and the relative gain of three turns below which the last of them is the last.
    private static let (turns, leastGain) = (40, 1e-4)

    package func layout(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> [StoredLayout] {
        let (left, right) = try geometries(layer, spec)
        return left.layout + right.layout
    }

    package func configuration(_ spec: Spec, ignored: [String]) -> JSONObject {
        LowRankLayout.configuration(spec, ignored: ignored)
    }

    private func geometries(
        _ layer: LinearLayer, _ spec: Spec
    ) throws(CompressionError) -> (left: MaskedGeometry, right: MaskedGeometry) {
        let (rows, columns) = (layer.weight.rows, layer.weight.columns)
        guard let wanted = spec.options.rank else { throw .missingKey("rank", allowed: Rank.allowed) }
        let rank = try wanted.value(full: min(rows, columns), tensor: layer.name)
        func coding(_ length: Int) -> MaskedGeometry.Coding {
            guard let bits = spec.format.integerBits else { return .values(layer.storedType) }
            return .codes(
                bits: bits, symmetric: true, groupLength: length, scaleType: spec.scaleType(checkpoint: layer.scaleType)
            )
        }
        let kept = spec.options.sparsity.map { rows * rank - $0.pruned(of: rows * rank) }
        return (
            MaskedGeometry(name: "weight_left", rows: rows, columns: rank, kept: kept, coding: coding(rank)),
            MaskedGeometry(name: "weight_right", rows: rank, columns: columns, kept: nil, coding: coding(columns))
        )
    }

    package func compress(
        _ layer: LinearLayer, specs: [Spec], hessian: Hessian?
    ) throws(CompressionError) -> [CompressedWeight] {
        let weight = try layer.finiteValues()
        let factorization = try Factorization(weight, tensor: layer.name)
        var results: [CompressedWeight] = []
        for spec in specs {
            let (left, right) = try geometries(layer, spec)
            var descent = FactorDescent(
                weight, factorization.factors(rank: left.columns), left, right, spec.options.sparsity, layer.name)
            try descent.run(turns: Self.turns, leastGain: Self.leastGain)
            results.append(try descent.best())
        }
        return results
    }
}

/// The factors of one weight on their way down.
private struct FactorDescent {
    private let weight: Matrix
    private let transposed: Matrix
    private let geometries: (left: MaskedGeometry, right: MaskedGeometry)
    private let sparsity: Sparsity?
    private let tensor: String
    /// A and B as they are now.
    private var left: Matrix
    private var right: Matrix
    private var stored: (left: CompressedWeight, right: CompressedWeight, error: Double)?

    init(
        _ weight: Matrix, _ factors: (left: Matrix, right: Matrix), _ left: MaskedGeometry, _ right: MaskedGeometry,
        _ sparsity: Sparsity?, _ tensor: String
    ) {
        self.weight = weight
        transposed = weight.transposed
        geometries = (left, right)
        self.sparsity = sparsity
        self.tensor = tensor
        (self.left, self.right) = factors
    }

    mutating func run(turns: Int, leastGain: Double) throws(CompressionError) {
        var idle = 0
        for turn in 0...turns {
            let previous = stored?.error
            try projectLeft()
            // The first projection of B is of what it starts at; later ones follow a step for the A that is stored.
            if turn > 0 { right = step(right, left.transposed, transposed) }
            try projectRight()
            if let previous, let stored {
                idle = previous - stored.error < leastGain * previous ? idle + 1 : 0
                if idle == 3 { return }
            }
            left = step(left.transposed, right, weight).transposed
        }
    }

    /// X + S·Y·(T − XᵀY)ᵀ, a step against the gradient of ½‖T − XᵀY‖²; X and Y have a row for each dimension, T one for each
    /// column of X and a column for each of Y's; S is diagonal.
    private func step(_ x: Matrix, _ y: Matrix, _ target: Matrix) -> Matrix {
        let rank = x.rows
        // Residual T − XᵀY, X's length × Y's length, then its product with Yᵀ.
        let product = Matrix(rows: target.rows, columns: target.columns)
        let turned = x.transposed
        withExtendedLifetime(turned) { multiply(turned.view, DenseMatrix(y.transposed), into: product.view) }
        product.withAll { product in
            target.readAll { target in for index in target.indices { product[index] = target[index] - product[index] } }
        }
        let gradient = Matrix(rows: target.rows, columns: rank)
        multiply(product.view, DenseMatrix(y), into: gradient.view)
        let scales = Self.scales(y)
        let result = Matrix(rows: rank, columns: x.columns)
        for index in 0..<rank {
            result.withRow(index) { target in
                x.readRow(index) { own in
                    gradient.readAll { gradient in
                        for column in own.indices {
                            target[column] = own[column] + scales[index] * gradient[column * rank + index]
                        }
                    }
                }
            }
        }
        return result
    }

    /// 1/(ρ·‖y‖²) for each row of Y: with D its squared lengths, D^½·ρ·D^½ bounds the Gram matrix (Gershgorin).
    private static func scales(_ y: Matrix) -> [Float] {
        let (count, gram) = (y.rows, y.gram)
        let lengths = (0..<count).map { gram[$0 * count + $0].squareRoot() }
        var largest = 1.0
        for row in 0..<count where lengths[row] > 0 {
            var sum = 0.0
            for column in 0..<count where lengths[column] > 0 {
                sum += (gram[max(row, column) * count + min(row, column)] / (lengths[row] * lengths[column])).magnitude
            }
            largest = max(largest, sum)
        }
        return lengths.map { $0 > 0 ? Float(1 / (largest * $0 * $0)) : 0 }
    }

    private var leftDraft: MaskedDraft?
    private var leftStored: CompressedWeight?

    /// A becomes what can be stored of it.
    private mutating func projectLeft() throws(CompressionError) {
        let draft = MaskedDraft(geometries.left)
        if let sparsity {
            let (rows, rank) = (left.rows, left.columns)
            let lengths = (0..<rank).map { index in
                right.readRow(index) { row in row.indices.reduce(Float(0)) { $0 + row[$1] * row[$1] } }.squareRoot()
            }
            let scores = left.values.enumerated().map { ($1.magnitude * lengths[$0 % rank]).orderedBits }
            let cutoff = Cutoff(smallest: sparsity.pruned(of: rows * rank), of: scores.span)
            draft.kept.withRows(0..<rows) { cutoff.mark(scores.span, into: &$0) }
        }
        try MaskedRounding(draft, tensor: tensor).fill(from: left)
        let weight = try draft.finish(tensor)
        leftStored = weight
        left = weight.matrix.floats
    }

    /// B becomes what can be stored of it; the pair is kept if none before was nearer.
    private mutating func projectRight() throws(CompressionError) {
        let draft = MaskedDraft(geometries.right)
        try MaskedRounding(draft, tensor: tensor).fill(from: right)
        let weight = try draft.finish(tensor)
        right = weight.matrix.floats
        guard let leftStored else { return }
        let error = self.error()
        if error < stored?.error ?? .infinity { stored = (leftStored, weight, error) }
    }

    /// ‖W − A·B‖².
    private func error() -> Double {
        let product = Matrix(rows: weight.rows, columns: weight.columns)
        multiply(left.view, DenseMatrix(right.transposed), into: product.view)
        return weight.readAll { weight in
            product.readAll { product in
                weight.indices.reduce(0.0) { sum, index in
                    let difference = Double(weight[index]) - Double(product[index])
                    return sum + difference * difference
                }
            }
        }
    }

    /// The nearest pair that was met.
    func best() throws(CompressionError) -> CompressedWeight {
        guard let stored else { throw .valueOutOfRange(tensor: tensor, row: 0, column: 0, type: "float32") }
        return CompressedWeight(
            tensors: stored.left.tensors + stored.right.tensors,
            matrix: LowRankMatrix(left: stored.left.matrix, right: stored.right.matrix))
    }
}
