package import JSON
import Kernels

extension Method {
    /// Each column's rounding error is pushed onto the rest.
    package static let gptq = Method(
        "gptq", title: "GPTQ",
        summary: "rounds column by column and pushes each one's error onto the rest through the inverse Hessian",
        source: "2210.17323", passage: .sequential(.hessian), keys: [.actOrder],
        // Its reference keeps them so, and at 2 bits rounding them moves its result by several per cent of QiD.
        scaleType: .float32, compressor: GPTQ())
}

/// GPTQ (2210.17323): columns are rounded in order, and each one's error is pushed onto those still to come through the
/// inverse Hessian of the layer's inputs.
///
/// As IST-DASLab/gptq does it: damping by 1 % of the Hessian's mean diagonal; blocks of 128 columns, within which errors
/// act at once and beyond which they act when the block is done; a group's scale found when its group begins, from the
/// weights as they were when the block began; `actOrder` takes columns by falling diagonal. Dead columns become zero.
/// Scales are rounded to the type they are stored in before they are used: float32 as there unless a spec wants 16 bits.
/// The factorization is done in Double.
package struct GPTQ: LayerCompressor {
    static let damping = 0.01
    static let block = 128

    package init() {}

    package func layout(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> [StoredLayout] {
        try RoundToNearest().layout(layer, spec)
    }

    package func configuration(_ spec: Spec, ignored: [String]) -> JSONObject {
        QuantizationConfiguration.json(spec, ignored: ignored)
    }

    package func compress(
        _ layer: LinearLayer, specs: [Spec], hessian: Hessian?
    ) throws(CompressionError) -> [CompressedWeight] {
        guard let hessian else { throw .missingCalibration(method: Method.gptq.name) }
        precondition(hessian.columns == layer.weight.columns, "a layer's Hessian is as wide as its rows")
        var factors: [Bool: (order: [Int], factor: InverseFactor)] = [:]
        var results: [CompressedWeight] = []
        for spec in specs {
            let geometry = try PackQuantizedGeometry(layer, spec)
            if factors[spec.options.actOrder] == nil {
                let order = spec.options.actOrder ? Self.byFallingDiagonal(hessian) : Array(0..<hessian.columns)
                let factor = try InverseFactor.make(hessian, order: order, damping: Self.damping, tensor: layer.name)
                factors[spec.options.actOrder] = (order, factor)
            }
            guard let (order, factor) = factors[spec.options.actOrder] else { continue }
            let result = PackQuantizedWeight(
                geometry, scaleType: spec.scaleType(checkpoint: layer.scaleType), columnOrder: order)
            try Self.fill(result, layer, order, factor)
            results.append(result.finish())
        }
        return results
    }

    private static func fill(
        _ result: PackQuantizedWeight, _ layer: LinearLayer, _ order: [Int], _ factor: InverseFactor
    ) throws(CompressionError) {
        let rows = result.geometry.rows
        let work = GPTQTile.Work(
            geometry: result.geometry, scaleType: result.scaleType, factor: factor, order: order, sparsity: nil,
            rounds: true)
        let rowsPerTile = GPTQTile.rows
        _ = try Parallel.map((rows + rowsPerTile - 1) / rowsPerTile) { (task) throws(CompressionError) in
            let first = task * rowsPerTile
            let tile = GPTQTile(work, firstRow: first)
            try tile.load(layer)
            try tile.run(layer)
            tile.store(into: result)
        }
    }

    /// Columns by falling energy of their inputs, dead ones as if it were 1; equal ones in their own order.
    private static func byFallingDiagonal(_ hessian: Hessian) -> [Int] {
        let diagonal = hessian.diagonal.map { $0 == 0 ? 1 : $0 }
        return diagonal.indices.sorted { left, right in
            diagonal[left] == diagonal[right] ? left < right : diagonal[left] > diagonal[right]
        }
    }
}
