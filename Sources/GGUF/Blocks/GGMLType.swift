/// How GGML stores a row of weights: whole blocks of a fixed number of weights in a fixed number of bytes.
///
/// Each type is a value of ``all`` and one file of `Types`. Rows decode to the values of PyPI's `gguf` (`gguf.quants.dequantize`)
/// and encode to the bytes of ggml's `ggml_quantize_chunk`, both exactly.
package struct GGMLType: Sendable {
    /// The number by which a GGUF file names the type.
    package let id: UInt32
    /// The name that llama.cpp prints: `q4_K`.
    package let name: String
    package let weightsPerBlock: Int
    package let bytesPerBlock: Int
    /// What the type's quantization does with the importance of each input.
    package let importance: ImportanceUse
    private let decoder: @Sendable (RawSpan, inout MutableSpan<Float>) -> Void
    private let encoder: @Sendable (Span<Float>, Span<Float>?, inout MutableSpan<UInt8>) -> Void
    private let firstOverflow: @Sendable (RawSpan) -> Int?

    init<Codec: BlockCodec>(_ codec: Codec.Type) {
        id = Codec.id
        name = Codec.name
        weightsPerBlock = Codec.weightsPerBlock
        bytesPerBlock = Codec.bytesPerBlock
        importance = Codec.importance
        decoder = { Codec.decodeRow($0, into: &$1) }
        encoder = { Codec.encodeRow($0, importance: $1, into: &$2) }
        firstOverflow = { Codec.firstOverflow($0) }
    }

    /// The name as specs and manifests write it: `q4_k`.
    package var spelling: String { name.lowercased() }

    /// Stored bits per weight, scales included.
    package var bitsPerWeight: Double { Double(bytesPerBlock * 8) / Double(weightsPerBlock) }
}

/// What the quantization of a type does with the importance of each input (llama.cpp's imatrix).
package enum ImportanceUse: Sendable, Equatable {
    /// The bytes are the same with and without it.
    case ignored
    /// It weighs the errors, and without it the weights' own sizes do.
    case optional
    /// There is no quantization without it.
    case required
}

extension GGMLType: Hashable {
    package static func == (one: Self, other: Self) -> Bool { one.id == other.id }

    package func hash(into hasher: inout Hasher) { hasher.combine(id) }
}

extension GGMLType: CustomStringConvertible {
    package var description: String { name }
}

extension GGMLType {
    /// The type of a number in a file, nil for numbers that ggml gave up, uses for its own, or has not given out.
    package init?(id: UInt32) {
        guard let type = Self.all.first(where: { $0.id == id }) else { return nil }
        self = type
    }

    /// The type of a name in any case: `Q4_K`, `q4_K` or `q4_k`.
    package init?(spelling: String) {
        guard let type = Self.all.first(where: { $0.spelling == spelling.lowercased() }) else { return nil }
        self = type
    }

    /// The bytes of a row of `weights`, nil where the row is no whole number of blocks or too long to count.
    package func byteCount(weights: Int) -> Int? {
        guard weights >= 0, weights % weightsPerBlock == 0 else { return nil }
        let (count, overflow) = (weights / weightsPerBlock).multipliedReportingOverflow(by: bytesPerBlock)
        return overflow ? nil : count
    }

    /// The values of one row, or of several that follow one another.
    ///
    /// Any bytes decode: a damaged scale gives values that are not finite, and never a trap.
    package func decode(_ bytes: RawSpan, into weights: inout MutableSpan<Float>) throws(BlockError) {
        try check(weights: weights.count, bytes: bytes.byteCount)
        decoder(bytes, &weights)
    }

    /// The bytes of one row.
    ///
    /// - Parameters:
    ///   - row: A row of whole blocks; each value is finite.
    ///   - importance: How much an error of each input's weight counts, not negative: the mean square of the input over a
    ///     calibration, as llama.cpp's imatrix has it. Nil where there is none.
    ///   - bytes: As many as ``byteCount(weights:)`` says.
    /// - Throws: ``BlockError`` for lengths that do not match, values and importance that are not finite, importance that is
    ///   missing, and weights beyond the scales of the type.
    package func encode(
        _ row: Span<Float>, importance: Span<Float>? = nil, into bytes: inout MutableSpan<UInt8>
    ) throws(BlockError) {
        try check(weights: row.count, bytes: bytes.count)
        try checkFinite(row)
        try check(importance, weights: row.count)
        encoder(row, self.importance == .ignored ? nil : importance, &bytes)
        try checkScales(bytes.bytes, row)
    }
}

extension GGMLType {
    private func check(weights: Int, bytes: Int) throws(BlockError) {
        guard let expected = byteCount(weights: weights) else {
            throw .partialBlock(type: name, weights: weights, weightsPerBlock: weightsPerBlock)
        }
        guard bytes == expected else {
            throw .byteCount(type: name, weights: weights, expected: expected, found: bytes)
        }
    }

    private func checkFinite(_ row: Span<Float>) throws(BlockError) {
        for index in row.indices where !row[index].isFinite {
            throw .notFinite(type: name, index: index, value: "\(row[index])")
        }
    }

    private func check(_ importance: Span<Float>?, weights: Int) throws(BlockError) {
        guard let importance else {
            if self.importance == .required { throw .importanceMissing(type: name) }
            return
        }
        guard importance.count == weights else {
            throw .importanceCount(type: name, expected: weights, found: importance.count)
        }
        for index in importance.indices where !(importance[index].isFinite && importance[index] >= 0) {
            throw .importance(type: name, index: index, value: "\(importance[index])")
        }
    }

    /// Finite weights beyond the reach of a half-precision scale would decode as infinities and NaN.
    private func checkScales(_ bytes: RawSpan, _ row: Span<Float>) throws(BlockError) {
        guard let block = firstOverflow(bytes) else { return }
        let weights = block * weightsPerBlock..<(block + 1) * weightsPerBlock
        throw .scaleOverflow(type: name, weights: weights, largest: "\(row.largestMagnitude(weights))")
    }
}

extension Span<Float> {
    fileprivate func largestMagnitude(_ range: Range<Int>) -> Float {
        var largest: Float = 0
        for index in range { largest = max(largest, abs(self[index])) }
        return largest
    }
}
