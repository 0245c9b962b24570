import Checkpoint
package import JSON
import Kernels

/// Round to the nearest of bitsandbytes' 4-bit numbers: w = value[code]·absmax, a block being a group of the row.
///
/// As `bitsandbytes.functional.quantize_4bit` does it on a CPU: absmax = max|w| in float32; a code is that of the value
/// nearest to w·(1/max(absmax, 10⁻³⁸)), of two equally near ones the lower. A block of zeros has absmax 0. Stored as
/// bitsandbytes stores it (`BitsAndBytesLayout`), its blocks of consecutive weights being the groups of rows that they
/// divide. With `scaleSearch`, absmax is what `ScaleSearch` finds.
package struct BlockwiseFloat4: SingleSpecCompressor {
    private static let blocks = [32, 64, 128, 256, 512, 1024, 2048, 4096]
    /// The blocks that bitsandbytes takes.
    static let groups = blocks.map { Spec.Group.size($0) }

    private let table: FourBitTable

    init(_ table: FourBitTable) { self.table = table }

    package func layout(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> [StoredLayout] {
        let state = try state(layer, spec)
        let count = state.rows * state.columns
        return [
            StoredLayout(suffix: "weight", type: .uint8, shape: [count / 2, 1]),
            StoredLayout(suffix: "weight.absmax", type: .float32, shape: [count / state.blockLength]),
            StoredLayout(suffix: "weight.quant_map", type: .float32, shape: [16]),
            StoredLayout(
                suffix: BitsAndBytesState.piece(table), type: .uint8,
                shape: [state.text(table).count]),
        ]
    }

    package func configuration(_ spec: Spec, ignored: [String]) -> JSONObject {
        var config = JSONObject()
        config["quant_method"] = .string(BitsAndBytesLayout.method)
        config["load_in_4bit"] = true
        config["load_in_8bit"] = false
        config["bnb_4bit_quant_type"] = .string(table.name)
        config["bnb_4bit_use_double_quant"] = false
        config["bnb_4bit_quant_storage"] = "uint8"
        config["bnb_4bit_compute_dtype"] = "float32"
        config["llm_int8_skip_modules"] = .array(ignored.map { .string($0) })
        return config
    }

    package func compress(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> CompressedWeight {
        let (layout, state) = (try layout(layer, spec), try state(layer, spec))
        let storages = layout.map { StoredBytes(byteCount: $0.byteCount) }
        let (codes, absmax) = (storages[0], storages[1])
        let (columns, length, search) = (state.columns, state.blockLength, spec.options.scaleSearch)
        let rounding = BlockRounding(table)
        try layer.forEachRow { (row, values) in
            withScratch(length, of: UInt8(0)) { ranks in
                for start in stride(from: 0, to: columns, by: length) {
                    let first = row * columns + start
                    let block = values.extracting(start..<start + length)
                    absmax.store(rounding.round(block, search: search, into: &ranks), at: first / length * 4)
                    codes.withBytes(first / 2..<(first + length) / 2) { rounding.pack(ranks.span, into: &$0) }
                }
            }
        }
        for (index, value) in table.values.enumerated() { storages[2].store(value, at: 4 * index) }
        storages[3].store(state.text(table).span, at: 0)
        return CompressedWeight(
            tensors: zip(layout, storages).map { StoredTensor(layout: $0, storage: $1) },
            matrix: FourBitMatrix(state, codes: codes, values: table.values, absmax: absmax))
    }

    /// Shape, block length and the type in which the weight comes back: that of a 16-bit checkpoint, or float32.
    private func state(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> BitsAndBytesState {
        let columns = layer.weight.columns
        guard case .size(let size) = spec.group, columns.isMultiple(of: size) else {
            let block = spec.group.description.drop { $0 == "g" }
            let fitting = Self.blocks.filter { columns.isMultiple(of: $0) }.map(String.init).joined(separator: ", ")
            throw .unsupported(
                spec: spec.name,
                reason: "tensor '\(layer.name)' has rows of \(columns) weights, which blocks of \(block) do not "
                    + "divide; " + (fitting.isEmpty ? "none of 32 and more would" : "\(fitting) would"))
        }
        let source = (layer.weight as? DenseMatrix)?.type
        let type: ScaleType = source == .float32 || source == .float64 ? .float32 : layer.scaleType
        return BitsAndBytesState(rows: layer.weight.rows, columns: columns, blockLength: size, type: type)
    }
}

/// The levels and bounds of one kind, and how a block is rounded to them.
struct BlockRounding: Sendable {
    /// The code of each rank.
    let codes: [UInt8]
    private let levels: [Float]
    private let bounds: [Float]
    /// Whether a code is its own rank.
    private let isOrdered: Bool

    init(_ table: FourBitTable) {
        isOrdered = table.order == Array(0..<16)
        codes = table.order
        levels = table.levels
        bounds = LevelRanks.bounds(levels)
    }

    /// Rounds a block, and gives the absmax that it is stored with.
    func round(_ values: Span<Float>, search: Bool, into ranks: inout MutableSpan<UInt8>) -> Float {
        let extremes = RowRounding.extremes(values)
        let largest = max(-extremes.low, extremes.high)
        guard search else {
            find(values, largest, into: &ranks)
            return largest
        }
        let best = ScaleSearch.best(largest) { scale in
            find(values, scale, into: &ranks)
            return LevelRanks.squaredError(values, ranks: ranks.span, levels: levels.span, scale: scale)
        }
        find(values, best, into: &ranks)
        return best
    }

    /// Packs the codes of ranks, two a byte, the first one above; there is a multiple of eight of them.
    func pack(_ ranks: Span<UInt8>, into bytes: inout MutableRawSpan) {
        for first in stride(from: 0, to: ranks.count, by: 8) {
            var eight = ranks.bytes.number(UInt64.self, at: first)
            if !isOrdered {
                eight = (0..<8).reduce(0) { $0 | UInt64(codes[Int(ranks[first + $1])]) << UInt64(8 * $1) }
            }
            // Pairs of bytes become bytes, which then move together.
            var packed = (eight << 4 | eight >> 8) & 0x00ff_00ff_00ff_00ff
            packed = (packed | packed >> 8) & 0x0000_ffff_0000_ffff
            packed |= packed >> 16
            bytes.storeBytes(of: UInt32(truncatingIfNeeded: packed), toByteOffset: first / 2, as: UInt32.self)
        }
    }

    private func find(_ values: Span<Float>, _ scale: Float, into ranks: inout MutableSpan<UInt8>) {
        LevelRanks.find(values, factor: 1 / max(scale, 1e-38), bounds: bounds.span, into: &ranks)
    }
}
