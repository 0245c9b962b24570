/// One of GGML's types: its facts, and one block's way from bytes to weights and back.
///
/// Codecs read and write through pointers, because a block is a piece of a mutable span. That is sound because ``GGMLType``
/// checks lengths first: a block always has all its `bytesPerBlock` and all its `weightsPerBlock`.
protocol BlockCodec: SendableMetatype {
    static var id: UInt32 { get }
    static var name: String { get }
    static var weightsPerBlock: Int { get }
    static var bytesPerBlock: Int { get }
    static var importance: ImportanceUse { get }
    /// The offsets of a block's half-precision numbers, if it decodes to finite values wherever they are finite.
    static var halves: [Int] { get }

    static func decode(_ block: UnsafeRawPointer, into weights: UnsafeMutablePointer<Float>)

    /// Writes every byte of `block`.
    static func encode(_ block: BlockWeights, into bytes: UnsafeMutablePointer<UInt8>)
}

/// The weights of one block, and what is known about their importance.
struct BlockWeights {
    let weights: UnsafePointer<Float>
    /// One number for each weight; nil where there is none.
    let importance: UnsafePointer<Float>?
    /// The mean of the whole row's squares, with which some types temper the importance; zero without importance.
    let rowMeanSquare: Float

    @inline(__always)
    subscript(index: Int) -> Float { weights[index] }
}

extension BlockCodec {
    static var importance: ImportanceUse { .ignored }
    static var halves: [Int] { [] }

    /// Whether the values of a block are finite.
    @inline(__always)
    static func isFinite(_ block: UnsafeRawPointer) -> Bool {
        if !halves.isEmpty { return halves.allSatisfy { block.word16($0) & 0x7c00 != 0x7c00 } }
        return withUnsafeTemporaryAllocation(of: Float.self, capacity: weightsPerBlock) { values in
            guard let start = values.baseAddress else { return true }
            decode(block, into: start)
            return (0..<weightsPerBlock).allSatisfy { start[$0].isFinite }
        }
    }

    /// The first block of a row whose values are not all finite.
    static func firstOverflow(_ bytes: RawSpan) -> Int? {
        bytes.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return nil }
            return (0..<bytes.count / bytesPerBlock).first { !isFinite(start + $0 * bytesPerBlock) }
        }
    }

    static func decodeRow(_ bytes: RawSpan, into weights: inout MutableSpan<Float>) {
        bytes.withUnsafeBytes { bytes in
            weights.withUnsafeMutableBufferPointer { weights in
                guard let bytes = bytes.baseAddress, let start = weights.baseAddress else { return }
                for index in 0..<weights.count / weightsPerBlock {
                    decode(bytes + index * bytesPerBlock, into: start + index * weightsPerBlock)
                }
            }
        }
    }

    static func encodeRow(_ row: Span<Float>, importance: Span<Float>?, into bytes: inout MutableSpan<UInt8>) {
        row.withUnsafeBufferPointer { row in
            bytes.withUnsafeMutableBufferPointer { bytes in
                guard let importance else { return encodeRow(row, nil, rowMeanSquare: 0, into: bytes) }
                importance.withUnsafeBufferPointer {
                    encodeRow(row, $0.baseAddress, rowMeanSquare: row.meanSquare, into: bytes)
                }
            }
        }
    }

    private static func encodeRow(
        _ row: UnsafeBufferPointer<Float>, _ importance: UnsafePointer<Float>?, rowMeanSquare: Float,
        into bytes: UnsafeMutableBufferPointer<UInt8>
    ) {
        guard let weights = row.baseAddress, let bytes = bytes.baseAddress else { return }
        for index in 0..<row.count / weightsPerBlock {
            let first = index * weightsPerBlock
            encode(
                BlockWeights(
                    weights: weights + first, importance: importance.map { $0 + first }, rowMeanSquare: rowMeanSquare),
                into: bytes + index * bytesPerBlock)
        }
    }
}

extension UnsafeBufferPointer<Float> {
    /// The mean of the squares Σ x² / n, summed in order.
    fileprivate var meanSquare: Float {
        var sum: Float = 0
        for value in self { sum += value * value }
        return sum / Float(count)
    }
}
