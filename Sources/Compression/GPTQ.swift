import Kernels

enum GPTQ: LayerCompressor {
    static func layout(_ spec: Spec, rows: Int, columns: Int, scaleType: ScaleType) -> [StoredLayout] {
        RoundToNearest.layout(spec, rows: rows, columns: columns, scaleType: scaleType)
    }

    static func compress(
        _ layer: LinearLayer, specs: [Spec], hessian: Hessian?
    ) throws(CompressionError) -> [CompressedWeight] {
        throw .missingCalibration(method: "gptq")
    }
}
