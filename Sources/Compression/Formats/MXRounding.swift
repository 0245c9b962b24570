import Checkpoint
package import JSON
import Kernels

/// Round to the OCP Microscaling formats: every 32 weights of a row share a power of two (`MXMatrix`).
///
/// The exponent is the specification's, ⌊log₂ max|w|⌋ − emax with emax 2 for mxfp4 and mxfp6, 8 for mxfp8 and 0 for mxint8, and what then lies
/// beyond the largest element becomes the largest (1.0, section 6.3). compressed-tensors' observers take one more where
/// max|w| is at least 1¾ powers of two (mxfp6: 1⅞⁺); for equal exponents the codes are the same. With `scaleSearch`, but for
/// mxint8, the exponent, one less and one more are tried, and the first with the least squared error is taken.
///
/// mxfp4, mxfp6 and mxfp8 are stored in compressed-tensors' layouts of those names, mxint8 in a layout of our own (`MXInt8Layout`).
package struct MXRounding: SingleSpecCompressor {
    private let format: MXFormat

    init(_ format: MXFormat) { self.format = format }

    package func layout(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> [StoredLayout] {
        let (rows, columns) = (layer.weight.rows, layer.weight.columns)
        guard columns.isMultiple(of: MXFormat.block) else {
            throw .unsupported(
                spec: spec.name,
                reason: "tensor '\(layer.name)' has rows of \(columns) weights, which blocks of 32 do not divide")
        }
        let exponents = StoredLayout(suffix: "weight_scale", type: .uint8, shape: [rows, columns / MXFormat.block])
        switch format {
        case .fp4:
            return [StoredLayout(suffix: "weight_packed", type: .uint8, shape: [rows, columns / 2]), exponents]
        case .fp6:
            return [StoredLayout(suffix: "weight_packed", type: .uint8, shape: [rows, columns / 4 * 3]), exponents]
        case .fp8: return [StoredLayout(suffix: "weight", type: .float8E4M3, shape: [rows, columns]), exponents]
        case .int8: return [StoredLayout(suffix: "weight", type: .int8, shape: [rows, columns]), exponents]
        }
    }

    package func configuration(_ spec: Spec, ignored: [String]) -> JSONObject {
        func json(_ stored: QuantizationConfiguration.Format) -> JSONObject {
            QuantizationConfiguration.json(
                stored, bits: format.bits, spec, scaleType: "torch.uint8", ignored: ignored)
        }
        return switch format {
        case .fp4: json(.mxfp4)
        case .fp6: json(.mxfp6)
        case .fp8: json(.mxfp8)
        case .int8: MXInt8Layout.configuration(ignored: ignored)
        }
    }

    package func compress(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> CompressedWeight {
        let (layout, format) = (try layout(layer, spec), format)
        let storages = layout.map { StoredBytes(byteCount: $0.byteCount) }
        let (elements, exponents) = (storages[0], storages[1])
        let (columns, search) = (layer.weight.columns, spec.options.scaleSearch)
        try layer.forEachRow { (row, values) in
            withScratch(MXFormat.block, of: UInt8(0)) { codes in
                for start in stride(from: 0, to: columns, by: MXFormat.block) {
                    let first = row * columns + start
                    let block = values.extracting(start..<start + MXFormat.block)
                    let exponent = Self.exponent(block, format, search: search, &codes)
                    format.round(block, exponent: exponent, into: &codes)
                    exponents.store(exponent, at: first / MXFormat.block)
                    Self.store(codes.span, format, at: first, into: elements)
                }
            }
        }
        return CompressedWeight(
            tensors: zip(layout, storages).map { StoredTensor(layout: $0, storage: $1) },
            matrix: MXMatrix(
                format, rows: layer.weight.rows, columns: columns, elements: TensorBytes(elements),
                exponents: TensorBytes(exponents)))
    }

    /// The exponent of a block; `codes` is memory to work in.
    private static func exponent(
        _ values: Span<Float>, _ format: MXFormat, search: Bool, _ codes: inout MutableSpan<UInt8>
    ) -> UInt8 {
        let extremes = RowRounding.extremes(values)
        let usual = format.exponent(largest: max(-extremes.low, extremes.high))
        guard search else { return usual }
        var (best, least) = (usual, Double.infinity)
        for exponent in [usual, usual - min(1, usual), min(254, usual + 1)] {
            format.round(values, exponent: exponent, into: &codes)
            let scale = MXFormat.scale(exponent)
            var sum = 0.0
            for index in values.indices {
                let error = Double(values[index]) - Double(format.value(codes[index]) * scale)
                sum += error * error
            }
            if sum < least { (best, least) = (exponent, sum) }
        }
        return best
    }

    private static func store(
        _ codes: Span<UInt8>, _ format: MXFormat, at first: Int, into elements: StoredBytes
    ) {
        switch format {
        case .int8, .fp8: elements.store(codes, at: first)
        case .fp6:
            for four in 0..<MXFormat.block / 4 {
                let word = (0..<4).reduce(UInt32(0)) { $0 | UInt32(codes[4 * four + $1]) << UInt32(6 * $1) }
                for byte in 0..<3 {
                    elements.store(
                        UInt8(truncatingIfNeeded: word >> UInt32(8 * byte)), at: first / 4 * 3 + 3 * four + byte)
                }
            }
        case .fp4:
            for pair in 0..<MXFormat.block / 2 {
                let byte = codes[2 * pair] | codes[2 * pair + 1] << 4
                elements.store(byte, at: first / 2 + pair)
            }
        }
    }
}
