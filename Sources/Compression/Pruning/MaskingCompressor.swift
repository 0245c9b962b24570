package import JSON
import Kernels

/// A method that sets weights to zero, and may round what remains: what is common to how its results are stored.
package protocol MaskingCompressor: LayerCompressor {
    /// How many weights of a layer become zero.
    func prunedCount(rows: Int, columns: Int, _ sparsity: Sparsity) -> Int
}

extension MaskingCompressor {
    package func layout(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> [StoredLayout] {
        try geometry(layer, spec).layout
    }

    package func configuration(_ spec: Spec, ignored: [String]) -> JSONObject {
        SparseLayout.configuration(spec, ignored: ignored)
    }

    func geometry(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> MaskedGeometry {
        let (rows, columns) = (layer.weight.rows, layer.weight.columns)
        return try MaskedGeometry(
            layer, spec,
            kept: spec.options.sparsity.map {
                rows * columns - prunedCount(rows: rows, columns: columns, $0)
            })
    }
}
